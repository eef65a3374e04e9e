"""Django settings of the standalone project; `src/parley_server/` alone reads the environment."""

from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from parley import redis_url
from parley_server import data, databases, env, json_logs, reporting, site

LOCAL_MODEL = "smollm2-135m-instruct"
LOCAL_CONTEXT_WINDOW = 2048

# What the supervisor listens on
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, at_least=1, at_most=65535)
WEB_WORKERS = env.number("PARLEY_WEB_WORKERS", 1, at_least=1, at_most=64)

# The address of the site, and who reaches it
SITE = site.from_environment()
SITE_PATH = SITE.path if SITE else ""
HTTPS = site.https(SITE)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", site.hosts(SITE, HOST, HTTPS))
CSRF_TRUSTED_ORIGINS = [*env.origins("CSRF_TRUSTED_ORIGINS"), *([SITE.origin] if SITE else [])]
OPEN_TO_OTHERS = site.open_to_others(HOST, ALLOWED_HOSTS)

# Core
DEBUG = env.flag("DEBUG")
site.refuse_debug_for_others(DEBUG, SITE, HOST)
SECRET_KEY = env.text("SECRET_KEY") or data.kept_secret("secret_key")
CSRF_FAILURE_VIEW = "parley_server.refusals.csrf_failure"
ROOT_URLCONF = "parley_server.urls"
FORCE_SCRIPT_NAME = SITE_PATH or None
ASGI_APPLICATION = "parley_server.asgi.application"

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
    "parley_server.middleware.Utf8Middleware",
    "django.middleware.security.SecurityMiddleware",
    "parley_server.middleware.ContentSecurityPolicyMiddleware",
    "parley_server.middleware.ForgetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "parley_server.middleware.CorrelationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "parley_server.unavailable.UnavailableMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [data.PACKAGE / "templates"],
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
SESSION_ENGINE = "parley_server.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = (
    site.cookie(name, SITE_PATH) for name in ("sessionid", "csrftoken", "django_language")
)
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{SITE_PATH}/"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 15_552_000 if HTTPS else 0
# HSTS of subdomains, and the browsers' preload list, are for the owner of the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# Nobody uses runserver here, and threads are few, and stay.
SILENCED_SYSTEM_CHECKS += ["parley.W002", "parley.W012"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [data.PACKAGE / "locale"]
TIME_ZONE = "UTC"

# Static files are served from where they lie, so that nobody has to collect them, even after another build.
STATIC_URL = f"{SITE_PATH}/static/"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Stores
DATABASES = {"default": databases.from_environment()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EXTERNAL_REDIS = env.redis_url("REDIS_URL")
REDIS_URL = EXTERNAL_REDIS or data.valkey_url()
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 2}]},
    },
}

# Celery; the rest is parley.celery.OPTIONS.
CELERY_BROKER_URL = redis_url.for_celery(env.redis_url("BROKER_URL", REDIS_URL, more=("amqp", "amqps")))
CELERY_RESULT_BACKEND = redis_url.for_celery(REDIS_URL)
CELERY_RESULT_EXPIRES = 3600
CELERY_WORKER_CONCURRENCY = env.number("PARLEY_CONCURRENCY", 500, at_least=1, at_most=10_000)

# The model: the local one, where that is installed, until a provider is chosen.
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL", schemes=("http", "https"))
OPENAI_API_KEY = env.text("OPENAI_API_KEY")
if OPENAI_API_KEY and "@" in urlsplit(OPENAI_BASE_URL).netloc:
    raise ImproperlyConfigured(
        "OPENAI_BASE_URL holds a user and a password, and OPENAI_API_KEY a key, "
        "but one of them can be sent: leave one out."
    )
LOCAL = not (OPENAI_BASE_URL or OPENAI_API_KEY) and find_spec("xllamacpp") is not None
MAX_QUESTION_LENGTH = env.number("PARLEY_MAX_QUESTION_LENGTH", 32_000, at_least=1, at_most=10_000_000)
SHUTDOWN_GRACE = env.number("PARLEY_SHUTDOWN_GRACE", 10, at_least=0, at_most=3600)
PARLEY = {
    "REDIS_URL": REDIS_URL,
    "CELERY_APP": "parley_server.celery.app",
    "API_KEY": OPENAI_API_KEY,
    "BASE_URL": OPENAI_BASE_URL,
    "MODEL": env.text("OPENAI_MODEL"),
    "ENCRYPTION_KEYS": env.names("ENCRYPTION_KEYS") or data.kept_encryption_keys(),
    "PERSONAL_CONNECTIONS": env.flag("PARLEY_PERSONAL_CONNECTIONS"),
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
    "CURRENCY": env.text("PARLEY_CURRENCY"),
    "STAFF_SEE_TEXTS": env.flag("PARLEY_STAFF_SEE_TEXTS"),
    "LOCAL_MODEL": LOCAL,
    "IMAGES_ON_CLICK": env.flag("PARLEY_IMAGES_ON_CLICK", True),
    "FILES": str(data.folder("files")),
    "MAX_IMPORT_SIZE": env.number("PARLEY_MAX_IMPORT_SIZE", 1_000_000_000, at_least=1_000, at_most=100_000_000_000),
    "IMPORT_TIMEOUT": env.number("PARLEY_IMPORT_TIMEOUT", 900, at_least=1, at_most=86_400),
    "MAX_IMPORTED_MESSAGES": env.number("PARLEY_MAX_IMPORTED_MESSAGES", 500_000, at_least=1, at_most=100_000_000),
    "STORAGE_PER_PERSON": env.number(
        "PARLEY_STORAGE_PER_PERSON", 2_000_000_000, at_least=1_000, at_most=100_000_000_000_000
    ),
    "MAX_FILE_SIZE": env.number("PARLEY_MAX_FILE_SIZE", 25_000_000, at_least=1_000, at_most=1_000_000_000),
    "MAX_FILES": env.number("PARLEY_MAX_FILES", 10, at_least=1, at_most=100),
    "PICTURES": env.names("PARLEY_PICTURES"),
    "NO_PICTURES": env.names("PARLEY_NO_PICTURES"),
    "EXTRACT": env.text("PARLEY_EXTRACT"),
    "METRICS_TOKEN": env.text("METRICS_TOKEN"),
}
# Bytes of the longest question or draft: a character that a form has to escape takes twelve.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * max(200_000, MAX_QUESTION_LENGTH) + 200_000
# Uploads wait on the disk of the files, to be moved and not copied; /tmp is often in memory.
FILE_UPLOAD_TEMP_DIR = str(data.folder("uploads"))
if LOCAL:
    PARLEY["BASE_URL"] = f"http://127.0.0.1:{data.port('model')}/v1"
    PARLEY["MODEL"] = LOCAL_MODEL
    PARLEY["CONTEXT_WINDOW"] = LOCAL_CONTEXT_WINDOW
    PARLEY["NO_PICTURES"] = [*env.names("PARLEY_NO_PICTURES"), LOCAL_MODEL]
PARLEY = {name: value for name, value in PARLEY.items() if value != ""}

# Error pages and logs hold no secret.
DEFAULT_EXCEPTION_REPORTER = "parley_server.masking.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "parley_server.masking.ReporterFilter"
LOG_FORMAT = env.text("LOG_FORMAT", "text")
if LOG_FORMAT not in ("text", "json"):
    raise ImproperlyConfigured("LOG_FORMAT must be text or json.")
if LOG_FORMAT == "json":
    json_logs.install()
if SENTRY_DSN := env.text("SENTRY_DSN"):
    reporting.report_to(SENTRY_DSN)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"class": "parley_server.masking.Formatter", "format": "{levelname} {name}: {message}", "style": "{"},
        "json": {"class": "parley_server.json_logs.Formatter"},
    },
    "filters": {"seldom": {"()": "parley_server.masking.Seldom"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "channels_redis": {"level": "CRITICAL"},  # else a traceback per second while the server is away
        "parley": {"level": "INFO"},
        "parley.events": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        "celery.worker.consumer.consumer": {"filters": ["seldom"]},
        "uvicorn": {"handlers": ["console"], "propagate": False, "level": "WARNING"},
    },
}
