from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ParleyConfig(AppConfig):
    name = "parley"
    verbose_name = "Parley"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, signals
        from .search import index

        checks.register_all()
        signals.connect()
        post_migrate.connect(index.after_migrate, sender=self, dispatch_uid="parley.search")
