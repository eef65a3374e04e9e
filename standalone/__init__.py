"""Parley as a product: a thin host of the app `parley`."""

from standalone.celery import app as celery_app

__all__ = ["celery_app"]
