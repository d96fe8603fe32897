import pickle

import numpy as np
import pytest

from keras_ae.datasets import DataError
from keras_ae.datasets.read_npz import read_npz

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 6, 5), dtype=np.uint8)


def refused(path):
    with pytest.raises(DataError) as caught:
        read_npz(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: expected ")
    assert "\n" not in text
    return text


def test_full_layout(tmp_path):
    path = tmp_path / "digits.npz"
    labels = np.arange(20)
    np.savez_compressed(
        path,
        x_train=IMAGES[:15],
        y_train=labels[:15, np.newaxis],
        x_test=IMAGES[15:],
        y_test=labels[15:].astype(float),
        notes=np.array(["not read"]),
    )
    data = read_npz(path)
    assert (data.name, data.source, data.class_names) == ("digits", str(path), None)
    assert data.x_train.shape == (15, 6, 5, 1)
    assert data.x_train.dtype == data.x_test.dtype == np.float32
    np.testing.assert_allclose(data.x_test[..., 0], IMAGES[15:] / 255.0, rtol=1e-6)
    assert data.y_train.tolist() == list(range(15))
    assert data.y_test.tolist() == list(range(15, 20))
    assert data.y_test.dtype == np.int64


@pytest.mark.parametrize("name", ["X", "x"])
def test_table_alone_keeps_its_values(tmp_path, name):
    path = tmp_path / "table.npz"
    table = np.arange(12, dtype=np.uint8).reshape(4, 3)
    np.savez(path, **{name: table, "y": [0, 0, 1, 0]})
    data = read_npz(path)
    assert data.x_train.tolist() == table.tolist()
    assert data.x_train.dtype == np.float32
    assert data.y_train.tolist() == [0, 0, 1, 0]
    assert data.x_test.shape == (0, 3)
    assert data.y_test is None


def test_string_labels_become_classes_over_both_parts(tmp_path):
    path = tmp_path / "animals.npz"
    x = np.zeros((2, 3))
    np.savez(path, x_train=x, y_train=["dog", "bee"], x_test=x, y_test=["cat", "dog"])
    data = read_npz(path)
    assert data.class_names == ("bee", "cat", "dog")
    assert (data.y_train.tolist(), data.y_test.tolist()) == ([2, 0], [1, 2])


def test_targets_that_are_not_whole_are_kept(tmp_path):
    path = tmp_path / "prices.npz"
    np.savez(path, X=np.zeros((2, 3)), y=[1.5, 2.0])
    assert read_npz(path).y_train.tolist() == [1.5, 2.0]


@pytest.mark.parametrize("key", ["x_train", "y_train"])
def test_pickled_members_are_refused(tmp_path, key):
    path = tmp_path / "evil.npz"
    arrays = {"x_train": IMAGES, "y_train": np.arange(20)}
    arrays[key] = np.array([{"a": 1}] * 20, dtype=object)
    np.savez(path, **arrays)
    assert "pickled Python objects, which are refused" in refused(path)


def test_pickle_with_the_suffix_npz_is_refused(tmp_path):
    path = tmp_path / "evil.npz"
    path.write_bytes(pickle.dumps(IMAGES))
    assert "pickled Python objects, which are refused" in refused(path)


def test_every_truncation_is_one_clear_line(tmp_path):
    whole = tmp_path / "whole.npz"
    np.savez_compressed(whole, x_train=IMAGES)
    content = whole.read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        refused(path)


def test_damage_is_a_data_error_or_harmless(tmp_path):
    whole = tmp_path / "whole.npz"
    np.savez_compressed(whole, x_train=IMAGES)
    path = tmp_path / "damaged.npz"
    failures = 0
    for place in range(0, whole.stat().st_size, 5):
        content = bytearray(whole.read_bytes())
        content[place] ^= 0xFF
        path.write_bytes(content)
        try:
            read = read_npz(path)
        except DataError:
            failures += 1
        else:
            np.testing.assert_array_equal(np.round(read.x_train[..., 0] * 255), IMAGES)
    assert failures > 50


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"images": IMAGES}, "Received: images"),
        ({}, "Received: no arrays"),
        ({"x_test": IMAGES}, "`x_train` (and `x_test`)"),
        ({"x_train": IMAGES[0, 0]}, "shape (5,)"),
        ({"x_train": IMAGES[:0]}, "at least one example in `x_train`"),
        ({"x_train": IMAGES, "x_test": IMAGES[:0]}, "at least one example in `x_test`"),
        ({"x_train": IMAGES.astype(str)}, "numbers in `x_train`"),
        ({"x_train": IMAGES * 1j}, "complex128"),
        ({"x_train": IMAGES, "y_train": np.arange(19)}, "20 labels in `y_train`. Received: 19"),
        ({"x_train": IMAGES, "y_train": np.eye(20)}, "one label for each example in `y_train`"),
        ({"x_train": IMAGES, "x_test": IMAGES[:, 1:]}, "shape (6, 5, 1). Received: (5, 5, 1)"),
        ({"X": np.full((2, 2), 1e300)}, "`X` to fit in float32. Received: 1e+300"),
    ],
)
def test_wrong_contents(tmp_path, arrays, expected):
    path = tmp_path / "wrong.npz"
    np.savez(path, **arrays)
    assert expected in refused(path)


def test_wrong_files(tmp_path):
    assert "no file of this name" in refused(tmp_path / "missing.npz")
    (tmp_path / "folder.npz").mkdir()
    assert "a folder" in refused(tmp_path / "folder.npz")
    (tmp_path / "empty.npz").touch()
    assert "an empty file" in refused(tmp_path / "empty.npz")
    (tmp_path / "text.npz").write_text("hello there")
    assert "starts with b'hello '" in refused(tmp_path / "text.npz")
    with (tmp_path / "single.npz").open("wb") as file:
        np.save(file, IMAGES)
    assert ".npy content" in refused(tmp_path / "single.npz")


def test_no_pickle_is_run(tmp_path):
    mark = tmp_path / "mark"

    class Bomb:
        def __reduce__(self):
            return (open, (str(mark), "w"))

    np.savez(tmp_path / "bomb.npz", x_train=np.array([Bomb()], dtype=object))
    refused(tmp_path / "bomb.npz")
    assert not mark.exists()
