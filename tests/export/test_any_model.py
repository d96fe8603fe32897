"""Any Keras model, a pair, bytes, mixed precision, a fixed batch: all proven, or refused."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae.export import export_model, load_artifact
from keras_ae.export.bundle.manifest import read_manifest
from keras_ae.export.float32_scope import half_layers, in_float32

pytestmark = pytest.mark.slow  # real conversions

X = np.random.default_rng(0).normal(size=(120, 6)).astype("float32")


def exported(model, place, **options):
    """Export to ONNX unless told otherwise, and open what came out."""
    given = {"formats": ("onnx",), "sample_data": X, "verbose": False, **options}
    report = export_model(model, place, **given)
    assert report.proven
    return load_artifact(place, format=given["formats"][0])


def mlperf_tiny_autoencoder():
    """The anomaly detector of MLPerf Tiny: 640-128x4-8-128x4-640, each with BatchNormalization."""
    steps = [keras.Input((640,))]
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        steps += [
            keras.layers.Dense(units),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
        ]
    return keras.Sequential([*steps, keras.layers.Dense(640)])


def test_a_model_of_others_with_batch_normalization_and_biases(tmp_path):
    """Its published TFLite file doesn't compute its own .h5: the converter dropped a bias."""
    model = mlperf_tiny_autoencoder()
    random = np.random.default_rng(0)
    x = random.normal(size=(256, 640)).astype("float32")
    for weight in model.weights:  # biases and statistics as after training, not 0 and 1
        if len(weight.shape) == 1:
            weight.assign(weight + random.uniform(0.1, 0.5, weight.shape))
    exported(model, tmp_path / "bundle", formats=("tflite", "onnx"), sample_data=x).close()
    for name in ("tflite", "onnx"):
        with load_artifact(tmp_path / "bundle", format=name) as artifact:
            assert artifact.endpoints == ("call",)
            expected = model.predict(x, verbose=0)
            np.testing.assert_allclose(artifact.call(x), expected, rtol=1e-4, atol=1e-5)


def test_an_encoder_and_a_decoder(tmp_path):
    encoder = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(6)])
    with exported((encoder, decoder), tmp_path / "bundle") as artifact:
        assert set(artifact.endpoints) == {"encode", "decode", "reconstruct"}
        expected = decoder.predict(encoder.predict(X, verbose=0), verbose=0)
        np.testing.assert_allclose(artifact.reconstruct(X), expected, atol=1e-5)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(6)])
    with pytest.raises(ValueError, match="an encoder and a decoder that fit"):
        export_model((encoder, other), tmp_path / "other", sample_data=X, verbose=False)


def test_bytes_in_and_bytes_out(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (64, 5, 7, 1)).astype("uint8")
    model = keras_ae.create_model(
        "autoencoder",
        (5, 7, 1),
        latent_dim=2,
        filters=(4,),
        seed=0,
        preprocessor=keras.layers.Rescaling(1 / 255),
    )
    options = {"sample_data": x, "endpoints": ("encode", "reconstruct")}
    with exported(model, tmp_path / "bundle", **options) as artifact:
        found = artifact.reconstruct(x)
        assert found.dtype == np.uint8
        assert np.abs(found.astype("float32") - model.reconstruct(x.astype("float32"))).max() <= 1
        np.testing.assert_allclose(artifact.encode(x), model.encode(x), rtol=1e-4, atol=1e-5)
        with pytest.raises(ValueError, match="uint8"):
            artifact.encode(x / 255.0)


def test_statistics_of_a_table_are_inside(tmp_path):
    x = X * [1, 10, 100, 0.1, 5, 1] + [0, 5, -100, 2, 0, 3]
    normalization = keras.layers.Normalization()
    normalization.adapt(x)
    model = keras_ae.create_model(
        "vae", (6,), latent_dim=2, units=(8,), seed=0, preprocessor=normalization
    )
    options = {"sample_data": x, "endpoints": ("score", "reconstruct")}
    with exported(model, tmp_path / "bundle", **options) as artifact:
        names = [tensor.name for tensor in artifact.signatures["score"].inputs]
        assert names == ["x"]
        np.testing.assert_allclose(artifact.score(x), model.anomaly_score(x), rtol=1e-4)


def test_mixed_precision_is_exported_in_float32(tmp_path):
    model = keras_ae.create_model(
        "vae", (6,), latent_dim=2, units=(8,), seed=0, dtype="mixed_bfloat16"
    )
    with in_float32([model]):
        assert not half_layers([model])
        expected = np.asarray(model.functions()["encode"](X)["latent"])
    assert half_layers([model])
    with exported(model, tmp_path / "bundle", endpoints=("encode",)) as artifact:
        np.testing.assert_allclose(artifact.encode(X), expected, rtol=1e-4, atol=1e-5)
    distance = read_manifest(tmp_path / "bundle")["distance_to_mixed_precision"]
    assert 1e-5 < distance < 0.1


def test_a_fixed_batch_is_that_batch(tmp_path):
    model = keras_ae.create_model("autoencoder", (6,), latent_dim=2, units=(8,), seed=0)
    options = {"formats": ("tflite",), "batch": 4, "endpoints": ("encode",)}
    with exported(model, tmp_path / "bundle", **options) as artifact:
        assert artifact.signatures["encode"].inputs[0].shape == (4, 6)
        np.testing.assert_allclose(artifact.encode(X[:4]), model.encode(X[:4]), atol=1e-5)
        with pytest.raises(ValueError, match="4"):
            artifact.encode(X[:3])


def test_model_export_goes_the_proven_way(tmp_path):
    path = tmp_path / "saved.keras"
    keras_ae.create_model("mixture_vae", (6,), latent_dim=2, units=(8,), seed=0).save(path)
    model = keras.models.load_model(path)  # freshly loaded, never called
    for kind, name in (("tf_saved_model", "sm"), ("litert", "m.tflite"), ("onnx", "m.onnx")):
        model.export(tmp_path / name, format=kind)
        with load_artifact(tmp_path / name) as artifact:
            np.testing.assert_allclose(
                artifact.reconstruct(X), model.reconstruct(X), rtol=1e-4, atol=1e-5
            )
    with pytest.raises(ValueError, match="`format` must be one of"):
        model.export(tmp_path / "m.pt", format="torch")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "m.onnx",
        "m.tflite",
        "saved.keras",
        "sm",
    ]
