"""An uploaded picture is decoded, stripped, made anew, with renditions for readers."""

import os
import struct
import subprocess
import sys
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from articles.content.uploads import MAX_FILE_BYTES, MAX_PIXELS, remake, remake_upload

RED, BLUE = (200, 30, 30), (30, 30, 200)


def encode(image, format_name, **options):
    output = BytesIO()
    image.save(output, format_name, **options)
    return output.getvalue()


def picture(mode="RGB", size=(8, 4), colour=None):
    return Image.new(mode, size, colour) if colour is not None else Image.new(mode, size)


def remade(content):
    return Image.open(BytesIO(remake(BytesIO(content)).content))


def reason(content):
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        remake(BytesIO(content))
    (message,) = refusal.value.messages
    return message


@pytest.mark.parametrize(
    ("format_name", "extension"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")]
)
def test_picture_of_each_format_is_made_anew_in_that_format(format_name, extension):
    content = encode(picture(colour=RED), format_name)

    output, found = remake(BytesIO(content))[:2]

    image = Image.open(BytesIO(output))
    assert (found, image.format, image.size) == (extension, format_name, (8, 4))
    assert image.convert("RGB").getpixel((4, 2)) == pytest.approx(RED, abs=4)


@pytest.mark.parametrize(
    "format_name", ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "JPEG2000"]
)
def test_other_formats_are_refused(format_name):
    assert "JPEG, PNG" in reason(encode(picture(size=(16, 16)), format_name))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x10\x00\x00\x00WEBPVP8X",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
)
def test_what_is_no_picture_is_refused(content):
    assert reason(content)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_truncated_file_is_refused(format_name):
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    content = encode(noise, format_name)

    assert reason(content[: len(content) // 2])


def test_nothing_but_the_pixels_survives():
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "SECRET-ARTIST"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = "SECRET-PLACE"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "SECRET-TEXT")
    texts.add_itxt("XML:com.adobe.xmp", "SECRET-XMP")
    options = {"exif": exif, "icc_profile": b"SECRET-PROFILE" * 20}
    files = [
        encode(picture(), "JPEG", comment=b"SECRET-COMMENT", xmp=b"SECRET-XMP", **options),
        encode(picture(), "PNG", pnginfo=texts, dpi=(300, 300), **options),
        encode(picture(), "WEBP", xmp=b"SECRET-XMP", **options),
    ]

    for content in files:
        assert b"SECRET" in content
        output = remake(BytesIO(content)).content
        assert b"SECRET" not in output
        image = Image.open(BytesIO(output))
        assert not image.getexif()
        assert not {"icc_profile", "exif", "xmp", "comment", "Comment", "dpi"} & set(image.info)


@pytest.mark.parametrize(
    "tail",
    [
        b"<script>SECRET</script>",
        b"<?php SECRET ?>",
        b"PK\x03\x04SECRET",
        b"%PDF-1.7 SECRET",
    ],
)
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_second_file_behind_the_picture_does_not_survive(format_name, tail):
    output = remake(BytesIO(encode(picture(), format_name) + tail)).content

    assert b"SECRET" not in output


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "size", "red_corner"),
    [
        (1, (80, 40), (9, 9)),
        (2, (80, 40), (70, 9)),
        (3, (80, 40), (70, 30)),
        (4, (80, 40), (9, 30)),
        (5, (40, 80), (9, 9)),
        (6, (40, 80), (30, 9)),
        (7, (40, 80), (30, 70)),
        (8, (40, 80), (9, 70)),
        (9, (80, 40), (9, 9)),
        (0, (80, 40), (9, 9)),
    ],
)
def test_picture_is_turned_upright(format_name, orientation, size, red_corner):
    image = picture(size=(80, 40), colour=BLUE)
    image.paste(RED, (0, 0, 20, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation

    upright = remade(encode(image, format_name, exif=exif)).convert("RGB")

    assert upright.size == size
    red, _green, blue = upright.getpixel(red_corner)
    assert red > blue


def test_broken_exif_is_passed_over():
    content = encode(picture(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")

    assert remade(content).size == (8, 4)


@pytest.mark.parametrize(
    ("image", "format_name", "mode"),
    [
        (picture("CMYK"), "JPEG", "RGB"),
        (picture("L"), "JPEG", "L"),
        (picture("1"), "PNG", "L"),
        (picture("L"), "PNG", "L"),
        (picture("LA"), "PNG", "RGBA"),
        (picture("P"), "PNG", "RGB"),
        (picture("RGBA"), "PNG", "RGBA"),
        (picture("I;16"), "PNG", "L"),
        (picture("RGBA", colour=(9, 9, 9, 9)), "WEBP", "RGBA"),
    ],
)
def test_every_mode_of_colour_becomes_one_that_browsers_show(image, format_name, mode):
    assert remade(encode(image, format_name)).mode == mode


def test_cmyk_picture_keeps_its_colour():
    content = encode(picture("RGB", colour=RED).convert("CMYK"), "JPEG", quality=95)

    assert remade(content).getpixel((2, 2)) == pytest.approx(RED, abs=6)


def test_16_bit_greys_are_scaled_instead_of_clipped():
    image = picture("I;16", size=(2, 1))
    image.putpixel((0, 0), 0x4000)
    image.putpixel((1, 0), 0xFFFF)

    grey = remade(encode(image, "PNG"))

    assert [grey.getpixel((0, 0)), grey.getpixel((1, 0))] == [0x40, 0xFF]


def test_transparent_palette_stays_transparent():
    image = picture("P", size=(2, 1))
    image.putpalette([*RED, *BLUE])
    image.putpixel((1, 0), 1)

    shown = remade(encode(image, "PNG", transparency=0))

    assert shown.getpixel((0, 0))[3] == 0
    assert shown.getpixel((1, 0)) == (*BLUE, 255)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
def test_animation_is_refused(format_name):
    frames = [picture(colour=RED), picture(colour=BLUE)]

    content = encode(frames[0], format_name, save_all=True, append_images=frames[1:])

    assert "animation" in reason(content)


def test_jpeg_of_several_pictures_is_refused():
    frames = [picture(colour=RED), picture(colour=BLUE)]

    content = encode(frames[0], "MPO", save_all=True, append_images=frames[1:])

    assert "animation" in reason(content)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)


@pytest.mark.parametrize(
    "size", [(MAX_PIXELS["PNG"] + 1, 1), (5_001, 5_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_picture_of_too_many_pixels_is_refused_by_its_header(size):
    # No pixel follows: a reader that asked for one would call the file broken.
    content = png_header(*size) + png_chunk(b"IDAT", b"")

    assert "megapixels" in reason(content)


def test_picture_of_just_enough_pixels_is_accepted():
    content = encode(Image.new("L", (4_000, 4_000)), "PNG")

    assert remade(content).size == (4_000, 4_000)


def test_jpeg_of_a_large_camera_is_halved_and_stays_upright():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6

    content = encode(picture(size=(6_000, 4_000)), "JPEG", exif=exif)

    assert remade(content).size == (2_000, 3_000)


# Of each kind what takes most memory.
LARGEST = [
    ("RGB", (6_240, 4_000), "JPEG", {}),
    ("CMYK", (4_000, 4_000), "JPEG", {"progressive": True, "subsampling": 0}),
    ("RGB", (4_000, 3_120), "JPEG", {"progressive": True, "subsampling": 0}),
    ("RGBA", (4_000, 4_000), "PNG", {}),
    ("RGBA", (2_640, 2_640), "WEBP", {"method": 0}),
]
# Each in a process of its own, as what was the most stays so for good.
MEASURE = """
import os, resource, sys
from articles.content.uploads import remake
for path in sys.argv[1:]:
    if os.fork():
        assert os.wait()[1] == 0
        continue
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open(path, "rb") as file:
        remake(file)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, flush=True)
    os._exit(0)
"""


def test_largest_picture_takes_a_bounded_memory(tmp_path):
    paths = []
    for number, (mode, size, format_name, options) in enumerate(LARGEST):
        paths.append(tmp_path / f"picture-{number}")
        image = Image.new(mode, size, (9, 90, 200, 250)[: len(mode)])
        image.save(paths[-1], format_name, **options)

    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, *paths],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )

    most = [int(line) for line in measured.stdout.split()]
    assert len(most) == len(LARGEST) and max(most) < 150 * 1024
    # A picture that was not decoded would have taken nothing.
    assert min(most) > 1024


def test_webp_of_too_many_pixels_is_refused():
    content = encode(Image.new("RGB", (6_000, 5_000)), "WEBP", method=0)

    assert "megapixels" in reason(content)


def test_text_that_unpacks_to_gigabytes_costs_nothing():
    packed = zlib.compress(b"\x00" * 100_000_000, 9)
    pixels = png_chunk(b"IDAT", zlib.compress(b"\x00\x00\x00\x00")) + png_chunk(b"IEND", b"")

    for kind, header in (
        (b"iTXt", b"a\x00\x01\x00\x00\x00"),
        (b"zTXt", b"a\x00\x00"),
        (b"iCCP", b"a\x00\x00"),
    ):
        content = png_header(1, 1) + png_chunk(kind, header + packed) + pixels
        try:
            output = remake(BytesIO(content)).content
        except ValidationError:
            continue
        assert len(output) < 1_000


SEEDS = [
    encode(Image.effect_noise((16, 16), 80).convert("RGB"), "JPEG", exif=Image.Exif()),
    encode(Image.effect_noise((16, 16), 80), "PNG"),
    encode(Image.effect_noise((16, 16), 80).convert("RGBA"), "WEBP"),
]


@given(st.sampled_from(SEEDS), st.data())
def test_damaged_file_is_refused_with_a_reason_or_made_anew(seed, data):
    content = bytearray(seed)
    for position in data.draw(st.lists(st.integers(0, len(seed) - 1), max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    content = bytes(content)[: data.draw(st.integers(0, len(seed)))]

    try:
        extension = remake(BytesIO(content)).extension
    except ValidationError as refusal:
        assert refusal.messages
    else:
        assert extension in {"jpg", "png", "webp"}


def test_file_of_8_mb_is_accepted_and_a_byte_more_is_refused():
    content = encode(picture(), "PNG")
    padded = content + b"\x00" * (MAX_FILE_BYTES - len(content))

    assert remake_upload(BytesIO(padded), len(padded))
    with pytest.raises(ValidationError):
        remake_upload(BytesIO(padded + b"\x00"), len(padded) + 1)


@pytest.mark.parametrize(
    ("size", "renditions"),
    [
        ((2_000, 1_000), {480: (480, 240), 960: (960, 480), 1600: (1_600, 800)}),
        ((700, 350), {480: (480, 240), 700: (700, 350)}),
        ((159, 100), {}),
        ((1, 1), {}),
        # WebP has no more than 16,383 on a side.
        ((200, 17_000), {}),
    ],
)
@pytest.mark.parametrize(("format_name", "mode"), [("JPEG", "L"), ("PNG", "RGBA"), ("JPEG", "RGB")])
def test_renditions_are_webp_and_no_wider_than_the_picture(format_name, mode, size, renditions):
    made = remake(BytesIO(encode(picture(mode, size), format_name))).renditions

    images = {width: Image.open(BytesIO(content)) for width, content in made.items()}
    assert {width: image.size for width, image in images.items()} == renditions
    assert {image.format for image in images.values()} <= {"WEBP"}


def test_rendition_of_what_is_transparent_stays_transparent():
    content = encode(picture("RGBA", (300, 200), (9, 90, 200, 0)), "PNG")

    (rendition,) = remake(BytesIO(content)).renditions.values()

    assert Image.open(BytesIO(rendition)).convert("RGBA").getpixel((5, 5))[3] == 0


@pytest.mark.parametrize(
    ("sent", "kind", "mode"),
    [("PNG", "JPEG", "RGB"), ("JPEG", "PNG", "RGB"), ("PNG", "WEBP", "RGBA")],
)
def test_file_that_replaces_another_becomes_of_its_kind(sent, kind, mode):
    content = encode(picture("RGBA" if sent == "PNG" else "RGB", (20, 10)), sent)
    name = {"JPEG": "a/b.JPEG", "PNG": "b.png", "WEBP": "b.webp"}[kind]

    remade = remake_upload(BytesIO(content), len(content), name)

    image = Image.open(BytesIO(remade.content))
    assert (image.format, image.mode, image.size) == (kind, mode, (20, 10))
