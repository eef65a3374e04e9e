from django.urls import path

from .conf import conf
from .consumers import TabConsumer

websocket_urlpatterns = [path(conf.SOCKET_PATH.lstrip("/"), TabConsumer.as_asgi())]
