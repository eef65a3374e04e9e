from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        # Models can be imported when all apps are loaded.
        from parley.delivery import feed

        from .models import Notice

        feed.register(Notice, template="people/_notice_upsert.html")
