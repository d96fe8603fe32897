"""Read examples from a folder of images."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.datasets._files import existing_file, reading
from keras_ae.datasets._sources import Array, number_type
from keras_ae.datasets._values import as_examples
from keras_ae.datasets.dataset import Dataset
from keras_ae.datasets.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
# How an image's mode is read. A palette's indices aren't colours; black and white is grey. What is
# transparent, by a palette or one colour, is RGBA. Other modes would lose something as 8 bits.
_MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB", "RGBA": "RGBA"}
SPLIT = "save its frames as files of their own, such as by PIL.ImageSequence"
CONVERT = "convert it, or save the arrays as .npy, which keeps all bits"
_BITS_PER_SAMPLE = 258  # TIFF's tag
_CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


def read_images(path: str | Path) -> Dataset:
    """Read all images in a folder and its sub-folders: of one size, all grey, all RGB or all RGBA.

    If all images lie in sub-folders, the names of the folder's own sub-folders are the labels.
    Files that aren't images by their suffix, and names that start with a dot, are left out. Images
    are turned upright as their EXIF data say, and divided by 255. One image is one example: what
    has several frames (TIFF stacks, animations) or more than 8 bits a channel is refused.

    Args:
        path: String or path of the folder.

    Returns:
        A `Dataset` in the order of the files' names, with `class_names` if there are labels; its
        `x_test` has no examples.

    Raises:
        DataError: the folder is missing or has no images, or an image can't be read, would lose
            frames or bits, or differs in size or mode from the first one (the file is named).

    Example:
        >>> import pathlib, tempfile
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for kind in ("cat", "dog"):
        ...         pathlib.Path(folder, kind).mkdir()
        ...         Image.new("RGB", (6, 4)).save(f"{folder}/{kind}/1.png")
        ...     data = read_images(folder)
        >>> data.x_train.shape, data.y_train.tolist(), data.class_names
        ((2, 4, 6, 3), [0, 1], ('cat', 'dog'))
    """
    path = _checks.path("path", path)
    source = ImageSource(path)
    x = source.read(np.arange(source.examples))
    labels, class_names = None, None
    if all(len(file.parts) > 1 for file in source.files):
        names, labels = np.unique([file.parts[0] for file in source.files], return_inverse=True)
        class_names = tuple(names.tolist())
    return Dataset(
        path.resolve().name, x, labels, x[:0], None, source=str(path), class_names=class_names
    )


class ImageSource:
    """The images in a folder and its sub-folders, of one size and mode.

    Args:
        path: String or path of the folder.

    Raises:
        DataError: The folder is missing or has no images, or the first one can't be read.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self.files = image_files(self._path)
        self._first, self._mode = pixels(self._path / self.files[0])
        self.examples = len(self.files)
        self.example_shape = self._first.shape
        self._threads = ThreadPoolExecutor(thread_name_prefix="decode")

    def shuffled(self, random: np.random.Generator, batch_size: int) -> Array:
        """Return the numbers of all images in a random order."""
        del batch_size
        return random.permutation(self.examples).astype(number_type(self.examples))

    def read(self, rows: Array) -> Array:
        """Return these images as float32 (rows, height, width, channels) in [0, 1].

        They are decoded in parallel: Pillow lets other threads run meanwhile.

        Raises:
            DataError: One can't be read, or differs in size or mode from the first one.
        """
        images = np.empty((len(rows), *self.example_shape), np.uint8)
        for place, image in enumerate(self._threads.map(self._image, rows)):
            images[place] = image
        return as_examples(self._path, "the images", images)

    def _image(self, row: int) -> Array:
        file = self._path / self.files[row]
        image, mode = pixels(file)
        if (mode, image.shape) != (self._mode, self._first.shape):
            expected = f"{_describe(self._first, self._mode)} as in {self.files[0]}"
            raise DataError(file, expected, _describe(image, mode))
        return image


def image_files(path: Path) -> list[Path]:
    """Return the images in a folder and its sub-folders, relative to it, sorted by name."""
    expected = f"a folder with at least one image ({', '.join(SUFFIXES)})"
    if not path.is_dir():
        raise DataError(path, expected, "a file" if path.exists() else "no folder of this name")
    files = [file.relative_to(path) for file in path.rglob("*") if file.suffix.lower() in SUFFIXES]
    files = sorted(file for file in files if not any(part.startswith(".") for part in file.parts))
    if not files:
        raise DataError(path, expected, "none")
    return files


def pixels(file: Path) -> tuple[Array, str]:
    """Return an image's bytes (height, width, channels) and the mode that they are in."""
    _extras.require("PIL")
    from PIL import Image, ImageOps

    existing_file(file, "a complete image")
    with reading(file, "a complete image"), Image.open(file) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            raise DataError(file, f"one frame an image ({SPLIT})", f"{frames} frames")
        mode = _MODES.get(image.mode)
        if mode is None:
            received = f"mode {image.mode}"
            raise DataError(file, f"an image of mode {', '.join(_MODES)} ({CONVERT})", received)
        bits = _bits(image)
        if bits > 8:
            raise DataError(file, f"8 bits a channel ({CONVERT})", f"{bits} bits")
        mode = "RGBA" if image.has_transparency_data else mode
        upright = ImageOps.exif_transpose(image).convert(mode)
        shape = (upright.height, upright.width, _CHANNELS[mode])
        return np.asarray(upright).reshape(shape), mode


def _bits(image: Any) -> int:
    """Return the bits of a channel in the file: Pillow reads 16 of a colour as 8 in silence."""
    if image.format == "TIFF":
        return int(max(image.tag_v2.get(_BITS_PER_SAMPLE, (8,))))
    if image.format == "PNG":
        return 16 if any(";16" in str(tile.args) for tile in image.tile) else 8
    if image.format == "PPM" and image.tile and not isinstance(image.tile[0].args, str):
        return int(image.tile[0].args[-1]).bit_length()  # of the greatest value
    return 8


def _describe(image: Array, mode: str) -> str:
    return f"an image {image.shape[1]} wide and {image.shape[0]} high of mode {mode}"
