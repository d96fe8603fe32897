"""A decoder whose end can't reach the likelihood's logits: one warning, that names the fix."""

import warnings

import keras
import numpy as np
import pytest

from keras_ae import Autoencoder, layers

DENSE, INPUT = keras.layers.Dense, keras.layers.Input


def nested():
    end = keras.Sequential([INPUT((4,)), DENSE(6), keras.layers.Softmax()])
    return keras.Sequential([INPUT((2,)), DENSE(4, "relu"), end])


def functional(*ends):
    latent = INPUT((2,))
    x = DENSE(6, "relu")(latent)
    for end in ends:
        x = end(x)
    return keras.Model(latent, x)


def sequential(*ends):
    return keras.Sequential([INPUT((2,)), DENSE(4, "relu"), *ends])


BOUNDED = {
    "dense": lambda: sequential(DENSE(6, "sigmoid")),
    "relu": lambda: sequential(DENSE(6, "relu")),
    "silu": lambda: sequential(DENSE(6, "silu")),
    "own": lambda: sequential(DENSE(6, lambda x: 2 * keras.ops.tanh(x))),
    "activation": lambda: sequential(DENSE(6), keras.layers.Activation("hard_sigmoid")),
    "layer": lambda: sequential(DENSE(6), keras.layers.ReLU(max_value=1.0)),
    "nested": nested,
    "functional": lambda: functional(DENSE(6, "sigmoid")),
    "operation": lambda: functional(DENSE(6), keras.ops.sigmoid),
    "reshaped": lambda: sequential(DENSE(6, "sigmoid"), keras.layers.Reshape((6,))),
    "cast": lambda: functional(
        DENSE(6, "sigmoid"), keras.layers.Activation("linear", dtype="float32")
    ),
}
FREE = {
    "none": lambda: sequential(DENSE(6)),
    "hidden": lambda: sequential(DENSE(4, "sigmoid"), DENSE(6)),
    "leaky": lambda: sequential(DENSE(6), keras.layers.LeakyReLU(0.01)),
    "functional": lambda: functional(DENSE(6), keras.layers.Reshape((6,))),
    "ours": lambda: layers.dense_decoder((6,), latent_dim=2, units=(4,)),
    "unknown": lambda: sequential(DENSE(6, "sigmoid"), keras.layers.Rescaling(20.0, -10.0)),
}


def make(decoder, likelihood):
    encoder = layers.dense_encoder((6,), units=(4,))
    return Autoencoder(encoder, layers.DenseBottleneck(2), decoder, likelihood)


@pytest.mark.parametrize(
    ("case", "likelihood"),
    [
        *((case, layers.BernoulliLikelihood) for case in BOUNDED),
        *((case, layers.ContinuousBernoulliLikelihood) for case in ("dense", "operation")),
    ],
)
def test_bounded_logits_are_warned_of_once(case, likelihood):
    with pytest.warns(UserWarning, match="`decoder` must end without an activation") as caught:
        model = make(BOUNDED[case](), likelihood())
    (message,) = (str(each.message) for each in caught if each.category is UserWarning)
    assert "activation=None" in message
    low, high = (float(word.strip(".")) for word in message.split() if word[0] in "01")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.compile("adam", run_eagerly=True)
        values = model.predict(np.random.default_rng(0).random((5, 6)), verbose=0)
    assert low - 0.01 <= values.min()
    assert values.max() <= high + 0.01


@pytest.mark.parametrize("case", FREE)
def test_logits_that_reach_far_are_not(case):
    make(FREE[case](), layers.BernoulliLikelihood())  # warnings are errors


def test_a_mean_may_be_bounded():
    make(BOUNDED["dense"](), layers.GaussianLikelihood())
    make(BOUNDED["activation"](), layers.LaplaceLikelihood())


def test_a_model_that_is_built_by_its_first_call_warns_then():
    decoder = keras.Sequential([DENSE(6, "sigmoid")])
    encoder = keras.Sequential([DENSE(4)])
    model = Autoencoder(encoder, layers.DenseBottleneck(2), decoder)
    with pytest.warns(UserWarning, match="ends in sigmoid"):
        model(np.zeros((2, 6), "float32"))
    model(np.zeros((3, 6), "float32"))
