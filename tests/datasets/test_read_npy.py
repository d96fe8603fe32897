import hashlib
import pickle

import numpy as np
import pytest

from keras_ae.datasets import DataError
from keras_ae.datasets.read_npy import read_npy


def refused(path):
    with pytest.raises(DataError) as caught:
        read_npy(path)
    assert str(caught.value).startswith(f"{path}: expected ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4", "int16", "bool"])
def test_values_are_kept(tmp_path, dtype):
    path = tmp_path / "images.npy"
    array = np.random.default_rng(0).integers(0, 2, (3, 4, 5, 2)).astype(dtype)
    np.save(path, array)
    data = read_npy(path)
    np.testing.assert_array_equal(data.x_train, array)
    assert data.x_train.dtype == np.float32
    assert data.example_shape == (4, 5, 2)
    assert data.y_train is None
    assert data.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_nan_is_kept_for_the_check_that_counts_it(tmp_path):
    np.save(tmp_path / "holes.npy", [[1.0, np.nan], [np.inf, 2.0]])
    np.testing.assert_array_equal(
        read_npy(tmp_path / "holes.npy").x_train, [[1.0, np.nan], [np.inf, 2.0]]
    )


def test_pickled_content_is_refused(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([[1, "a"]], dtype=object))
    assert "pickled Python objects, which are refused" in refused(tmp_path / "objects.npy")
    (tmp_path / "raw.npy").write_bytes(pickle.dumps([1, 2]))
    assert "pickled Python objects, which are refused" in refused(tmp_path / "raw.npy")


def test_every_truncation_is_one_clear_line(tmp_path):
    path = tmp_path / "cut.npy"
    np.save(path, np.zeros((3, 2)))
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        refused(path)


def test_a_shape_larger_than_the_file_is_refused(tmp_path):
    path = tmp_path / "vast.npy"
    np.save(path, np.zeros((3, 2)))
    content = path.read_bytes().replace(b"(3, 2), }" + b" " * 12, b"(3000000000000, 2), }")
    path.write_bytes(content)
    refused(path)


def test_wrong_files(tmp_path):
    assert "no file of this name" in refused(tmp_path / "missing.npy")
    (tmp_path / "text.npy").write_text("1,2,3")
    assert "starts with b'1,2,3'" in refused(tmp_path / "text.npy")
    np.save(tmp_path / "video.npy", np.zeros((2, 3, 4, 5, 6)))
    assert "shape (2, 3, 4, 5, 6)" in refused(tmp_path / "video.npy")
    np.save(tmp_path / "rank.npy", np.zeros(5))
    assert "expected `the array` of shape" in refused(tmp_path / "rank.npy")
    np.save(tmp_path / "none.npy", np.zeros((0, 4)))
    assert "at least one example" in refused(tmp_path / "none.npy")
