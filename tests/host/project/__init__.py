"""A stranger's project: own settings, own accounts, own look."""

from tests.host.project.celery import app as celery_app

__all__ = ["celery_app"]
