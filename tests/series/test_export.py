"""A detector's bundle: its input is a window, and what it says of points is the detector's."""

import numpy as np
import pytest

from keras_ae.export import export_model, load_artifact
from keras_ae.series import windows
from tests.series.conftest import LENGTH


@pytest.mark.slow
def test_a_window_is_the_input(fitted, tmp_path):
    detector, x = fitted.detector, fitted.x
    made = windows(x, LENGTH)
    formats = ("onnx", "tflite")
    report = export_model(
        detector,
        tmp_path / "bundle",
        formats=formats,
        precisions=("float32",),
        sample_data=made[:128],
        verbose=False,
    )
    assert report.proven
    for name in formats:
        with load_artifact(tmp_path / "bundle", format=name) as artifact:
            said = artifact.attribute(made.astype("float32"))
            judged = artifact.detect(made.astype("float32"))
        each = said.contributions.sum(axis=2) + said.rest[:, np.newaxis] / LENGTH
        sums, covering = np.zeros(len(x)), np.zeros(len(x))
        for window, values in enumerate(each):
            sums[window : window + LENGTH] += values
            covering[window : window + LENGTH] += 1
        np.testing.assert_allclose(-detector.score_samples(x), sums / covering, atol=1e-3)
        np.testing.assert_allclose(judged.score, each.sum(axis=1), rtol=1e-3, atol=1e-3)
        far = np.abs(judged.score + detector.window_offset_) > 1e-2
        np.testing.assert_array_equal(
            judged.is_anomaly[far], (judged.score > -detector.window_offset_)[far]
        )
