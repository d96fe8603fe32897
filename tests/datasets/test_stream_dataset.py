"""Streams: every example once an epoch, in the reader's values; errors; what fit makes of them."""

import importlib.util
import sys

import keras
import numpy as np
import pytest
from PIL import Image

import keras_ae
from keras_ae.datasets import (
    DataError,
    _mapped_rows,
    _sources,
    read_images,
    read_npy,
    stream_dataset,
)
from keras_ae.datasets._open_source import open_source
from keras_ae.datasets._sources import NpySource, row_order
from keras_ae.datasets._streamed_batches import StreamedBatches
from keras_ae.models._data_checks import first_batch

RNG = np.random.default_rng(0)
HERE = importlib.util.find_spec("tensorflow") is not None


def passes(stream, n):
    """Return the examples of n passes, as fit would see them."""
    if isinstance(stream, keras.utils.PyDataset):
        result = []
        for _ in range(n):
            result.append(np.concatenate([stream[i][0] for i in range(stream.num_batches)]))
            stream.on_epoch_end()
        return result
    return [np.concatenate([np.asarray(batch) for batch in stream]) for _ in range(n)]


@pytest.fixture(params=["tf.data", "PyDataset"])
def make(request, monkeypatch):
    if request.param == "PyDataset":
        return lambda path, batch_size=128, shuffle=True, seed=0, initial_epoch=0: StreamedBatches(
            open_source(path), batch_size, shuffle, seed, initial_epoch
        )
    if not HERE:
        pytest.skip("TensorFlow isn't here")
    return stream_dataset


@pytest.fixture
def rows(tmp_path):
    np.save(tmp_path / "rows.npy", np.arange(200.0).reshape(100, 2))
    return tmp_path / "rows.npy"


@pytest.fixture
def images(tmp_path):
    for number in range(7):
        path = tmp_path / "images" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8)).save(path)
    return tmp_path / "images"


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int16", ">f4"])
@pytest.mark.parametrize("shape", [(10, 3), (10, 4, 5), (10, 4, 5, 2)])
def test_values_are_the_reader_s(make, tmp_path, dtype, shape):
    path = tmp_path / "x.npy"
    np.save(path, RNG.integers(0, 100, shape).astype(dtype))
    (streamed,) = passes(make(path, batch_size=4, shuffle=False), 1)
    np.testing.assert_array_equal(streamed, read_npy(path).x_train)
    assert streamed.dtype == np.float32


def test_fortran_order_is_read_too(make, tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.asfortranarray(RNG.random((10, 3))))
    np.testing.assert_array_equal(passes(make(path, shuffle=False), 1)[0], read_npy(path).x_train)


def test_images_are_the_reader_s(make, images):
    expected = read_images(images).x_train
    np.testing.assert_array_equal(passes(make(images, 3, shuffle=False), 1)[0], expected)
    (shuffled,) = passes(make(images, 3, seed=1), 1)
    assert not np.array_equal(shuffled, expected)
    assert {image.tobytes() for image in shuffled} == {image.tobytes() for image in expected}


def test_each_pass_has_an_order_of_its_own_that_the_seed_gives(make, rows):
    first, second = passes(make(rows, 16, seed=3), 2)
    assert np.array_equal(np.sort(first, axis=0), np.arange(200.0).reshape(100, 2))
    assert np.array_equal(np.sort(second, axis=0), np.sort(first, axis=0))
    assert not np.array_equal(first, second)
    again = passes(make(rows, 16, seed=3), 2)
    assert np.array_equal(first, again[0])
    assert np.array_equal(second, again[1])
    assert not np.array_equal(first, passes(make(rows, 16, seed=4), 1)[0])
    resumed = make(rows, 16, seed=3, initial_epoch=1)
    assert np.array_equal(second, passes(first_batch(resumed)[1], 1)[0])


def test_looking_at_the_first_batch_leaves_the_first_pass_to_the_first_epoch(make, rows):
    stream = make(rows, 16, seed=3)
    batch, stream = first_batch(stream)
    source = NpySource(rows)
    for epoch, examples in enumerate(passes(stream, 2)):
        order = row_order(source, True, 3, epoch, 16)
        np.testing.assert_array_equal(examples, source.read(order))
    batch = batch[0] if isinstance(batch, tuple) else batch
    np.testing.assert_array_equal(batch, source.read(row_order(source, True, 3, 0, 16)[:16]))


def test_a_file_larger_than_what_is_mixed_is_read_from_all_over(rows, monkeypatch):
    monkeypatch.setattr(_sources, "BLOCK_BYTES", 5 * 16)
    monkeypatch.setattr(_sources, "SHUFFLE_BUFFER_BYTES", 40 * 16)
    source = NpySource(rows)
    order = row_order(source, True, 0, 0, 16)
    assert np.array_equal(np.sort(order), np.arange(100))
    window = order[:40]
    assert len({row // 5 for row in window}) == 8  # whole blocks
    assert window.max() - window.min() > 60  # from all over the file
    assert np.mean(np.diff(window) == 1) < 0.3  # mixed
    assert not np.array_equal(order, row_order(source, True, 0, 1, 16))


def test_pages_are_given_back(rows, monkeypatch):
    monkeypatch.setattr(_mapped_rows, "MAX_MAPPED_BYTES", 100)
    source = NpySource(rows)
    for _ in range(3):
        np.testing.assert_array_equal(source.read(np.array([99, 0, 7]))[:, 0], [198, 0, 14])


def test_fit_takes_streams(make, tmp_path):
    path = tmp_path / "x.npy"
    x = np.tile(np.arange(8) % 2, (50, 1)).astype("float32")
    np.save(path, x)
    model = keras_ae.create_model(
        "vae", (8,), 2, units=(8,), likelihood=keras_ae.layers.BernoulliLikelihood(), seed=0
    )
    model.compile(keras.optimizers.Adam(0.01))
    stream, validation = make(path, 16), make(path, 16, shuffle=False)
    history = model.fit(stream, validation_data=validation, epochs=3, verbose=0).history
    assert len(history["val_nll"]) == 3
    assert history["nll"][2] < history["nll"][0]
    assert int(model.optimizer.iterations) == 3 * 4
    ours = model.evaluate(make(path, 16, shuffle=False), verbose=0, return_dict=True)
    expected = model.evaluate(x, batch_size=16, verbose=0, return_dict=True)
    np.testing.assert_allclose(ours["loss"], expected["loss"], rtol=1e-5)


def test_fit_names_values_that_the_likelihood_can_t_take(make, rows):
    model = keras_ae.create_model(
        "vae", (2,), 1, units=(4,), likelihood=keras_ae.layers.BernoulliLikelihood()
    )
    model.compile("adam")
    with pytest.raises(ValueError, match="`first batch of x` must lie in"):
        model.fit(make(rows), verbose=0)


def test_without_tensorflow_it_is_a_py_dataset(rows, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorflow" else find(name)
    )
    assert isinstance(stream_dataset(rows), keras.utils.PyDataset)


@pytest.mark.skipif(not HERE, reason="TensorFlow isn't here")
def test_the_number_of_batches_is_known(rows):
    assert int(stream_dataset(rows, 16).cardinality()) == 7
    assert stream_dataset(rows, 16).element_spec.shape.as_list() == [None, 2]


@pytest.mark.skipif(not HERE, reason="TensorFlow isn't here")
def test_a_stream_is_not_tuned(rows):
    """Closing an iterator of a tuned dataset may wait as long as the iterator was open."""
    assert stream_dataset(rows).options().autotune.enabled is False


def test_a_damaged_image_is_named_when_its_turn_comes(images):
    (images / "b" / "5.png").write_text("hello")
    with pytest.raises(DataError, match=r"5\.png: expected a complete image"):
        passes(StreamedBatches(open_source(images), 3, False, 0), 1)
    Image.new("L", (4, 6)).save(images / "b" / "5.png")
    with pytest.raises(DataError, match=r"5\.png: expected an image 6 wide .* as in a/0\.png"):
        passes(StreamedBatches(open_source(images), 3, False, 0), 1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.npy", "no file of this name"),
        ("missing", "no file or folder of this name"),
        (
            "table.csv",
            "expected an .npy file, a folder of images, or .*. Received: a file of another",
        ),
        ("empty", "at least one image"),
        ("cut.npy", "a complete .npy file of numbers"),
        ("words.npy", "expected numbers in `the array`"),
        ("line.npy", "of shape"),
        ("none.npy", "at least one example"),
    ],
)
def test_wrong_paths_are_named(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "table.csv").write_text("1,2")
    np.save(tmp_path / "words.npy", np.array([["a"]]))
    np.save(tmp_path / "line.npy", np.zeros(3))
    np.save(tmp_path / "none.npy", np.zeros((0, 3)))
    np.save(tmp_path / "cut.npy", np.zeros((30, 3)))
    content = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(content[:-8])
    with pytest.raises(DataError, match=message):
        stream_dataset(tmp_path / name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1. Received: batch_size=0"),
        ({"shuffle": 1}, "`shuffle` must be True or False"),
        ({"seed": -1}, "`seed` must be an integer >= 0"),
    ],
)
def test_bad_arguments_are_named(rows, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        stream_dataset(rows, **options)


def test_what_float32_merges_is_warned_of(tmp_path):
    np.save(tmp_path / "rows.npy", np.array([[1760000001], [1760000002], [1760000100]]))
    source = NpySource(tmp_path / "rows.npy")
    with pytest.warns(UserWarning, match=r"rows.npy`: float32 leaves 2 of the 3 different values"):
        batch = source.read(np.arange(3))
    assert batch.dtype == np.float32
