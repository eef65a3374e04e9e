"""As docs/hosting.md tells it, and nothing more."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
REDIS_URL = os.environ["HOST_REDIS_URL"]

SECRET_KEY = "the secret key of a stranger's project under test"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.host.project.urls"
ASGI_APPLICATION = "tests.host.project.asgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tests.host.project.people",
    "parley",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
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
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["HOST_DATABASE"],
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"},
    }
}

AUTH_USER_MODEL = "people.Member"
LOGIN_URL = "/members/enter/"
LOGIN_REDIRECT_URL = "/"

STATIC_URL = "assets/"
STATICFILES_DIRS = [HERE / "static"]
WHITENOISE_USE_FINDERS = True

CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
}
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 20
CELERY_WORKER_DISABLE_PREFETCH = True

PARLEY = {
    "BASE_URL": os.environ["HOST_PROVIDER"],
    "API_KEY": "sk-of-the-host",
    "MODEL": "fake-1",
    "REDIS_URL": REDIS_URL,
    "SOCKET_PATH": "/live/chat/",
    "KEY_PREFIX": "host-chat",
    "FILES": os.path.dirname(os.environ["HOST_DATABASE"]) + "/files",
}
