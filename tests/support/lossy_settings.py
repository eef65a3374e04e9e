"""The product's settings with a channel layer that loses messages."""

from standalone.settings import *  # noqa: F403
from standalone.settings import CHANNEL_LAYERS

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.support.lossy_layer.LossyChannelLayer"
