"""Parley as a product of its own: a thin host around the app `parley`."""

from standalone.celery import app as celery_app

__all__ = ["celery_app"]
