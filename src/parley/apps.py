from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ParleyConfig(AppConfig):
    name = "parley"
    verbose_name = "Parley"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can be imported when all apps are loaded.
        from . import checks, signals  # noqa: PLC0415
        from .search import index  # noqa: PLC0415

        checks.register_all()
        signals.connect()
        post_migrate.connect(index.after_migrate, sender=self, dispatch_uid="parley.search")
