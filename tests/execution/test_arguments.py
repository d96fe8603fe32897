"""Methods take what Keras' take, in Keras' order, and name what is wrong."""

import inspect

import keras
import numpy as np
import pytest

import keras_ae

X = np.random.default_rng(0).random((20, 6)).astype("float32")


@pytest.fixture(scope="module")
def model():
    made = keras_ae.create_model("autoencoder", (6,), latent_dim=2, units=(4,))
    made.compile("adam")
    return made


@pytest.mark.parametrize("name", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_signatures_are_keras(model, name):
    ours, theirs = (inspect.signature(getattr(each, name)) for each in (type(model), keras.Model))
    assert ours == theirs


def test_arguments_may_come_by_position(model):
    history = model.fit(X, None, 5, 2, 0)
    assert len(history.history["loss"]) == 2
    assert history.params["steps"] == 4
    assert model.evaluate(X, None, 5, 0) == model.evaluate(x=X, batch_size=5, verbose=0)


def test_unknown_and_missing_arguments_are_named(model):
    with pytest.raises(TypeError, match=r"^fit\(\) got an unexpected keyword argument 'epoch'$"):
        model.fit(X, epoch=3)
    with pytest.raises(TypeError, match=r"^train_on_batch\(\) missing a required argument: 'x'$"):
        model.train_on_batch()
    with pytest.raises(TypeError, match=r"^fit\(\) multiple values for argument 'x'$"):
        model.fit(X, x=X)
