"""The inverse of a preprocessor: the data come back in their own units."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_ae.layers import InversePreprocessing
from keras_ae.layers.preprocessing import check_adapted, inverse
from tests.contract.rows import array

RANDOM = np.random.default_rng(0)
X = (RANDOM.normal(size=(50, 3)) * [1.0, 20.0, 0.3] + [5.0, -40.0, 0.0]).astype("float32")


def adapted(x=X, **options):
    layer = keras.layers.Normalization(**options)
    layer.adapt(x)
    return layer


@keras.saving.register_keras_serializable(package="tests")
class Logarithm(keras.layers.Layer):
    """A preprocessor of a user's own, with the inverse that it asks for."""

    def call(self, x):
        return ops.arcsinh(x)

    def inverse(self, x):
        return ops.sinh(x)


MAKERS = {
    "rescaling": lambda: keras.layers.Rescaling(1 / 255, offset=-0.5),
    "rescaling_by_column": lambda: keras.layers.Rescaling(
        [0.1, 2.0, -3.0], offset=(1.0, 2.0, 0.0)
    ),
    "inverted_normalization": lambda: adapted(invert=True),
    "normalization": adapted,
    "given_statistics": lambda: keras.layers.Normalization(
        mean=[5.0, -40.0, 0.0], variance=[1.0, 400.0, 0.09]
    ),
    "sequential": lambda: keras.Sequential(
        [keras.layers.Rescaling(0.1, offset=2.0), adapted(X * 0.1 + 2.0)]
    ),
    "sequential_with_input": lambda: keras.Sequential([keras.Input((3,)), adapted(), Logarithm()]),
    "own": Logarithm,
}


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def preprocessor(request):
    return request.param()


def test_the_inverse_brings_the_data_back(preprocessor):
    processed = preprocessor(X)
    assert np.abs(array(processed) - X).mean() > 0.5
    np.testing.assert_allclose(array(inverse(preprocessor, processed)), X, rtol=1e-4, atol=1e-4)


def test_the_inverse_is_a_layer_that_is_saved(preprocessor, tmp_path):
    processed = array(preprocessor(X))
    model = keras.Sequential([keras.Input((3,)), InversePreprocessing(preprocessor)])
    np.testing.assert_allclose(array(model(processed)), X, rtol=1e-4, atol=1e-4)
    assert model.output_shape == (None, 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(loaded(processed)), array(model(processed)))


def test_the_inverse_of_rescaling_is_its_formula():
    layer = keras.layers.Rescaling(0.5, offset=3.0)
    np.testing.assert_allclose(array(inverse(layer, ops.convert_to_tensor(X))), (X - 3.0) / 0.5)


def test_the_inverse_of_normalization_is_its_formula():
    result = array(inverse(adapted(), ops.convert_to_tensor(X)))
    np.testing.assert_allclose(result, X * X.std(axis=0) + X.mean(axis=0), rtol=1e-4, atol=1e-4)


def test_a_constant_column_comes_back():
    layer = adapted(np.array([[2.0, 1.0], [2.0, 5.0]], "float32"))
    x = np.array([[3.0, 1.0], [2.0, 4.0]], "float32")
    np.testing.assert_allclose(array(inverse(layer, layer(x))), x, rtol=1e-5)


def test_nothing_is_undone_without_a_preprocessor():
    assert inverse(None, X) is X


@pytest.mark.parametrize("wrong", [keras.layers.Dense(3), "rescaling", np.ones(3)])
def test_a_preprocessor_without_known_inverse_is_refused(wrong):
    with pytest.raises(TypeError, match=r"`preprocessor` must be .*inverse\(x\). Received: prep"):
        inverse(wrong, X)


def test_a_sequential_with_a_layer_that_has_no_inverse_is_refused():
    with pytest.raises(TypeError, match=r"Received: preprocessor=<Dense"):
        inverse(keras.Sequential([keras.layers.Rescaling(2.0), keras.layers.Dense(3)]), X)


def test_the_layer_computes_in_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = InversePreprocessing(keras.layers.Rescaling(1 / 255))
    finally:
        keras.config.set_dtype_policy("float32")
    result = layer(np.array([[0.123456]], "float32"))
    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    np.testing.assert_allclose(array(result), [[0.123456 * 255]], rtol=1e-6)


def test_statistics_that_are_missing_are_noticed():
    new, empty = keras.layers.Normalization(), keras.layers.Normalization()
    empty.build((None, 3))
    for preprocessor in (new, empty, keras.Sequential([keras.layers.Rescaling(2.0), empty])):
        with pytest.raises(ValueError, match="must be adapted before training: call adapt on"):
            check_adapted(preprocessor)


def test_statistics_that_are_there_pass(preprocessor):
    check_adapted(preprocessor)
    check_adapted(None)
    check_adapted(adapted(np.array([[-3.0], [3.0]], "float32")))  # of mean zero
