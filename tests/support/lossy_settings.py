"""The product's settings with a channel layer that loses messages."""

from parley_server.settings import *  # noqa: F403
from parley_server.settings import CHANNEL_LAYERS

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.support.lossy_layer.LossyChannelLayer"
