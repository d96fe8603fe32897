"""Precision, tolerances, narrow weights and snippets of any Keras model, in real files."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_ae.export import ParityError
from keras_ae.export.bundle.manifest import read_manifest
from keras_ae.export.errors import ExportError
from keras_ae.export.float32_scope import half_layers, in_float32
from tests.export.bundle_readme import run_readme
from tests.export.test_any_structure import RANDOM, X, export

pytestmark = pytest.mark.slow  # real conversions


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


def test_a_model_that_keras_cannot_save(tmp_path):
    class Closed(layers.Layer):
        def __init__(self, file):
            super().__init__()
            self.file = file  # no configuration holds it

        def call(self, x):
            return 3.0 * x

        def get_config(self):
            raise NotImplementedError("holds a file")

    model = keras.Sequential([keras.Input((4,)), Closed(open)])
    with pytest.warns(UserWarning, match="model.keras is not in the bundle.*holds a file"):
        (artifact,) = export(model, tmp_path / "bundle", X, ("onnx",))
    np.testing.assert_allclose(artifact.call(X), 3.0 * X, rtol=1e-6)
    assert not list((tmp_path / "bundle").glob("*.keras"))


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
    options = {"precisions": ("float32", "float16"), "again": True}
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
    options = {"precisions": kinds, "calibration_data": ids, "again": True}
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
    start = keras.Input((8, 8, 3), name="file")  # the snippets have a variable of this name
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
    from keras_ae.export.proof import preflight

    monkeypatch.setattr(preflight, "_rules", lambda formats: {})
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(ops.erf)])
    with pytest.raises(ExportError) as caught:
        export(model, tmp_path / "bundle", X, ("tflite",))
    message = str(caught.value)
    assert message.count("\n") == 0
    assert "TFLite can't express what Erf computes in call" in message
    log = message.rpartition(" ")[2]
    with open(log) as file:
        assert "Traceback" in file.read()
