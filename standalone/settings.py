"""Django settings of the standalone project; `standalone/` alone reads the environment."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from standalone import data, databases, env

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
REDIS_SCHEMES = ("redis", "rediss")
LOCAL_MODEL = "smollm2-135m-instruct"
LOCAL_CONTEXT_WINDOW = 2048

# What the supervisor listens on
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, at_least=1, at_most=65535)
WEB_WORKERS = env.number("PARLEY_WEB_WORKERS", 1, at_least=1, at_most=64)

# Core
DEBUG = env.flag("DEBUG")
if DEBUG and not env.is_loopback(HOST):
    raise ImproperlyConfigured(
        f"DEBUG shows the inside of the site to everybody who reaches HOST={HOST}: leave one of the two out."
    )
HTTPS = env.flag("HTTPS")
SECRET_KEY = env.text("SECRET_KEY") or data.kept_secret("secret_key")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", (*LOOPBACK, *env.as_host_name(HOST)))
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "standalone.refusals.csrf_failure"
ROOT_URLCONF = "standalone.urls"
ASGI_APPLICATION = "standalone.asgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "parley",
]

MIDDLEWARE = [
    "standalone.middleware.Utf8Middleware",
    "django.middleware.security.SecurityMiddleware",
    "standalone.middleware.ContentSecurityPolicyMiddleware",
    "standalone.middleware.ForgetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "standalone.unavailable.UnavailableMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [data.ROOT / "standalone" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# People
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = reverse_lazy("parley:conversation_new")
LOGOUT_REDIRECT_URL = "login"

# Browsers
SESSION_ENGINE = "standalone.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 15_552_000 if HTTPS else 0
# HSTS of subdomains, and the browsers' preload list, are for the owner of the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [data.ROOT / "standalone" / "locale"]
TIME_ZONE = "UTC"

# Static files are served from where they lie, so that nobody has to collect them, even after another build.
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Stores
DATABASES = {"default": databases.from_environment()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EXTERNAL_REDIS = env.url("REDIS_URL", schemes=REDIS_SCHEMES)
REDIS_URL = EXTERNAL_REDIS or data.valkey_url()
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 2}]},
    },
}

# Celery: every wait for the broker is short, so that no web request hangs while the broker is away.
SHORT_RETRIES = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.2}
CELERY_BROKER_URL = env.url("BROKER_URL", REDIS_URL, schemes=(*REDIS_SCHEMES, "amqp", "amqps"))
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "max_retries": 1,
    # A task may be lost, since the row of a reply decides: no list of those that are not acknowledged, and one queue.
    "ack_emulation": False,
    "priority_steps": [0],
}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A command that fails (a full disk, a failover) is tried again like a lost connection.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_TASK_PUBLISH_RETRY_POLICY = SHORT_RETRIES
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"retry_policy": SHORT_RETRIES}
CELERY_RESULT_EXPIRES = 3600
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 1
CELERY_REDIS_SOCKET_TIMEOUT = 2
CELERY_RESULT_BACKEND_THREAD_SAFE = True  # else each thread of the worker makes a client of its own
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.number("PARLEY_CONCURRENCY", 500, at_least=1, at_most=10_000)
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A lost broker connection changes neither what runs (tasks are acknowledged early) nor how many tasks are taken.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False

# The model: the local one until a provider is chosen.
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL", schemes=("http", "https"))
OPENAI_API_KEY = env.text("OPENAI_API_KEY")
if OPENAI_API_KEY and "@" in urlsplit(OPENAI_BASE_URL).netloc:
    raise ImproperlyConfigured(
        "OPENAI_BASE_URL holds a user and a password, and OPENAI_API_KEY a key, "
        "but one of them can be sent: leave one out."
    )
LOCAL = not (OPENAI_BASE_URL or OPENAI_API_KEY)
MAX_QUESTION_LENGTH = env.number("PARLEY_MAX_QUESTION_LENGTH", 32_000, at_least=1, at_most=10_000_000)
SHUTDOWN_GRACE = env.number("PARLEY_SHUTDOWN_GRACE", 10, at_least=0, at_most=3600)
PARLEY = {
    "REDIS_URL": REDIS_URL,
    "API_KEY": OPENAI_API_KEY,
    "BASE_URL": OPENAI_BASE_URL,
    "MODEL": env.text("OPENAI_MODEL"),
    "MODELS": env.names("OPENAI_MODELS", ("*",)),
    "MODELS_UNLISTED": env.flag("OPENAI_MODELS_UNLISTED"),
    "SETTINGS_CALLED": "OPENAI_{}",
    "TITLE_MODEL": env.text("OPENAI_TITLE_MODEL"),
    "CONTEXT_WINDOW": env.number("OPENAI_CONTEXT_WINDOW", 32_000, at_least=1_000, at_most=100_000_000),
    "CONNECT_TIMEOUT": env.number("PARLEY_CONNECT_TIMEOUT", 10, at_least=1, at_most=600),
    "IDLE_TIMEOUT": env.number("PARLEY_IDLE_TIMEOUT", 60, at_least=1, at_most=3600),
    "SHUTDOWN_GRACE": SHUTDOWN_GRACE,
    "MAX_PER_PERSON": env.number("PARLEY_MAX_PER_PERSON", 3, at_least=1, at_most=10_000),
    "MAX_QUESTION_LENGTH": MAX_QUESTION_LENGTH,
    "LOCAL_MODEL": LOCAL,
    "IMAGES_ON_CLICK": env.flag("PARLEY_IMAGES_ON_CLICK", True),
    "FILES": str(data.folder("files")),
    "MAX_IMPORT_SIZE": env.number("PARLEY_MAX_IMPORT_SIZE", 1_000_000_000, at_least=1_000, at_most=100_000_000_000),
    "IMPORT_TIMEOUT": env.number("PARLEY_IMPORT_TIMEOUT", 900, at_least=1, at_most=86_400),
    "MAX_IMPORTED_MESSAGES": env.number("PARLEY_MAX_IMPORTED_MESSAGES", 500_000, at_least=1, at_most=100_000_000),
    "STORAGE_PER_PERSON": env.number(
        "PARLEY_STORAGE_PER_PERSON", 2_000_000_000, at_least=1_000, at_most=100_000_000_000_000
    ),
}
# Bytes of the longest question or draft: a character that a form has to escape takes twelve.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * max(200_000, MAX_QUESTION_LENGTH) + 200_000
# Uploads wait on the disk of the files, to be moved and not copied; /tmp is often in memory.
FILE_UPLOAD_TEMP_DIR = str(data.folder("uploads"))
if LOCAL:
    PARLEY["BASE_URL"] = f"http://127.0.0.1:{data.port('model')}/v1"
    PARLEY["MODEL"] = LOCAL_MODEL
    PARLEY["CONTEXT_WINDOW"] = LOCAL_CONTEXT_WINDOW
PARLEY = {name: value for name, value in PARLEY.items() if value != ""}

# Error pages and logs hold no secret.
DEFAULT_EXCEPTION_REPORTER = "standalone.masking.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "standalone.masking.ReporterFilter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"class": "standalone.masking.Formatter", "format": "{levelname} {name}: {message}", "style": "{"}
    },
    "filters": {"seldom": {"()": "standalone.masking.Seldom"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "channels_redis": {"level": "CRITICAL"},  # else a traceback per second while the server is away
        "parley": {"level": "INFO"},
        "celery.worker.consumer.consumer": {"filters": ["seldom"]},
        "uvicorn": {"handlers": ["console"], "propagate": False, "level": "WARNING"},
    },
}
