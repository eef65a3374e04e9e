"""Settings of the app: the dict ``PARLEY`` of the Django settings over these defaults."""

from typing import Any

from django.conf import settings

from .provider import Provider, host_of


class Conf:
    """The settings, by name; times in seconds, lengths in characters, the context window in tokens."""

    BASE_URL: str = "https://api.openai.com/v1"
    API_KEY: str = ""
    MODEL: str = "gpt-6.1-terra"
    MODELS: list[str] = ["*"]
    MODELS_HIDDEN: list[str] = [
        "*embed*", "*rerank*", "*whisper*", "*transcribe*", "*tts*", "*realtime*", "*audio*",
        "*image*", "*dall-e*", "*sora*", "*moderation*", "davinci-002", "babbage-002",
    ]  # fmt: skip
    MODELS_UNLISTED: bool = False
    TITLE_MODEL: str = ""
    ENCRYPTION_KEYS: list[str] = []
    PERSONAL_CONNECTIONS: bool = False
    POLICY: str = ""
    SETTINGS_CALLED: str = "PARLEY['{}']"
    REDIS_URL: str = "redis://127.0.0.1:6379/0"
    BROKER_URL: str = ""
    CELERY_APP: str = ""
    CONCURRENCY: int = 500
    LOCAL_MODEL: bool = False
    IMAGES_ON_CLICK: bool = True
    SOCKET_PATH: str = "/ws/parley/"
    KEY_PREFIX: str = "parley"
    MAX_QUESTION_LENGTH: int = 32_000
    MAX_DRAFT_LENGTH: int = 200_000
    CONNECT_TIMEOUT: float = 10
    IDLE_TIMEOUT: float = 60
    ANSWER_TIMEOUT: float = 3600
    TICK: float = 0.1
    CHECKPOINT_INTERVAL: float = 1.0
    LOG_TTL: int = 600
    MAX_PER_PERSON: int = 3
    CONTEXT_WINDOW: int = 32_000
    SHUTDOWN_GRACE: float = 10
    HEARTBEAT_INTERVAL: float = 5
    DEAD_AFTER: float = 15
    JOB_LOST_AFTER: float = 30
    FEED_POLL_INTERVAL: float = 1.5
    UNDO_WITHIN: float = 10
    FILES: str = ""
    MAX_IMPORT_SIZE: int = 1_000_000_000
    IMPORT_TIMEOUT: float = 900
    MAX_IMPORTED_MESSAGES: int = 500_000
    STORAGE_PER_PERSON: int = 2_000_000_000
    MAX_FILE_SIZE: int = 25_000_000
    MAX_FILES: int = 10
    PICTURES: list[str] = []
    NO_PICTURES: list[str] = []
    EXTRACT: str = ""
    TRANSFERS_KEPT: float = 604_800
    CURRENCY: str = "USD"
    STAFF_SEE_TEXTS: bool = False
    METRICS_TOKEN: str = ""

    def __getattribute__(self, name: str) -> Any:
        overrides = getattr(settings, "PARLEY", {})
        return (
            overrides[name]
            if isinstance(overrides, dict) and name in overrides
            else object.__getattribute__(self, name)
        )

    @property
    def is_unset(self) -> bool:
        """Whether nobody has chosen the provider: one at another address than the default may do without a key."""
        return not self.API_KEY and self.BASE_URL == Conf.BASE_URL

    @property
    def provider(self) -> Provider:
        """Return the one provider that the settings describe."""
        return Provider(
            self.BASE_URL, self.API_KEY, host_of(self.BASE_URL),
            model=self.MODEL, title_model=self.TITLE_MODEL, models=tuple(self.MODELS), hidden=tuple(self.MODELS_HIDDEN),
            window=self.CONTEXT_WINDOW, connect_timeout=self.CONNECT_TIMEOUT, idle_timeout=self.IDLE_TIMEOUT,
            answer_timeout=self.ANSWER_TIMEOUT, called=self.SETTINGS_CALLED,
            pictures=tuple(self.PICTURES), no_pictures=tuple(self.NO_PICTURES),
        )  # fmt: skip


conf = Conf()
