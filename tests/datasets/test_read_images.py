import numpy as np
import pytest
from PIL import Image

from keras_ae.datasets import DataError
from keras_ae.datasets.read_images import read_images

RANDOM = np.random.default_rng(0)


def pixels(*shape):
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return array


def refused(folder, source):
    with pytest.raises(DataError) as caught:
        read_images(folder)
    assert str(caught.value).startswith(f"{source}: expected ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("shape", "channels"), [((5, 7), 1), ((5, 7, 3), 3), ((5, 7, 4), 4)])
def test_pixels_are_kept_in_the_order_of_names(tmp_path, shape, channels):
    second = save(tmp_path / "b.PNG", pixels(*shape))
    first = save(tmp_path / "a.tiff", pixels(*shape))
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden.png").write_text("not an image either")
    data = read_images(tmp_path)
    assert data.x_train.shape == (2, 5, 7, channels)
    assert data.x_train.dtype == np.float32
    images = np.stack([first, second]).reshape(2, 5, 7, channels)
    np.testing.assert_array_equal(np.round(data.x_train * 255), images)
    assert data.y_train is None
    assert data.class_names is None


def test_sub_folders_are_labels(tmp_path):
    for name in ("dog/1.png", "cat/deep/1.png", "dog/0.png"):
        save(tmp_path / name, pixels(4, 4))
    data = read_images(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert data.y_train.tolist() == [0, 1, 1]
    save(tmp_path / "stray.png", pixels(4, 4))
    assert read_images(tmp_path).y_train is None


def test_palettes_black_and_white_and_jpeg(tmp_path):
    red = Image.new("RGB", (3, 2), (255, 0, 0))
    red.convert("P").save(tmp_path / "a.gif")
    red.save(tmp_path / "b.jpg", quality=95)
    colours = read_images(tmp_path).x_train
    np.testing.assert_allclose(colours, np.broadcast_to([1.0, 0.0, 0.0], (2, 2, 3, 3)), atol=0.02)
    bits = tmp_path / "bits"
    bits.mkdir()
    Image.new("1", (3, 2), 1).save(bits / "a.png")
    assert read_images(bits).x_train.tolist() == np.ones((1, 2, 3, 1)).tolist()


def test_images_are_turned_upright(tmp_path):
    array = pixels(4, 6)
    image = Image.fromarray(array)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    image.save(tmp_path / "a.png", exif=exif)
    upright = np.round(read_images(tmp_path).x_train[0, ..., 0] * 255)
    np.testing.assert_array_equal(upright, np.rot90(array, -1))


def test_mixed_sizes_and_modes_name_the_file(tmp_path):
    save(tmp_path / "a.png", pixels(5, 7))
    save(tmp_path / "sub" / "b.png", pixels(5, 8))
    text = refused(tmp_path, tmp_path / "sub" / "b.png")
    assert "expected an image 7 wide and 5 high of mode L as in a.png" in text
    assert "Received: an image 8 wide and 5 high of mode L" in text
    save(tmp_path / "sub" / "b.png", pixels(5, 7, 3))
    assert "of mode RGB" in refused(tmp_path, tmp_path / "sub" / "b.png")


def test_modes_that_are_not_bytes_are_refused(tmp_path):
    save(tmp_path / "a.png", pixels(5, 7).astype(np.uint16))
    assert "mode I;16" in refused(tmp_path, tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".bmp"])
def test_truncated_images_name_the_file(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    save(path, pixels(16, 16))
    whole = read_images(tmp_path).x_train
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused(tmp_path, path)
    for length in range(0, len(content), 9):
        path.write_bytes(content[:length])
        try:  # without its last bytes alone, some formats still have every pixel
            read = read_images(tmp_path).x_train
        except DataError:
            continue
        np.testing.assert_array_equal(read, whole)


def test_what_is_not_an_image_names_the_file(tmp_path):
    (tmp_path / "a.png").write_text("hello")
    assert "UnidentifiedImageError" in refused(tmp_path, tmp_path / "a.png")


def test_folders_without_images(tmp_path):
    assert "Received: none" in refused(tmp_path, tmp_path)
    assert "no folder of this name" in refused(tmp_path / "missing", tmp_path / "missing")
    (tmp_path / "file").touch()
    assert "Received: a file" in refused(tmp_path / "file", tmp_path / "file")
