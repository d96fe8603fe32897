"""float16 and int8 through `export_model`: judged, reported, refused."""

import json

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.export import ParityError, UnsupportedModelError, export_model, load_artifact, verify
from tests.export.test_any_model import mlperf_tiny_autoencoder

LOWER = ("float16", "int8_dynamic", "int8_static")


def manifest(place):
    return json.loads((place / "manifest.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("likelihood", "rate"),
    [(layers.BernoulliLikelihood, 1e-2), (layers.ContinuousBernoulliLikelihood, 1e-3)],
)
def test_int8_of_a_detector_is_judged_by_its_decisions(likelihood, rate, digits_vae, tmp_path):
    """Digits are normal, noise is not; labels and a threshold make AUROC and decisions."""
    options = {"filters": (16, 32), "likelihood": likelihood(), "seed": 0}
    model, x = keras_ae.create_model("vae", (8, 8, 1), 2, **options), digits_vae.x
    model.compile(keras.optimizers.Adam(rate), jit_compile=False)
    model.fit(np.tile(x, (4, 1, 1, 1)), batch_size=50, epochs=3, verbose=0)
    noise = np.random.default_rng(0).random(x[:64].shape, "float32")
    both = np.concatenate([x[:192], noise])
    labels = np.repeat([0, 1], [192, 64])
    scores = model.anomaly_score(both)
    report = export_model(
        model,
        tmp_path / "bundle",
        formats=("tflite", "onnx"),
        precisions=LOWER,
        endpoints=("reconstruct", "score"),
        sample_data=both,
        labels=labels,
        threshold=float(np.quantile(scores[labels == 0], 0.99)),
        calibration_data=both[::2],
        verbose=False,
    )
    assert report.proven
    for artifact in manifest(tmp_path / "bundle")["artifacts"]:
        if not artifact["precision"].startswith("int8"):
            assert artifact["errors"]
            continue
        assert artifact["quantized_share"]["weights"] > 0
        names = {each["name"] for each in artifact["quality"]}
        if "score" in artifact["endpoints"]:
            assert {"nats_lost", "decision_agreement", "auroc_change"} <= names
        assert all(each["passed"] for each in artifact["quality"])
    assert verify(tmp_path / "bundle").proven
    for precision in LOWER:
        with load_artifact(tmp_path / "bundle", "tflite", precision) as artifact:
            found = artifact.reconstruct(x)
            assert found.dtype == np.float32  # real units, whatever the file holds
            error = np.mean((found - x) ** 2)
            assert error < 1.2 * np.mean((model.reconstruct(x) - x) ** 2)


@pytest.mark.slow
def test_what_int8_may_lose_is_an_argument(digits_vae, tmp_path):
    options = {
        "formats": ("onnx",),
        "precisions": ("int8_dynamic",),
        "endpoints": ("encode",),
        "sample_data": digits_vae.x,
        "verbose": False,
    }
    with pytest.raises(ParityError, match=r"latent_error .* \(limit 1e-06\)"):
        export_model(
            digits_vae.model,
            tmp_path / "bundle",
            limits={"encode": {"latent_error": 1e-6}},
            **options,
        )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="`limits` of encode must be among latent_error"):
        export_model(
            digits_vae.model, tmp_path / "bundle", limits={"encode": {"accuracy": 1}}, **options
        )


@pytest.mark.slow
def test_few_examples_to_calibrate_with_are_warned_of(digits_vae, tmp_path):
    with pytest.warns(UserWarning, match="measures its ranges on 64 examples; 100 or more"):
        export_model(
            digits_vae.model,
            tmp_path / "bundle",
            formats=("onnx",),
            precisions=("int8_static",),
            endpoints=("encode",),
            sample_data=digits_vae.x,
            calibration_data=digits_vae.x[:64],
            verbose=False,
        )


def test_float16_refuses_weights_that_it_would_clamp(tmp_path):
    model = keras_ae.create_model("autoencoder", (6,), latent_dim=2, units=(8,), seed=0)
    model.encoder.layers[-1].kernel.assign(1e5 * keras.ops.ones((6, 8)))
    with pytest.raises(UnsupportedModelError, match="float16 holds no number above 65504"):
        export_model(
            model,
            tmp_path / "bundle",
            formats=("tflite",),
            precisions=("float16",),
            sample_data=np.zeros((8, 6)),
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_int8_of_the_model_of_others(tmp_path):
    """MLPerf Tiny's anomaly detector, trained for a moment on low-rank data."""
    random = np.random.default_rng(0)
    x = (random.normal(size=(1024, 8)) @ random.normal(size=(8, 640))).astype("float32")
    model = mlperf_tiny_autoencoder()
    model.compile(keras.optimizers.Adam(1e-3), "mse", jit_compile=False)
    model.fit(x, x, epochs=5, batch_size=64, verbose=0)
    report = export_model(
        model,
        tmp_path / "bundle",
        formats=("tflite", "onnx"),
        precisions=("int8_dynamic", "int8_static"),
        sample_data=x[:256],
        calibration_data=x[256:768],
        verbose=False,
    )
    assert report.proven
    for artifact in manifest(tmp_path / "bundle")["artifacts"]:
        if artifact["precision"] == "int8_static":
            assert artifact["quantized_share"] == {"weights": 1.0, "ops": 1.0}
