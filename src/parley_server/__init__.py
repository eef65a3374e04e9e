"""Parley as a product: a thin host of the app `parley`."""

from parley_server.celery import app as celery_app

__all__ = ["celery_app"]
