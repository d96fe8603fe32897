"""A detector's bundle: its decisions in every runtime, with threshold and preprocessor inside."""

import json

import numpy as np
import pytest

from keras_ae.estimators import AnomalyDetector, ImportanceWeightedLikelihood
from keras_ae.export import (
    ExportError,
    export_model,
    load_artifact,
    measure_latency,
    verify,
)
from tests.estimators.conftest import SMALL, table

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def assert_the_same(detector, x, directory, formats):
    expected, contributions = detector.detect(x), detector.attribute(x)
    for name in formats:
        with load_artifact(directory, format=name) as artifact:
            assert set(artifact.endpoints) == {"detect", "attribute"}
            detected = artifact.detect(x)
            np.testing.assert_allclose(detected.score, expected["score"], **CLOSE)
            np.testing.assert_allclose(detected.decision, expected["decision"], **CLOSE)
            far = np.abs(expected["decision"]) > 1e-3
            assert far.mean() > 0.9
            np.testing.assert_array_equal(detected.is_anomaly[far], expected["is_anomaly"][far])
            attributed = artifact.attribute(x).contributions
            np.testing.assert_allclose(attributed, contributions, **CLOSE)


@pytest.mark.slow
def test_a_detector_in_every_format_and_precision(tmp_path):
    directory = tmp_path / "bundle"
    x, labels = table()
    wide = {**SMALL, "options": {"units": (64, 64)}}  # TFLite leaves kernels under 1,024 numbers
    detector = AnomalyDetector(members=1, contamination=0.05, **wide).fit(x)
    report = export_model(
        detector,
        directory,
        precisions=("float32", "float16", "int8_dynamic"),
        sample_data=x,
        labels=labels,
        verbose=False,
    )
    assert report.proven
    assert verify(directory).proven
    assert_the_same(detector, x, directory, ("saved_model", "tflite", "onnx"))
    manifest = json.loads((directory / "manifest.json").read_text())
    assert manifest["threshold"] == -detector.offset_
    assert manifest["default"] == "detect"
    latency = measure_latency(directory, formats=("onnx",), threads=(1,), runs=3, verbose=False)
    assert "detect" in str(latency)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "scoring", "members"),
    [
        (None, "reconstruction_error", 2),
        ("vae", None, 1),
        ("vae", ImportanceWeightedLikelihood(4), 1),
    ],
)
def test_other_scores_leave_too(model, scoring, members, tmp_path):
    """And several members, in the two formats that are made of the SavedModel."""
    x, _ = table()
    detector = AnomalyDetector(model, scoring, members=members, **SMALL).fit(x)
    formats = ("tflite", "onnx")
    report = export_model(detector, tmp_path / "b", formats, sample_data=x, verbose=False)
    assert report.proven
    assert_the_same(detector, x, tmp_path / "b", formats)


def test_what_an_export_refuses(fitted, tmp_path):
    with pytest.raises(ValueError, match="`threshold` must be None for a detector"):
        export_model(fitted.detector, tmp_path / "b", sample_data=fitted.x, threshold=1.0)
    with pytest.raises(ValueError, match="`model` must be fitted"):
        export_model(AnomalyDetector(), tmp_path / "b", sample_data=fitted.x)
    with pytest.raises(ValueError, match="`sample_data` must be of shape"):
        export_model(fitted.detector, tmp_path / "b", sample_data=fitted.x[:, :2])
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_location_is_subtracted_in_the_files(tmp_path):
    """Northings in metres: the files take float64, and what has no arithmetic of it is refused."""
    random = np.random.default_rng(0)
    x = np.c_[5_432_100 + random.normal(0, 0.05, 100), random.normal(size=100)]
    detector = AnomalyDetector(members=1, **SMALL).fit(x)
    formats = ("saved_model", "onnx")
    export_model(detector, tmp_path / "b", sample_data=x, formats=formats, precisions=("float32",))
    for name in formats:
        score = load_artifact(tmp_path / "b", name).detect(x).score
        np.testing.assert_allclose(-score, detector.score_samples(x), rtol=1e-5, atol=1e-5)
    with pytest.raises(ExportError, match="tflite"):
        export_model(
            detector,
            tmp_path / "t",
            sample_data=x,
            formats=("tflite",),
            precisions=("float32",),
        )
