"""Activations on disk: they are Keras' own, whatever they come from; memory; errors; kills."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae.datasets import DataError, activations, stream_dataset
from tests.environments import PYTHONPATH

PROGRAM = Path(__file__).with_name("activations_program.py")
X = np.random.default_rng(0).normal(size=(23, 6)).astype("float32")


def sequential():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, activation="relu", name="hidden"),
            keras.layers.Dropout(0.5, name="dropped"),
            keras.layers.Dense(2, name="last"),
        ]
    )


def functional():
    """Return a model of two inputs, of sequences and of vectors."""
    keras.utils.set_random_seed(0)
    steps, more = keras.Input((4, 6), name="steps"), keras.Input((6,), name="more")
    wide = keras.layers.Dense(3, activation="tanh", name="wide")(steps)
    mixed = keras.layers.Add(name="mixed")([wide, keras.layers.Dense(3)(more)[:, None]])
    pooled = keras.layers.GlobalAveragePooling1D(name="pooled")(mixed)
    return keras.Model([steps, more], keras.layers.Dense(1)(pooled))


def written(model, layer, data, tmp_path, **options):
    """Return what a call writes, after its shape was compared with what it returns."""
    path = tmp_path / "written.npy"
    shape = activations(model, layer, data, path, **{"verbose": False, **options})
    found = np.load(path)
    assert (found.shape, found.dtype) == (shape, np.float32)
    assert [each.name for each in tmp_path.glob("*written*")] == ["written.npy"]
    return found


def predicted(model, layer, data):
    """Return the same by Keras."""
    return keras.Model(model.inputs, model.get_layer(layer).output).predict(data, verbose=0)


def streams(x, path):
    """Return the same rows as everything that they may come in."""
    np.save(path, x)
    batches = [(x[start : start + 5],) for start in range(0, len(x), 5)]
    found = {"array": x, "float64": x.astype("float64"), "list": x.tolist(), "path": path}
    found |= {"text": str(path), "tensor": keras.ops.convert_to_tensor(x)}
    found |= {"iterator": iter(batches), "pairs": iter([(*each, None) for each in batches])}
    return found | {"stream": stream_dataset(path, batch_size=5, shuffle=False)}


@pytest.mark.parametrize(
    "layer",
    ["hidden", *(pytest.param(name, marks=pytest.mark.slow) for name in ("dropped", "last"))],
)
def test_they_are_those_of_keras(layer, tmp_path):
    model = sequential()
    for name, data in streams(X, tmp_path / "x.npy").items():
        found = written(model, layer, data, tmp_path, batch_size=5)
        np.testing.assert_allclose(found, predicted(model, layer, X), atol=1e-6, err_msg=name)


def test_the_layer_itself_does_too_and_batches_change_nothing(tmp_path):
    model = sequential()
    expected = predicted(model, "hidden", X)
    for size in (1, 22, 23, 100, None):
        found = written(model, model.layers[0], X, tmp_path, batch_size=size)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_several_inputs_and_flattened_positions(tmp_path):
    model = functional()
    steps = np.random.default_rng(1).normal(size=(23, 4, 6)).astype("float32")
    np.save(tmp_path / "steps.npy", steps)
    for data in ((steps, X), (tmp_path / "steps.npy", X), iter([((steps, X), None)])):
        found = written(model, "mixed", data, tmp_path, flatten=True, batch_size=7)
        expected = predicted(model, "mixed", [steps, X]).reshape(23 * 4, 3)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(
        written(model, "mixed", (steps, X), tmp_path).reshape(-1, 3),
        written(model, "mixed", (steps, X), tmp_path, flatten=True),
    )
    pooled = predicted(model, "pooled", [steps, X])
    found = written(model, "pooled", (steps, X), tmp_path, flatten=True)
    np.testing.assert_allclose(found, pooled, atol=1e-6)


def test_integers_are_given_as_they_are(tmp_path):
    tokens = np.random.default_rng(0).integers(0, 9, (7, 4)).astype("uint8")
    np.save(tmp_path / "tokens.npy", tokens)
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), keras.layers.Embedding(9, 3, name="rows")]
    )
    found = written(model, "rows", tmp_path / "tokens.npy", tmp_path)
    np.testing.assert_array_equal(found, np.asarray(model.layers[0].embeddings)[tokens])


def test_sequences_of_several_lengths_are_flattened(tmp_path):
    model = keras.Sequential([keras.Input((None, 2)), keras.layers.Dense(3, name="each")])
    batches = [np.ones((5, steps, 2), "float32") for steps in (2, 3)]
    found = written(model, "each", iter(batches), tmp_path, flatten=True)
    assert found.shape == (5 * 2 + 5 * 3, 3)
    with pytest.raises(ValueError, match=r"`data` must give .* Received: shape=\(3, 3\) after"):
        activations(model, "each", iter(batches), tmp_path / "no.npy", verbose=False)
    assert not list(tmp_path.glob("*no.npy"))


def test_half_precision_is_written_as_float32(tmp_path):
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(3, name="half", dtype="mixed_bfloat16")]
    )
    found = written(model, "half", X, tmp_path)
    assert np.isfinite(found).all()
    assert found.any()


def test_a_dictionary_trains_on_them(tmp_path):
    model = sequential()
    written(model, "hidden", X, tmp_path)
    sparse = keras_ae.create_model("topk_sparse", (5,), 8, k=2, seed=0)
    sparse.compile("adam", run_eagerly=keras.backend.backend() == "tensorflow")
    history = sparse.fit(stream_dataset(tmp_path / "written.npy"), verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_progress_is_shown_a_few_times(tmp_path):
    lines, model = [], sequential()
    written(model, "hidden", X, tmp_path, batch_size=1, verbose=lines.append)
    assert lines[0] == "[1/23] 1 rows of hidden"
    assert lines[-1] == "[23/23] 23 rows of hidden"
    lines.clear()
    written(model, "hidden", np.tile(X, (10, 1)), tmp_path, batch_size=1, verbose=lines.append)
    assert len(lines) == 21
    assert lines[-1] == "[21/21] 230 rows of hidden"


class Called(keras.Model):
    """A model that is only a `call`."""

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(2, name="hidden")

    def call(self, x):
        return self.hidden(x)


def nested():
    model = sequential()
    return keras.Sequential([keras.Input((6,)), model]), model.layers[0]


def argmax():
    x = keras.Input((6,))
    return keras.Model(x, keras.layers.Lambda(lambda x: keras.ops.argmax(x, -1), name="best")(x))


class Endless(keras.utils.PyDataset):
    """Batches that go on."""

    num_batches = None

    def __getitem__(self, index):
        return (X,)


# What is changed of a good call, the argument, what was expected, what was received.
BAD = {
    "model": ({"model": len}, "model", "a Keras model", "len"),
    "call": ({"model": Called()}, "model", "functional or Sequential", "a Called"),
    "name": ({"layer": "hiden"}, "layer", "one of hidden, dropped, last", "'hiden'"),
    "no layer": ({"layer": 1}, "layer", "a layer of the model, or its name", "layer=1"),
    "foreign": ({"layer": keras.layers.Dense(2, name="far")}, "layer", "in sequential", "far"),
    "rank": ({"data": X[:, 0]}, "data", "(examples, 6)", "(23,)"),
    "size": ({"data": X[:, :5]}, "data", "(examples, 6)", "(23, 5)"),
    "none": ({"data": X[:0]}, "data", "at least one", "(0, 6)"),
    "two": ({"data": (X, X)}, "data", "one array for each", "2"),
    "dict": ({"data": {"x": X}}, "data", "a stream of batches", "a dict"),
    "strings": ({"data": np.full((3, 6), "a")}, "data", "numbers", "<U1"),
    "endless": ({"data": Endless()}, "data", "a stream that ends", "infinite"),
    "batch": ({"data": iter([(X,), (X[:, :5],)])}, "data", "(examples, 6)", "(23, 5)"),
    "suffix": ({"output": "x.txt"}, "output", "an .npy file", "x.txt"),
    "folder": ({"output": "no/such/x.npy"}, "output", "a folder that exists", "no/such"),
    "path": ({"output": 3}, "output", "a string or a path", "3"),
    "batch_size": ({"batch_size": 0}, "batch_size", "an integer >= 1", "0"),
    "flatten": ({"flatten": 1}, "flatten", "True or False", "1"),
    "verbose": ({"verbose": "yes"}, "verbose", "True, False or a function", "'yes'"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_line(case, tmp_path):
    changes, argument, expected, received = case
    model = sequential()
    model.name = "sequential"
    options = {"model": model, "layer": "hidden", "data": X, "output": tmp_path / "no.npy"}
    with pytest.raises((TypeError, ValueError)) as caught:
        activations(**{"verbose": False, **options, **changes})
    what, separator, that = str(caught.value).partition("Received: ")
    assert separator
    assert "\n" not in str(caught.value)
    assert f"`{argument}`" in what
    assert expected in what
    assert received in that
    assert not list(tmp_path.iterdir())


def test_layers_whose_output_can_t_be_had_are_refused(tmp_path):
    outer, inner = nested()
    with pytest.raises(ValueError, match="must be called in .* itself"):
        activations(outer, inner, X, tmp_path / "no.npy")
    with pytest.raises(ValueError, match="one tensor of floats"):
        activations(argmax(), "best", X, tmp_path / "no.npy")


def test_bad_files_are_refused(tmp_path):
    (tmp_path / "junk.npy").write_text("junk")
    np.save(tmp_path / "number.npy", np.float32(3))
    np.save(tmp_path / "words.npy", np.array(["a"]))
    for name in ("junk", "number", "words", "missing"):
        with pytest.raises(DataError, match=f"{name}.npy: expected .* Received: "):
            activations(sequential(), "hidden", tmp_path / f"{name}.npy", tmp_path / "no.npy")
    assert not (tmp_path / "no.npy").exists()


def start(*arguments):
    variables = {**os.environ, "KERAS_BACKEND": keras.backend.backend(), "PYTHONPATH": PYTHONPATH}
    command = [sys.executable, PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="read from /proc")
def test_memory_is_constant(tmp_path):
    """400 MB are read and 800 MB written in less than the mapped pages and a few batches."""
    rows = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", "float32", (200_000, 512))
    rows[:] = np.arange(512)
    rows.flush()
    del rows
    with start("all", tmp_path / "x.npy", tmp_path / "out.npy") as running:
        out, _ = running.communicate(timeout=300)
    before, after = map(float, out.split())
    assert np.load(tmp_path / "out.npy", mmap_mode="r").shape == (200_000, 1024)
    assert after - before < 350  # MB


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills")
def test_a_killed_run_leaves_what_was_there(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1000, 512), "float32"))
    np.save(tmp_path / "out.npy", np.ones(3))
    with start("slowly", tmp_path / "x.npy", tmp_path / "out.npy") as running:
        assert running.stdout.readline().strip() == "writing"
        time.sleep(0.3)
        running.send_signal(signal.SIGKILL)
        running.wait(60)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), np.ones(3))
