"""Make the picture that is shown and sent, and its thumbnail: encoded anew, upright, nothing but pixels. Pure."""

from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import cast

from PIL import Image, ImageCms, ImageOps

from .results import Read, Refused

JPEG = "image/jpeg"
"""The second picture in such a file is a map of light or depth."""
FORMATS = {JPEG: "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF", "image/avif": "AVIF"}
MAX_PIXELS = 50_000_000
LONGEST_SIDE, THUMBNAIL = 2048, 320
QUALITY = 85
LARGEST_PROFILE = 4_000_000
COLOURS = {"RGB ": ("RGB", "RGBA"), "CMYK": ("CMYK",), "GRAY": ("L",)}
"""What a profile is about → the modes of pictures that it fits."""
SRGB = ImageCms.createProfile("sRGB")
SCAN, END = b"\xff\xda", b"\xff\xd9"
"""Markers of a JPEG, before and after its pixels."""
FLAT = 2
"""Shades of grey between the pixels of what has one colour."""
MOST_LARGER = 1.25
DRAWN = {"PNG", "GIF"}
"""Formats of what has few colours, which may be smaller as PNG than as JPEG."""

Image.MAX_IMAGE_PIXELS = None  # Checked here, for the sentence needs the number.


def read(path: str, media_type: str) -> Read:
    """Return the first frame as JPEG, PNG or WebP. Raises Refused."""
    data = Path(path).read_bytes()
    try:
        return _read(data, media_type)
    except OSError:
        if media_type != JPEG or not _has_its_end(data + END):
            raise
        read = _read(data + END, media_type)
        return read._replace(notes=[*read.notes, "cut_off"])


def _has_its_end(data: bytes) -> bool:
    """Tell whether a JPEG that is cut off shows something just above its lowest rows: what is missing is flat."""
    with Image.open(BytesIO(data), formats=["JPEG"]) as source:
        width, height = source.size
        if width * height > MAX_PIXELS:
            return False
        rows = source.convert("L").crop((0, max(0, height - 32), width, max(1, height - 16)))
        darkest, brightest = cast(tuple[int, int], rows.getextrema())
    return brightest - darkest > FLAT


def _read(data: bytes, media_type: str) -> Read:
    with Image.open(BytesIO(data), formats=[FORMATS[media_type]]) as source:
        if (pixels := source.width * source.height) > MAX_PIXELS:
            raise Refused("too_many_pixels", megapixels=round(pixels / 1e6), width=source.width, height=source.height)
        notes = ["first_frame"] * (media_type != JPEG and getattr(source, "is_animated", False))
        picture = _upright(source)
    kind, encoded = _encoded(picture, _formats_for(picture, FORMATS[media_type]))
    if media_type == kind_type(kind) == JPEG and is_ours(data, encoded):
        encoded = data
    width, height = picture.size
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    files = {"picture": encoded, "thumb": _encoded(picture, ["WEBP"])[1]}
    return Read(notes=notes, width=width, height=height, picture_type=kind_type(kind), files=files)


def kind_type(kind: str) -> str:
    return f"image/{kind.lower()}"


def is_ours(given: bytes, encoded: bytes) -> bool:
    """Return whether a JPEG is what our encoder writes, as one of our exports is, and need not be encoded once more.

    ``encoded``: the same picture, encoded by us. Every byte before the pixels must be the same, so that there is
    nothing else in it; among the pixels there is no marker, behind them only the end, and they take about as much room.
    """
    scan = encoded.index(SCAN)
    begin = scan + 2 + int.from_bytes(encoded[scan + 2 : scan + 4])
    pixels = given[begin : -len(END)]
    return (
        given[:begin] == encoded[:begin]
        and given.endswith(END)
        and pixels.count(b"\xff") == pixels.count(b"\xff\0")
        and len(given) <= len(encoded) * MOST_LARGER
    )


def _upright(source: Image.Image) -> Image.Image:
    """Return the picture within ``LONGEST_SIDE``, turned as its camera was held, as L, RGB or RGBA."""
    profile = source.info.get("icc_profile") or b""
    as_it_is = source.mode == "RGBA" or (source.mode in ("L", "RGB", "CMYK") and "transparency" not in source.info)
    picture = source if as_it_is else _in_colours(source)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture = _as_on_screens(ImageOps.exif_transpose(picture), profile)
    if picture.mode == "RGBA" and not any(picture.getchannel("A").histogram()[:-1]):
        picture = picture.convert("RGB")
    picture.info = {}
    return picture


def _as_on_screens(picture: Image.Image, profile: bytes) -> Image.Image:
    """Return a picture of L, RGB, RGBA or CMYK in sRGB, by its profile where that fits and is sound."""
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        if 0 < len(profile) <= LARGEST_PROFILE:
            picture = _converted(picture, ImageCms.ImageCmsProfile(BytesIO(profile)))
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    if picture.mode not in COLOURS.get(profile.profile.xcolor_space, ()) or "sRGB" in ImageCms.getProfileName(profile):
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    return ImageCms.profileToProfile(picture, profile, SRGB, outputMode=mode) or picture


def _in_colours(source: Image.Image) -> Image.Image:
    if source.mode.startswith("I"):
        return source.point(lambda value: value * (1 / 256)).convert("L")
    return source.convert("RGBA" if source.has_transparency_data else "RGB")


def _formats_for(picture: Image.Image, source: str) -> list[str]:
    if picture.mode == "RGBA":
        return ["WEBP"]
    return ["JPEG", "PNG"] if source in DRAWN else ["JPEG"]


def _encoded(picture: Image.Image, formats: list[str]) -> tuple[str, bytes]:
    """Return the smallest, with its format."""
    files = {kind: BytesIO() for kind in formats}
    for kind, file in files.items():
        picture.save(file, kind, quality=QUALITY)
    return min(((kind, file.getvalue()) for kind, file in files.items()), key=lambda each: len(each[1]))
