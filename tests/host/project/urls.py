from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="people/home.html"), name="home"),
    path("members/enter/", LoginView.as_view(template_name="people/enter.html"), name="enter"),
    path("office/", admin.site.urls),
    path("chat/", include("parley.urls")),
]
