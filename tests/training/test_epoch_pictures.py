"""Callbacks that draw at the ends of epochs."""

import keras
import numpy as np
import pytest
from PIL import Image

from keras_ae import create_model, plotting
from keras_ae.training import LatentTraversal, ReconstructionGrid

X = np.random.default_rng(0).uniform(size=(32, 6, 6, 1)).astype("float32")
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorBoard's files are TensorFlow's"
)


@pytest.fixture(scope="module")
def model():
    model = create_model("vae", (6, 6, 1), latent_dim=3, filters=(4,), seed=0)
    model.compile("adam", run_eagerly=True)
    return model


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.slow
def test_pictures_are_of_the_model_at_the_end_of_the_epoch(model, tmp_path):
    grid = ReconstructionGrid(X[:5], tmp_path / "deep" / "grid", labels=list("abcde"), every=2)
    traversal = LatentTraversal(X[0], str(tmp_path / "walks"), dimensions=(2, 0), values=(-1, 1))
    model.fit(X, epochs=4, verbose=0, callbacks=[grid, traversal])
    drawn = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    walks = [f"walks/epoch_000{epoch}.png" for epoch in (1, 2, 3, 4)]
    assert drawn == ["deep/grid/epoch_0002.png", "deep/grid/epoch_0004.png", *walks]
    figure = plotting.reconstructions(
        X[:5],
        model.reconstruct(X[:5]),
        labels=list("abcde"),
        title="Reconstructions after epoch 4",
    )
    expected = pixels(plotting.save(figure, tmp_path / "expected.png"))
    np.testing.assert_array_equal(pixels(tmp_path / "deep/grid/epoch_0004.png"), expected)
    assert (pixels(tmp_path / "deep/grid/epoch_0002.png") != expected).any()
    figure = plotting.latent_traversals(
        model.decode,
        model.encode(X[:1])[0],
        (2, 0),
        (-1, 1),
        title="Latent traversals after epoch 4",
    )
    expected = pixels(plotting.save(figure, tmp_path / "expected.png"))
    np.testing.assert_array_equal(pixels(tmp_path / walks[3]), expected)


@pytest.mark.slow
def test_windows_of_a_series_are_lines_by_channel(tmp_path):
    x = np.random.default_rng(0).normal(size=(8, 12, 2)).astype("float32")
    model = create_model("vae", (12, 2), latent_dim=2, units=(4,), seed=0)
    model.compile("adam", run_eagerly=True)
    names = ["channel 0", "channel 1"]
    pictures = {
        "grid": (ReconstructionGrid(x[:3], tmp_path / "grid"), 6),
        "walks": (LatentTraversal(x[0], tmp_path / "walks"), 4),
    }
    for folder, (callback, panels) in pictures.items():
        callback.set_model(model)
        callback.on_epoch_end(0)
        assert (tmp_path / folder / "epoch_0001.png").is_file()
        figure = callback.draw("now")
        assert len(figure.axes) == panels
        assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == names
        assert all(len(axes.get_lines()) and not axes.images for axes in figure.axes)


@pytest.mark.slow
@on_tensorflow
def test_tensorboard_has_the_same_pictures(model, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    callbacks = [
        ReconstructionGrid(X[:3], tmp_path / "grid", log_dir=tmp_path / "log"),
        LatentTraversal(X[:1], tmp_path / "walks", log_dir=str(tmp_path / "log")),
    ]
    model.fit(X, epochs=2, verbose=0, callbacks=callbacks)
    events = EventAccumulator(str(tmp_path / "log"), size_guidance={"tensors": 0})
    events.Reload()
    assert events.Tags()["tensors"] == ["ReconstructionGrid", "LatentTraversal"]
    for tag, folder in (("ReconstructionGrid", "grid"), ("LatentTraversal", "walks")):
        logged = events.Tensors(tag)
        assert [each.step for each in logged] == [0, 1]
        for each, name in zip(logged, ("epoch_0001.png", "epoch_0002.png"), strict=True):
            width, height, png = each.tensor_proto.string_val
            (tmp_path / "logged.png").write_bytes(png)
            shown = pixels(tmp_path / "logged.png")
            assert shown.shape == (int(height), int(width), 3)
            np.testing.assert_array_equal(shown, pixels(tmp_path / folder / name))


@on_tensorflow
def test_tensorboard_is_asked_for_at_once(tmp_path, monkeypatch):
    import tensorflow as tf

    monkeypatch.delattr(tf.summary, "image")
    with pytest.raises(ImportError, match="`log_dir` needs the package tensorboard"):
        ReconstructionGrid(X, tmp_path, log_dir=tmp_path)


def test_another_backend_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match=r"`log_dir` must be None unless .*backend=jax"):
        LatentTraversal(X[0], tmp_path, log_dir=tmp_path)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ReconstructionGrid(X[:0], "a"), ValueError, "`x` must be an array of at least"),
        (lambda: ReconstructionGrid(X, 3), TypeError, "`directory` must be a string or a path"),
        (lambda: ReconstructionGrid(X, "a", every=0), ValueError, "`every` must be an integer"),
        (lambda: LatentTraversal(X[0], "a", log_dir=3), TypeError, "`log_dir` must be a string"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (lambda path: LatentTraversal(X[:2], path), "`x` must be one example of the model's"),
        (lambda path: LatentTraversal(X[0], path, dimensions=(3,)), "integers from 0 to 2"),
        (lambda path: LatentTraversal(X[0], path, values=(1,)), "at least 2 numbers"),
    ],
)
def test_what_does_not_suit_the_model_is_told_before_training(model, tmp_path, callback, message):
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(X, epochs=1, verbose=0, callbacks=[callback(tmp_path)])
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", [ReconstructionGrid, LatentTraversal])
def test_another_model_is_refused(kind, tmp_path):
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=f"`{kind.__name__}` needs an Autoencoder"):
        model.fit(X, X, verbose=0, callbacks=[kind(X[:1], tmp_path)])
