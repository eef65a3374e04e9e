"""Links in the place of images, which nobody asks for before a click."""

import re

_IMAGE_OR_LINK = re.compile(r'<img[^>]*? src="(?P<src>[^"]*)" alt="(?P<alt>[^"]*)"[^>]*/>|<(?P<link>/?a)\b[^>]*>')
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def without_images(html: str) -> str:
    """With a link in the place of each image, which the page may load when it is clicked; in a link, with its words."""
    linked = False

    def words(found: re.Match[str]) -> str:
        nonlocal linked
        if found["link"]:
            linked = found["link"] == "a"
            return found[0]
        alt = found["alt"].strip() or found["src"]
        return alt if linked else f'<a class="image" href="{found["src"]}"{_origin(found["src"])}>{alt}</a>'

    return _IMAGE_OR_LINK.sub(words, html)


def _origin(address: str) -> str:
    """Where an image comes from, as a title: who clicks it should know whom they ask."""
    found = _HOST.match(address)
    return f' title="{found[1]}"' if found else ""
