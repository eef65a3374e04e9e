"""A picture is encoded anew: what is shown is what is sent, and nothing of its origin is kept."""

import io
import struct

import pytest
from PIL import Image, ImageCms

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F
TURNED = 6
"""Held upright: to be turned by 90 degrees."""


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def drawn(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A red left half and a blue right half."""
    picture = Image.new(mode, (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    return picture


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 80).convert("RGB")


def camera() -> dict[str, object]:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "Camera of somebody", TURNED
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    return {"exif": exif, "icc_profile": b"ICC of somebody", "comment": b"Comment of somebody"}


def opened(path) -> Image.Image:
    with Image.open(path) as picture:
        picture.load()
        return picture


def test_a_photo_is_upright_small_and_without_a_word_of_its_camera(reading):
    result = reading(encoded(drawn(4000, 3000), "JPEG", **camera(), xmp=b"<x:xmpmeta>somebody</x:xmpmeta>"))
    assert (result.width, result.height, result.picture_type, result.notes) == (1536, 2048, "image/jpeg", [])
    picture, thumb = opened(result.picture), opened(result.thumb)
    assert (picture.size, picture.format, thumb.size, thumb.format) == ((1536, 2048), "JPEG", (240, 320), "WEBP")
    for each in (picture, thumb):
        red, blue = (each.convert("RGB").getpixel((each.width // 2, y)) for y in (9, each.height - 9))
        assert (red[0] > 200, blue[2] > 200) == (True, True)
        assert (dict(each.getexif()), {"exif", "icc_profile", "xmp", "comment"} & {*each.info}) == ({}, set())
    assert b"somebody" not in result.picture.read_bytes() + result.thumb.read_bytes()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(drawn(300, 200), "PNG"), "image/png"),
        (encoded(noise(300, 200), "PNG"), "image/jpeg"),
        (encoded(drawn(300, 200, "RGBA"), "PNG"), "image/png"),
        (encoded(Image.new("RGBA", (300, 200), (9, 9, 9, 99)), "PNG"), "image/webp"),
        (encoded(Image.new("LA", (300, 200), (9, 99)), "PNG"), "image/webp"),
        (encoded(drawn(300, 200).quantize(8), "PNG", transparency=0), "image/webp"),
        (encoded(drawn(300, 200), "GIF"), "image/png"),
        (encoded(noise(300, 200), "WEBP"), "image/jpeg"),
        (encoded(noise(300, 200), "AVIF"), "image/jpeg"),
        (encoded(drawn(300, 200).convert("CMYK"), "JPEG"), "image/jpeg"),
        (encoded(drawn(300, 200).convert("L"), "JPEG"), "image/jpeg"),
        (encoded(drawn(300, 200).convert("1"), "PNG"), "image/png"),
    ],
)
def test_each_kind_of_picture(reading, content, kind):
    result = reading(content, "a.gif")
    assert (result.error, result.width, result.height, result.picture_type) == ("", 300, 200, kind)
    assert opened(result.picture).size == (300, 200)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_what_was_encoded_here_is_kept_as_it_is(reading, mode):
    ours = reading(encoded(noise(300, 200).convert(mode), "JPEG", quality=70)).picture.read_bytes()
    assert reading(ours).picture.read_bytes() == ours
    sign = reading(encoded(drawn(300, 200).convert(mode), "PNG")).picture.read_bytes()
    assert reading(sign).picture.read_bytes() == sign


OURS = encoded(noise(300, 200), "JPEG", quality=85)


@pytest.mark.parametrize(
    "content",
    [
        OURS + b"somebody",
        OURS[:-2] + b"\xff\xfe\0\nsomebody" + OURS[-2:],
        OURS[:-2] + b"somebody" * 10_000 + OURS[-2:],
        OURS[:2] + b"\xff\xfe\0\nsomebody" + OURS[2:],
        encoded(noise(300, 200), "JPEG", quality=85, comment=b"somebody"),
        encoded(noise(300, 200), "JPEG", quality=85, **camera()),
        encoded(noise(300, 200), "JPEG", quality=85, progressive=True),
        encoded(noise(300, 200), "JPEG", quality=84),
        encoded(noise(3000, 200), "JPEG", quality=85),
    ],
    ids=["behind", "marker", "padding", "before", "comment", "camera", "progressive", "quality", "large"],
)
def test_what_is_not_quite_what_is_encoded_here_is_encoded_anew(reading, content):
    kept = reading(content).picture.read_bytes()
    assert kept != content
    assert b"somebody" not in kept


def test_sixteen_bits_of_grey_are_not_all_white(reading):
    content = encoded(Image.new("I;16", (30, 20), 128 * 256), "PNG")
    assert abs(opened(reading(content).picture).convert("L").getpixel((1, 1)) - 128) < 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame(reading, kind):
    frames = [Image.new("RGB", (40, 30), (number % 250, 90, 9)) for number in range(300)]
    result = reading(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert (result.notes, result.width) == (["first_frame"], 40)
    assert opened(result.picture).convert("RGB").getpixel((1, 1))[0] < 5


def test_a_picture_may_be_a_line(reading):
    assert reading(encoded(Image.new("RGB", (20_000, 1)), "PNG")).height == 1


WHITE = (0.9642, 1.0, 0.8249)
SRGB = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
DISPLAY_P3 = (0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)


def profile(*primaries: tuple[float, float, float]) -> bytes:
    """An ICC profile of a screen: XYZ of its red, green and blue; its curve is a square."""
    xyz = {name: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * each) for each in value))
           for name, value in zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), (*primaries, WHITE), strict=True)}  # fmt: skip
    curve = b"curv\0\0\0\0" + struct.pack(">IH2x", 1, 512)
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"Test\0" + bytes(81)
    tags = {**xyz, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve, b"desc": text, b"cprt": b"text\0\0\0\0None"}
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI", 132 + 12 * len(tags) + len(data), 0x02400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    return head + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48) + table + data


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize(
    ("primaries", "expected"),
    [(SRGB[::-1], (20, 10, 250)), (DISPLAY_P3, (255, 0, 0))],
    ids=["red and blue exchanged", "Display P3"],
)
def test_colours_are_those_of_the_profile(reading, mode, primaries, expected):
    source = Image.new("RGB", (30, 20), (250, 10, 20))
    source = source.quantize(8) if mode == "P" else source.convert(mode)
    if mode == "RGBA":
        source.putpixel((0, 0), (0, 0, 0, 0))
    result = reading(encoded(source, "PNG", icc_profile=profile(*primaries)))
    pixel = opened(result.picture).convert("RGB").getpixel((20, 10))
    assert max(abs(one - two) for one, two in zip(pixel, expected, strict=True)) < 9


def test_a_profile_that_is_broken_or_of_other_colours_does_no_harm(reading):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for wrong in (profile(*SRGB)[:300], b"ICC of somebody", lab):
        result = reading(encoded(Image.new("RGB", (30, 20), (250, 10, 20)), "PNG", icc_profile=wrong))
        assert opened(result.picture).convert("RGB").getpixel((20, 10)) == (250, 10, 20)


@pytest.mark.parametrize(("mode", "colour"), [("RGB", (255, 0, 0)), ("L", 76)])
def test_a_transparent_colour_stays_transparent(reading, mode, colour):
    result = reading(encoded(drawn(40, 20).convert(mode), "PNG", transparency=colour))
    assert result.picture_type == "image/webp"
    shown = opened(result.picture)
    assert [shown.getpixel((x, 10))[3] for x in (5, 35)] == [0, 255]


@pytest.mark.parametrize("missing", [2, 20, 1000])
def test_a_photo_that_lacks_its_last_bytes_is_shown_and_noted(reading, missing):
    result = reading(encoded(noise(200, 200), "JPEG")[:-missing])
    assert (result.error, result.notes, result.width) == ("", ["cut_off"], 200)


@pytest.mark.parametrize("share", [2, 4, 20])
def test_a_photo_of_which_more_is_missing_is_damaged(reading, share):
    content = encoded(noise(800, 800), "JPEG")
    assert reading(content[: len(content) - len(content) // share]).error == "damaged"
