"""Read examples from a folder of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.datasets._files import existing_file, reading
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
    files = image_files(path)
    first, mode = pixels(path / files[0])
    images = np.empty((len(files), *first.shape), np.uint8)
    for place, file in enumerate(files):
        image, own_mode = pixels(path / file)
        check_alike(path / file, image, own_mode, first, mode, files[0])
        images[place] = image

    labels, class_names = None, None
    if all(len(file.parts) > 1 for file in files):
        names, labels = np.unique([file.parts[0] for file in files], return_inverse=True)
        class_names = tuple(names.tolist())
    x = as_examples(path, "the images", images)
    return Dataset(
        path.resolve().name, x, labels, x[:0], None, source=str(path), class_names=class_names
    )


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


def pixels(file: Path) -> tuple[np.ndarray[Any, Any], str]:
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


def check_alike(
    path: Path,
    image: np.ndarray[Any, Any],
    mode: str,
    first: np.ndarray[Any, Any],
    first_mode: str,
    first_file: Path,
) -> None:
    """Raise a DataError if an image differs in size or mode from the first one."""
    if (mode, image.shape) != (first_mode, first.shape):
        expected = f"{_describe(first, first_mode)} as in {first_file}"
        raise DataError(path, expected, _describe(image, mode))


def _describe(image: np.ndarray[Any, Any], mode: str) -> str:
    return f"an image {image.shape[1]} wide and {image.shape[0]} high of mode {mode}"
