"""Addresses for operators, which a host may include at its root or where it likes."""

from django.urls import path

from . import views

app_name = "parley_monitoring"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("up", views.healthz, name="up"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
