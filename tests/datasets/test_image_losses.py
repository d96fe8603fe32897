"""Nothing of an image is dropped in silence: frames, bits, transparency."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from keras_ae.datasets import DataError, read_images, stream_dataset

FRAMES = [Image.new("RGB", (6, 4), (50 * place, 0, 0)) for place in range(3)]


def png_of_16_bits(path):
    """Write a PNG of 16 bits a colour, which Pillow reads and can't write."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", 6, 4, 16, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(range(36)) for _ in range(4)))
    content = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def tiff_of_16_bits(path):
    """Write an uncompressed TIFF of 16 bits a colour: its header, eight tags, a row of bytes."""
    width, height, start = 6, 4, 8
    pixels = bytes(width * height * 6)
    bits = start + len(pixels)
    directory = bits + 6
    tags = [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, 3, bits),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, start),
        (277, 3, 1, 3),
        (279, 4, 1, len(pixels)),
    ]
    content = struct.pack("<2sHI", b"II", 42, directory) + pixels + struct.pack("<3H", 16, 16, 16)
    content += struct.pack("<H", len(tags))
    content += b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.tif", "TIFF"), ("a.gif", "GIF"), ("a.png", "PNG"), ("a.webp", "WEBP"), ("a.jpg", "MPO")],
)
def test_several_frames_are_refused_by_both_readers(tmp_path, name, kind):
    FRAMES[0].save(tmp_path / name, format=kind, save_all=True, append_images=FRAMES[1:])
    for read in (read_images, stream_dataset):
        with pytest.raises(DataError, match=rf"{name}: expected one frame .* Received: 3 frames"):
            read(tmp_path)
    FRAMES[0].save(tmp_path / name)
    assert read_images(tmp_path).x_train.shape == (1, 4, 6, 3)


@pytest.mark.parametrize("name", ["a.png", "a.ppm", "a.tif"])
def test_colours_of_16_bits_are_refused(tmp_path, name):
    path = tmp_path / name
    if name == "a.ppm":
        path.write_bytes(b"P6 6 4 65535\n" + bytes(6 * 4 * 6))
    else:
        (png_of_16_bits if name == "a.png" else tiff_of_16_bits)(path)
    with Image.open(path) as image:
        assert image.mode == "RGB"  # by which nothing could be seen
    with pytest.raises(DataError, match=r"expected 8 bits a channel .*\.npy.* Received: 16 bits"):
        read_images(tmp_path)


@pytest.mark.parametrize("mode", ["LA", "CMYK", "I;16", "F"])
def test_other_modes_are_named(tmp_path, mode):
    Image.new(mode, (6, 4)).save(tmp_path / "a.tif")
    with pytest.raises(
        DataError, match=f"expected an image of mode 1, L, P.*Received: mode {mode}"
    ):
        read_images(tmp_path)


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_transparency_is_kept(tmp_path, mode):
    image = Image.new(mode, (6, 4))
    image.putpixel((1, 0), 1 if mode != "RGB" else (1, 1, 1))
    image.save(tmp_path / "a.png", transparency=0 if mode != "RGB" else (0, 0, 0))
    alpha = read_images(tmp_path).x_train[0, ..., 3]
    assert alpha[0].tolist() == [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    np.testing.assert_array_equal(alpha[1:], 0.0)


def test_fewer_bits_are_grey_levels(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P2 3 1 15\n0 5 15\n")
    grey = read_images(tmp_path).x_train[0, 0, :, 0]
    np.testing.assert_allclose(grey, [0.0, 1 / 3, 1.0], atol=1e-6)
