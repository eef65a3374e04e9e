"""Links in the place of images, which are loaded after a click only."""

import re

_IMAGE_OR_LINK = re.compile(r'<img[^>]*? src="(?P<src>[^"]*)" alt="(?P<alt>[^"]*)"[^>]*/>|<(?P<link>/?a)\b[^>]*>')
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def without_images(html: str) -> str:
    """Put a link in the place of each image, for the page to load it after a click; within a link only its words.

    >>> without_images('<img src="https://example.org/a.png" alt="A cat" />')
    '<a class="image" href="https://example.org/a.png" title="example.org">A cat</a>'
    """
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
    """Return the host of an image as a title: people should know whom a click asks."""
    found = _HOST.match(address)
    return f' title="{found[1]}"' if found else ""
