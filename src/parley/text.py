"""Text from strangers. Pure."""

REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """What every database, encoder and browser accepts."""
    if text.isascii() and "\0" not in text and "\r" not in text:
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\0", REPLACEMENT).replace("\r\n", "\n").replace("\r", "\n")
