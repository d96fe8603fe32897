"""What a detector of points refuses, in one line, and that nothing is lost by it."""

import numpy as np
import pandas as pd
import pytest

from keras_ae import create_model
from keras_ae.series import SeriesDetector
from tests.series.conftest import LENGTH, SMALL, waves


def bad(x, at, value):
    x = x.copy()
    x[at] = value
    return x


FITS = {
    "short": ({}, waves(10), r"`length` must be at most.*length=12, a series of 10 points"),
    "one short": ({}, [waves(50), waves(5)], "a series number 1 of 5 points"),
    "nan": ({}, bad(waves(50), (7, 1), np.nan), r"`X` must be finite.*first at \(7, 1\)"),
    "missing": ({}, bad(waves(50), np.s_[:, 1], np.nan), "each channel.*channel 1 with none"),
    "constant": ({}, bad(waves(50), np.s_[:, 1], 2.5), r"vary.*constant channels 1 \(2.5\)"),
    "rank": ({}, np.zeros((4, 20, 2)), r"`X` must be an array of shape \(time, channels\)"),
    "channels": ({}, [waves(50), waves(50)[:, :1]], "same channels.*2 in the first, 1 in number"),
    "steps": (
        {},
        [pd.DataFrame(waves(50), index=index) for index in (range(50), range(0, 100, 2))],
        r"`X\[1\]` must have the time step of the training: 1. Received: 2",
    ),
    "length": ({"length": 0}, waves(50), "`length` must be an integer >= 1"),
    "aggregation": ({"aggregation": "max"}, waves(50), "`aggregation` must be one of mean, last"),
    "risk": ({"risk": 0.5}, waves(50), "`risk` must be a number > 0 and < 0.02"),
    "both": ({"risk": 1e-3, "contamination": 0.1}, waves(50), "`contamination` must be 'auto'"),
    "contamination": ({"contamination": 0.9}, waves(50), "`contamination` must be a number"),
    "tail": ({"risk": 1e-3}, waves(50), "`scores` must have at least 10 values above"),
    "scoring": ({"scoring": "nll"}, waves(50), "`scoring` must be one of elbo"),
    "model": ({"model": None}, waves(50), "`model` must be a recipe or an.*model=None"),
    "no latent": ({"latent_dim": None}, waves(50), "`latent_dim` must be an.*latent_dim=None"),
    "latent": ({"latent_dim": 0}, waves(50), "`latent_dim` must be an integer >= 1"),
}


@pytest.mark.parametrize("case", FITS.values(), ids=FITS)
def test_what_a_fit_refuses(case):
    changes, x, words = case
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        SeriesDetector(**{**SMALL, "steps": 0, **changes}).fit(x)
    assert "\n" not in str(caught.value)


def test_a_given_model_must_take_the_windows():
    model = create_model("vae", (8, 2), 2, units=(4,))
    with pytest.raises(
        ValueError, match=r"`model` must take windows of shape \(12, 2\).*\(8, 2\)"
    ):
        SeriesDetector(LENGTH, model).fit(waves(50))


@pytest.mark.slow
def test_a_live_stream_refuses_and_stays(fitted):
    detector, x = fitted.detector, fitted.x[:60]
    whole = detector.score_samples(x)
    first = detector.update(x[:30])
    for wrong, words in (
        (bad(x[30:], (3, 0), np.nan), r"`X` must be finite.*first at \(3, 0\)"),
        (bad(x[30:31], (0, 0), np.nan), r"`X` must be finite.*first at \(0, 0\)"),
        (x[30:, :1], "channels of the training: 2. Received: 1"),
    ):
        with pytest.raises(ValueError, match=words):
            detector.update(wrong)
    rest = [detector.update(x[30:]), detector.flush()]
    np.testing.assert_array_equal(np.concatenate([first, *rest]), whole)
    detector.update(x[:5])
    with pytest.raises(ValueError, match="length=12, a stream of 5 points"):
        detector.flush()
    assert len(detector.update(x)) == 60 - LENGTH + 1  # a new stream
    detector.flush()
