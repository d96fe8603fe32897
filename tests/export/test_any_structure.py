"""Types, names, free sizes and functions of any Keras model, all the way through real files."""

import keras
import numpy as np
import onnx
import pytest
from keras import layers, ops

from keras_ae.export import ParityError, export_model, load_artifact, verify
from keras_ae.export.errors import ExportError, UnsupportedModelError
from keras_ae.export.float32_scope import half_layers, in_float32
from keras_ae.export.manifest import read_manifest
from tests.export.bundle_readme import run_readme

pytestmark = pytest.mark.slow  # real conversions

FORMATS = ("saved_model", "tflite", "onnx")
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4)).astype("float32")


def export(model, place, data, formats=FORMATS, **options):
    options = {"sample_data": data, "verbose": False, **options}
    report = export_model(model, place, formats, **options)
    assert report.proven
    assert verify(place).proven
    precision = options.get("precisions", ("float32",))[0]
    return [load_artifact(place, format=name, precision=precision) for name in formats]


def test_ids_beyond_what_floats_hold(tmp_path):
    start = keras.Input((1,), dtype="int64", name="user_id")
    row = layers.Flatten()(layers.Embedding(1000, 4)(ops.mod(start, 1000)))
    model = keras.Model(start, {"row": row, "next": start + 1})
    ids = RANDOM.integers(2**30, 2**40, (64, 1))
    expected = model.predict(ids, verbose=0)
    for artifact in export(model, tmp_path / "bundle", ids):
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


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint8", "int16", "uint16", "uint32", "float64"]
)
def test_every_type_of_number_goes_in_and_out(tmp_path, dtype):
    start = keras.Input((3,), dtype=dtype)
    outputs = {"float": 2.0 * ops.cast(start, "float32"), "same": start}
    data = RANDOM.integers(0, 2, (40, 3)).astype(dtype)
    for artifact in export(keras.Model(start, outputs), tmp_path / "bundle", data):
        found = artifact.call(data)
        assert found.same.dtype == dtype
        np.testing.assert_array_equal(found.same, data)
        np.testing.assert_array_equal(found.float, 2.0 * data)
        artifact.close()


def test_a_table_model_refuses_integers_that_it_would_round(tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    (artifact,) = export(model, tmp_path / "bundle", X, ("onnx",))
    assert artifact.call(np.full((2, 4), 2**24)).shape == (2, 2)
    for wrong in (np.full((2, 4), 2**24 + 1), np.full((2, 4), 1e300)):
        with pytest.raises(ValueError, match="numbers that float32 holds without rounding"):
            artifact.call(wrong)


def test_infinity_is_where_the_model_has_it(tmp_path):
    masked = layers.Lambda(lambda t: ops.where(t > 0, t, -np.inf))
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4), masked])
    for artifact in export(model, tmp_path / "bundle", X, ("saved_model", "onnx")):
        np.testing.assert_allclose(artifact.call(X), model.predict(X, verbose=0), 1e-4, 1e-5)
    with pytest.raises(ParityError, match="max absolute error inf"):
        export(model, tmp_path / "tflite", X, ("tflite",))  # it has the lowest float32 there


def test_complex_outputs(tmp_path):
    model = keras.Sequential(
        [keras.Input((4,)), layers.Lambda(lambda t: ops.cast(t, "complex64") * (1 + 2j))]
    )
    (artifact,) = export(model, tmp_path / "bundle", X, ("saved_model",))
    np.testing.assert_allclose(artifact.call(X), X * (1 + 2j), rtol=1e-5)
    with pytest.raises(UnsupportedModelError, match="`output` of `call` is complex64, which onnx"):
        export(model, tmp_path / "onnx", X, ("onnx",))


def test_free_sizes_stay_free(tmp_path):
    start = keras.Input((None, None, 3), name="image")
    coded = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(start)
    model = keras.Model(start, layers.Conv2DTranspose(3, 4, strides=2, padding="same")(coded))
    larger = RANDOM.random((2, 32, 24, 3), dtype="float32")
    data = RANDOM.random((24, 16, 16, 3), dtype="float32")
    for artifact in export(model, tmp_path / "bundle", data):
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
    model = keras.Model([a, b], {"image-left": joined, "deep": {"mean": joined, "in": a}})
    data = {"image-left": X, "class": X}
    for artifact in export(model, tmp_path / "bundle", data):
        signature = artifact.signatures["call"]
        assert {each.name for each in signature.inputs} == {"image_left", "class_"}
        outputs = {"image_left_output", "deep_mean", "deep_in"}
        assert {each.name for each in signature.outputs} == outputs
        found = artifact.run("call", image_left=X, class_=X)
        np.testing.assert_array_equal(found["deep_in"], X)


def test_endpoints_of_one_s_own_and_chosen_names(tmp_path):
    start = keras.Input((4,), name="image")
    model = keras.Model(start, layers.Dense(3)(start))
    functions = {"norm": lambda image: {"length": ops.norm(model(image), axis=-1)}}
    options = {"functions": functions, "output_names": ["code"]}
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


def test_layers_notebooks_and_lambdas_in_mixed_precision(tmp_path):
    class Scale(layers.Layer):
        def call(self, x):
            return x * 2.0

    class Own(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(4)

        def call(self, x):
            return self.dense(x)

    keras.config.set_dtype_policy("mixed_float16")
    try:
        statistics = layers.Normalization()
        statistics.adapt(X * 100 + 1000)
        models = {
            "layer": keras.Sequential([keras.Input((4,)), layers.Dense(4), Scale()]),
            "lambda": keras.Sequential([keras.Input((4,)), layers.Lambda(lambda t: t * 2.0)]),
            "subclass": Own(),
            "statistics": keras.Sequential([keras.Input((4,)), statistics, layers.Dense(3)]),
        }
        models["subclass"](X)
    finally:
        keras.config.set_dtype_policy("float32")
    data = (X * 100 + 1000).astype("float32")
    for name, model in models.items():
        (artifact,) = export(model, tmp_path / name, data, ("onnx",))
        assert half_layers([model])
        with in_float32([model]):
            expected = np.asarray(model(data))
        np.testing.assert_allclose(artifact.call(data), expected, rtol=1e-4, atol=1e-3)
        assert 0 < read_manifest(tmp_path / name)["distance_to_mixed_precision"] < 10


def test_a_denoiser_in_pixels_and_tolerances_of_one_s_own(tmp_path):
    keras.utils.set_random_seed(0)
    convolutions = [layers.Conv2D(32, 3, padding="same", activation="relu") for _ in range(3)]
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            *convolutions,
            layers.Conv2D(3, 3, padding="same"),
            layers.Rescaling(255.0),
        ]
    )
    data = RANDOM.uniform(0, 255, (40, 16, 16, 3)).astype("float32")
    export(model, tmp_path / "bundle", data, ("tflite", "onnx"))
    tight = {"float32": {"absolute": 1e-9, "relative": 0.0, "of_spread": 0.0}}
    with pytest.raises(ParityError, match=r"allowed 1e-09"):
        export(model, tmp_path / "tight", data, ("onnx",), tolerances=tight)
    export(model, tmp_path / "wide", data, ("onnx",), tolerances={"float32": {"absolute": 1.0}})
    assert read_manifest(tmp_path / "wide")["tolerances"] == {"float32": {"absolute": 1.0}}


def test_places_of_the_largest(tmp_path):
    start = keras.Input((6, 5, 3))
    logits = layers.Conv2D(2, 1)(layers.Conv2D(8, 3, padding="same", activation="relu")(start))
    outputs = {"largest": ops.argmax(logits, -1), "smallest": ops.argmin(logits, -1)}
    model = keras.Model(start, outputs)
    data = RANDOM.random((40, 6, 5, 3), dtype="float32")
    options = {"precisions": ("float32", "float16")}
    for artifact in export(model, tmp_path / "bundle", data, ("tflite", "onnx"), **options):
        found, expected = artifact.call(data), model.predict(data, verbose=0)
        assert np.mean(found.largest == expected["largest"]) > 0.999
        assert np.mean(found.smallest == expected["smallest"]) > 0.999


def test_the_share_of_narrow_weights_is_counted_from_the_files(tmp_path):
    start = keras.Input((6,), dtype="int32", name="ids")
    rows = layers.GlobalAveragePooling1D()(layers.Embedding(500, 32)(start))
    model = keras.Model(start, layers.Dense(32)(layers.Dense(64, activation="relu")(rows)))
    ids = RANDOM.integers(0, 500, (130, 6))
    kinds = ("float32", "float16", "int8_dynamic", "int8_static")
    formats = ("tflite", "onnx")
    options = {"precisions": kinds, "calibration_data": ids}
    export(model, tmp_path / "bundle", ids, formats, **options)
    found = {each["path"]: each for each in read_manifest(tmp_path / "bundle")["artifacts"]}
    sizes = {path: (tmp_path / "bundle" / path).stat().st_size for path in found}
    for name in formats:
        path = f"{name}/call{{}}.{name}"
        assert found[path.format(".float16")]["float16_share"] == 1.0
        assert found[path.format(".int8_static")]["quantized_share"]["weights"] == 1.0
        assert sizes[path.format(".float16")] < 0.65 * sizes[path.format("")]
        assert sizes[path.format(".int8_static")] < 0.5 * sizes[path.format("")]
    assert len(run_readme(tmp_path / "bundle", "output")) == 3


def test_readme_runs_each_precision_and_binds_each_output(tmp_path):
    start = keras.Input((8, 8, 3), name="image")
    hidden = layers.Conv2D(64, 3, padding="same", activation="relu")(start)
    outputs = {
        "clean": layers.Conv2D(3, 3, padding="same", activation="sigmoid")(hidden),
        "pooled": layers.GlobalAveragePooling2D()(hidden),
    }
    data = RANDOM.random((120, 8, 8, 3), dtype="float32")
    options = {"precisions": ("int8_static", "float16", "int8_dynamic"), "calibration_data": data}
    wide = {"call": {"relative_error": 0.5}}  # nothing is trained
    model = keras.Model(start, outputs)
    export(model, tmp_path / "bundle", data, ("tflite", "onnx"), limits=wide, **options)
    expected = model.predict(data[:17], verbose=0)
    for name in ("clean", "pooled"):
        found = run_readme(tmp_path / "bundle", name)
        assert len(found) == 3
        for each in found:
            assert np.abs(each - expected[name]).max() < 0.1


def test_a_failed_conversion_is_one_line_with_a_log(tmp_path, monkeypatch):
    from keras_ae.export import preflight

    monkeypatch.setattr(preflight, "RULES", ())
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(ops.erf)])
    with pytest.raises(ExportError) as caught:
        export(model, tmp_path / "bundle", X, ("tflite",))
    message = str(caught.value)
    assert message.count("\n") == 0
    assert "TFLite can't express what Erf computes in call" in message
    log = message.rpartition(" ")[2]
    with open(log) as file:
        assert "Traceback" in file.read()
