"""``parley.asgi``: our socket beside whatever a host serves."""

import pytest
from channels.testing import WebsocketCommunicator
from django.urls import path

from parley import asgi
from parley.delivery import layer


async def echo(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": type(scope["user"]).__name__})


async def opened(application, path):
    tab = WebsocketCommunicator(application, path, headers=[(b"origin", b"http://testserver")])
    accepted, _ = await tab.connect()
    return tab, accepted


@pytest.mark.django_db(transaction=True)
async def test_serves_the_sockets_of_the_host_and_refuses_all_others():
    application = asgi.around(None, path("theirs/", echo))
    tab, accepted = await opened(application, "/theirs/")
    assert (accepted, await tab.receive_from()) == (True, "UserLazyObject")
    _, accepted = await opened(application, "/nowhere/")
    assert not accepted


def test_makes_an_application_for_a_server():
    assert set(asgi.application.application_mapping) == {"http", "websocket"}
    with pytest.raises(AttributeError):
        _ = asgi.applications


def test_makes_a_channel_layer_where_the_host_has_none(settings):
    settings.CHANNEL_LAYERS = {}
    made = layer.get_channel_layer()
    assert made is layer.get_channel_layer()
    assert made._kwargs["hosts"][0]["address"] == settings.PARLEY["REDIS_URL"]


def test_prefers_the_layer_that_is_named_for_it(settings):
    memory = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    settings.CHANNEL_LAYERS = {"default": {**memory, "CONFIG": {"capacity": 7}}}
    assert layer.get_channel_layer().capacity == 7
    settings.CHANNEL_LAYERS = {**settings.CHANNEL_LAYERS, "parley": {**memory, "CONFIG": {"capacity": 8}}}
    assert layer.get_channel_layer().capacity == 8
