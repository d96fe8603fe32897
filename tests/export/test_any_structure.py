"""Types, names, free sizes and functions of any Keras model, all the way through real files."""

import keras
import numpy as np
import onnx
import pytest
from keras import layers, ops

from keras_ae.export import ParityError, export_model, load_artifact, verify
from keras_ae.export.bundle.manifest import read_manifest
from keras_ae.export.errors import UnsupportedModelError

pytestmark = pytest.mark.slow  # real conversions

FORMATS = ("saved_model", "tflite", "onnx")
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4)).astype("float32")


def export(model, place, data, formats=FORMATS, again=False, **options):
    """Export, and verify `again` too where golden.npz holds what others don't."""
    options = {"sample_data": data, "verbose": False, **options}
    report = export_model(model, place, formats, **options)
    assert report.proven
    assert not again or verify(place).proven
    precision = options.get("precisions", ("float32",))[0]
    return [load_artifact(place, format=name, precision=precision) for name in formats]


def test_ids_beyond_what_floats_hold(tmp_path):
    start = keras.Input((1,), dtype="int64", name="user_id")
    row = layers.Flatten()(layers.Embedding(1000, 4)(ops.mod(start, 1000)))
    model = keras.Model(start, {"row": row, "next": start + 1})
    ids = RANDOM.integers(2**30, 2**40, (64, 1))
    expected = model.predict(ids, verbose=0)
    for artifact in export(model, tmp_path / "bundle", ids, again=True):
        (tensor,) = artifact.signatures["call"].inputs
        assert (tensor.name, tensor.dtype) == ("user_id", "int64")
        found = artifact.call(ids)
        np.testing.assert_array_equal(found.row, expected["row"])
        np.testing.assert_array_equal(found.next, ids + 1)
        with pytest.raises(ValueError, match="`user_id` must be int64"):
            artifact.call(ids.astype("float32"))
        artifact.close()
    vectors = np.load(tmp_path / "bundle" / "golden.npz")
    drawn = vectors["drawn/inputs/user_id"]
    assert drawn.dtype == "int64"
    assert drawn.min() >= ids.min()


@pytest.mark.parametrize("dtypes", [("bool", "int8", "uint16", "float64"), ("uint64",)])
def test_every_type_of_number_goes_in_and_out(tmp_path, dtypes):
    starts = {dtype: keras.Input((3,), dtype=dtype, name=f"x_{dtype}") for dtype in dtypes}
    outputs = {f"float_{name}": 2.0 * ops.cast(each, "float32") for name, each in starts.items()}
    outputs |= {f"same_{name}": each for name, each in starts.items()}
    data = {f"x_{dtype}": RANDOM.integers(0, 2, (40, 3)).astype(dtype) for dtype in dtypes}
    model = keras.Model(list(starts.values()), outputs)
    formats = FORMATS
    if dtypes == ("uint64",):
        formats = ("saved_model", "onnx")
        refused = "`x_uint64` of `call` is uint64, which tflite"
        with pytest.raises(UnsupportedModelError, match=refused):
            export(model, tmp_path / "bundle", data, ("tflite",))
    for artifact in export(model, tmp_path / "bundle", data, formats, again=True):
        found = artifact.call(**data)._asdict()
        for dtype in dtypes:
            given = data[f"x_{dtype}"]
            assert found[f"same_{dtype}"].dtype == dtype
            np.testing.assert_array_equal(found[f"same_{dtype}"], given)
            np.testing.assert_array_equal(found[f"float_{dtype}"], 2.0 * given)
        artifact.close()


def test_infinity_is_where_the_model_has_it(tmp_path):
    masked = layers.Lambda(lambda t: ops.where(t > 0, t, -np.inf))
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4), masked])
    for artifact in export(model, tmp_path / "bundle", X, ("saved_model", "onnx"), again=True):
        np.testing.assert_allclose(artifact.call(X), model.predict(X, verbose=0), 1e-4, 1e-5)
    with pytest.raises(ParityError, match="max absolute error inf"):
        export(model, tmp_path / "tflite", X, ("tflite",))  # it has the lowest float32 there


def test_complex_outputs(tmp_path):
    model = keras.Sequential(
        [keras.Input((4,)), layers.Lambda(lambda t: ops.cast(t, "complex64") * (1 + 2j))]
    )
    (artifact,) = export(model, tmp_path / "bundle", X, ("saved_model",), again=True)
    np.testing.assert_allclose(artifact.call(X), X * (1 + 2j), rtol=1e-5)
    with pytest.raises(UnsupportedModelError, match="`output` of `call` is complex64, which onnx"):
        export(model, tmp_path / "onnx", X, ("onnx",))


def test_free_sizes_stay_free(tmp_path):
    start = keras.Input((None, None, 3), name="image")
    coded = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(start)
    model = keras.Model(start, layers.Conv2DTranspose(3, 4, strides=2, padding="same")(coded))
    larger = RANDOM.random((2, 32, 24, 3), dtype="float32")
    data = RANDOM.random((24, 16, 16, 3), dtype="float32")
    for artifact in export(model, tmp_path / "bundle", data, again=True):
        (tensor,) = artifact.signatures["call"].inputs
        assert tensor.shape == (None, None, None, 3)
        expected = model.predict(larger, verbose=0)
        np.testing.assert_allclose(artifact.call(larger), expected, 1e-4, 1e-5)
        artifact.close()
    errors = read_manifest(tmp_path / "bundle")["artifacts"][0]["errors"]
    assert {each["data"] for each in errors} == {"sample", "drawn", "resized"}
    graph = onnx.load(tmp_path / "bundle" / "onnx" / "call.onnx").graph
    names = [size.dim_param for size in graph.input[0].type.tensor_type.shape.dim]
    assert names[:3] == ["batch", "image_1", "image_2"]


def test_free_lengths_of_tokens(tmp_path):
    start = keras.Input((None,), dtype="int32", name="tokens")
    rows = layers.Embedding(50, 8)(start)
    model = keras.Model(start, layers.Dense(3)(layers.GlobalAveragePooling1D()(rows)))
    tokens = RANDOM.integers(0, 50, (40, 6))
    for artifact in export(model, tmp_path / "bundle", tokens):
        found = artifact.call(tokens[:5, :3])
        np.testing.assert_allclose(found, model.predict(tokens[:5, :3], verbose=0), 1e-4, 1e-5)


def test_a_free_size_that_a_format_lacks_is_refused_by_layer(tmp_path):
    start = keras.Input((None, None, 3))
    large = layers.UpSampling2D(name="enlarge")(layers.Conv2D(4, 3, padding="same")(start))
    model = keras.Model(start, layers.Conv2D(3, 3, padding="same", name="last")(large))
    data = RANDOM.random((24, 8, 8, 3), dtype="float32")
    with pytest.raises(UnsupportedModelError, match=r"`last` \(Conv2D\) can't be .* tflite"):
        export(model, tmp_path / "tflite", data, ("tflite",))
    assert export(model, tmp_path / "onnx", data, ("onnx",))
    bilinear = layers.UpSampling2D(interpolation="bilinear")(start)
    with pytest.raises(UnsupportedModelError, match=r"can't be made a graph.*UpSampling2D"):
        export(keras.Model(start, bilinear), tmp_path / "bilinear", data, ("onnx",))


def test_names_are_the_same_in_every_format(tmp_path):
    a, b = keras.Input((4,), name="image-left"), keras.Input((4,), name="class")
    joined = layers.Dense(3)(layers.Concatenate()([a, b]))
    outputs = {"image-left": joined, "deep": {"mean": joined, "in": a}}
    model = keras.Model({"image-left": a, "class": b}, outputs)
    data = {"image-left": X, "class": -X}
    expected = model.predict(data, verbose=0)["image-left"]
    for artifact in export(model, tmp_path / "bundle", data):
        signature = artifact.signatures["call"]
        assert {each.name for each in signature.inputs} == {"image_left", "class_"}
        names = {"image_left_output", "deep_mean", "deep_in"}
        assert {each.name for each in signature.outputs} == names
        found = artifact.run("call", image_left=X, class_=-X)
        np.testing.assert_allclose(found["image_left_output"], expected, atol=1e-5)
        np.testing.assert_array_equal(found["deep_in"], X)


def test_endpoints_of_one_s_own_and_chosen_names(tmp_path):
    start = keras.Input((4,), name="image")
    model = keras.Model(start, layers.Dense(3)(start))
    functions = {"norm": lambda image: {"length": ops.norm(model(image), axis=-1)}}
    options = {"functions": functions, "output_names": ["code"], "again": True}
    for artifact in export(model, tmp_path / "bundle", X, ("saved_model", "onnx"), **options):
        assert artifact.endpoints == ("call", "norm")
        expected = np.linalg.norm(artifact.call(X), axis=-1)
        np.testing.assert_allclose(artifact.norm(X), expected, rtol=1e-5)
        assert [each.name for each in artifact.signatures["call"].outputs] == ["code"]


def test_tables_and_quantized_models_of_keras(tmp_path):
    start = keras.Input((1,), dtype="int64")
    model = keras.Model(
        start, layers.Embedding(5, 3)(layers.IntegerLookup(vocabulary=[5, 7, 9])(start))
    )
    data = RANDOM.integers(4, 11, (40, 1))
    (artifact,) = export(model, tmp_path / "lookup", data, ("saved_model",))
    np.testing.assert_allclose(artifact.call(data), model.predict(data, verbose=0))
    quantized = keras.Sequential([keras.Input((4,)), layers.Dense(32, "relu"), layers.Dense(4)])
    with pytest.warns(UserWarning, match="does not have a `quantize` method"):
        quantized.quantize("int8")
    for artifact in export(quantized, tmp_path / "quantized", X):
        np.testing.assert_allclose(artifact.call(X), quantized.predict(X, verbose=0), 1e-4, 1e-5)
