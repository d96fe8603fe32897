"""What "auto" means is a function of the model and the data, and of nothing else."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.execution import device_data, rule

DENSE = {"input_shape": (784,), "latent_dim": 20, "units": (400,)}
tensorflow_on_cpu = pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="JAX compiles everything with XLA"
)


def plan(model, epochs, batch_size=128, examples=1280, steps="auto", jit="auto"):
    model.compile("adam", jit_compile=jit)
    x = np.zeros((examples, *model.example_shape), "float32")
    data = device_data.hold(x, None, None, batch_size)
    return rule.plan(model, data, epochs, steps, jit)


@pytest.fixture(scope="module")
def dense():
    return keras_ae.create_model("vae", **DENSE)


@tensorflow_on_cpu
def test_xla_is_for_trainings_that_repay_its_compilation(dense):
    trained = sum(np.prod(each.shape) for each in dense.trainable_variables)
    assert trained == 652_825
    assert not plan(dense, epochs=132).jit  # 1,320 steps of 752,825 numbers
    assert plan(dense, epochs=133).jit
    small = keras_ae.create_model("vae", (32,), latent_dim=8, units=(64,))
    assert not plan(small, epochs=900).jit
    assert plan(small, epochs=1000).jit


@tensorflow_on_cpu
def test_xla_is_not_for_steps_of_much_arithmetic(dense):
    options = {"epochs": 10_000, "examples": 4096}
    assert plan(dense, batch_size=2048, **options).jit  # 1.3e9 multiplications
    assert not plan(dense, batch_size=4096, **options).jit


@tensorflow_on_cpu
@pytest.mark.parametrize("where", ["outside", "within a layer"])
def test_xla_is_not_for_convolutions_on_a_cpu(where):
    convolution = keras.layers.Conv2D(4, 3, padding="same")
    if where == "within a layer":
        convolution = keras.Sequential([convolution])
    encoder = [keras.Input((8, 8, 1)), convolution, keras.layers.Flatten()]
    model = keras_ae.VariationalAutoencoder(
        keras.Sequential(encoder),
        layers.NormalBottleneck(2),
        layers.dense_decoder((8, 8, 1), latent_dim=2, units=(8,)),
    )
    assert not plan(model, epochs=100_000).jit


def test_what_compile_was_given_is_kept(dense):
    jax = keras.backend.backend() == "jax"
    given = plan(dense, epochs=1000, steps=7, jit=jax)
    assert given == rule.Plan(7, jax)
    assert plan(dense, epochs=1000, steps=1).steps == 1


def test_a_short_training_is_a_call_a_step(dense):
    assert plan(dense, epochs=29).steps == 1
    assert plan(dense, epochs=30).steps == 10


def test_what_is_compiled_serves_shorter_trainings(dense):
    compiled = rule.Plan(10, True)
    dense.compile("adam")
    data = device_data.hold(np.zeros((1280, 784), "float32"), None, None, 128)
    assert rule.plan(dense, data, 1, "auto", "auto", compiled) == compiled


def test_a_call_has_as_many_steps_as_take_a_moment(dense):
    """The more multiplications a step has, the fewer steps are in a call."""
    steps = [
        plan(dense, 100, batch_size, examples=400 * batch_size).steps
        for batch_size in (1, 32, 128)
    ]
    assert steps == [200, 200, 80]
    assert plan(dense, 100, batch_size=128, examples=128 * 468).steps == 94


def test_an_epoch_is_cut_into_nearly_equal_calls():
    assert rule.evenly(468, 64) == 60  # 7 calls of 60 and one of 48
    assert rule.evenly(5, 64) == 5
    assert rule.evenly(65, 64) == 34
    assert rule.evenly(30, 3) == 2
    assert rule.evenly(30, 1) == 1


@pytest.mark.parametrize("functional", [True, False])
def test_multiplications_are_weights_times_positions(functional):
    parts = [
        keras.layers.Conv2D(4, 3, padding="same", use_bias=False),  # 36 weights, 64 pixels
        keras.layers.Flatten(),
        keras.layers.Dense(5, use_bias=False),  # 256 * 5
    ]
    if functional:
        model = keras.Sequential([keras.Input((8, 8, 1)), *parts])
    else:
        model = Calls(parts)
        model(np.zeros((1, 8, 8, 1), "float32"))
    assert rule.multiplications(model, (8, 8, 1)) == 36 * 64 + 256 * 5


def test_a_recurrent_layer_uses_its_weights_at_each_step():
    model = keras.Sequential([keras.Input((10, 3)), keras.layers.LSTM(4)])
    weights = model.count_params()
    assert 10 * weights <= rule.multiplications(model, (10, 3)) <= 11 * weights


class Calls(keras.Model):
    """A model that knows the order of its layers, and not their shapes."""

    def __init__(self, parts):
        super().__init__()
        self.parts = parts

    def call(self, x):
        for part in self.parts:
            x = part(x)
        return x
