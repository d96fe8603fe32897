"""The floor knows nothing of autoencoders: any Keras model trains as stock Keras trains it."""

import keras
import numpy as np

from keras_ae.execution.multi_step_model import MultiStepModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)).astype("float32")
Y = X @ np.array([[1.0], [-2.0], [0.5]], "float32")


class Line(MultiStepModel):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)


def trained(steps):
    keras.utils.set_random_seed(0)
    model = Line()
    model.compile("sgd", loss="mse", metrics=["mae"], steps_per_execution=steps)
    options = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0}
    history = model.fit(X, Y, validation_data=(X[:9], Y[:9]), **options).history
    return model, history


def test_a_regression_in_several_steps_is_keras_own():
    several, history = trained(steps=4)
    single, expected = trained(steps=1)
    assert several._execution.made
    assert not single._execution.made
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"}
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5)
    for one, other in zip(several.get_weights(), single.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_auto_is_the_default():
    model = Line()
    model.compile("sgd", loss="mse")
    config = model.get_compile_config()
    assert (config["steps_per_execution"], config["jit_compile"]) == ("auto", "auto")
