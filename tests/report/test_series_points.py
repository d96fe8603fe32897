"""The page of a series: the series of its windows, its points' scores, its channels."""

import keras
import numpy as np
import pytest
from scipy.stats import ks_2samp

import keras_ae
from keras_ae import report
from keras_ae.datasets import Dataset
from keras_ae.report.series_points import drawn_examples, point_terms, strangest, whole_series
from keras_ae.series import windows
from tests.plotting.pages import Page

SERIES = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
LENGTH = 8


@pytest.fixture(scope="module")
def model():
    scaling = keras.layers.Normalization()
    scaling.adapt(windows(SERIES * [1.0, 100.0], LENGTH, 1))
    return keras_ae.create_model(
        "vae", (LENGTH, 2), latent_dim=2, units=(8,), preprocessor=scaling, seed=0
    )


@pytest.mark.parametrize("stride", [1, 3, 7])
def test_the_series_is_found_in_its_windows(stride):
    cut = windows(SERIES, LENGTH, stride)
    np.testing.assert_array_equal(whole_series(cut), SERIES[: (len(cut) - 1) * stride + LENGTH])
    assert whole_series(cut[[0, 2, 1]]) is None
    assert whole_series(windows(SERIES, LENGTH, LENGTH)) is None
    np.testing.assert_array_equal(whole_series(cut[:1]), SERIES[:LENGTH])


def test_a_point_s_score_is_the_mean_over_the_windows_that_cover_it(model):
    series = SERIES * [1.0, 100.0]
    cut = windows(series, LENGTH, 1).astype("float32")
    terms, rest = (keras.ops.convert_to_numpy(each) for each in model.score_terms(cut))
    found = point_terms(model, series.astype("float32"), LENGTH)
    assert found.shape == (60, 3)
    for point in (0, 1, 20, 59):
        covering = [start for start in range(len(cut)) if start <= point < start + LENGTH]
        said = [[*terms[start, point - start], rest[start] / LENGTH] for start in covering]
        np.testing.assert_allclose(found[point], np.mean(said, axis=0), rtol=1e-4)


@pytest.mark.slow
def test_a_detector_scores_the_points_alike():
    detector = keras_ae.series.SeriesDetector(LENGTH, members=1, steps=3, random_state=0)
    detector.fit(SERIES)
    (member,) = detector.detection_model_.members
    found = point_terms(member, SERIES, LENGTH).sum(axis=1)
    np.testing.assert_allclose(found, -detector.score_samples(SERIES), rtol=1e-4, atol=1e-4)


def test_strangest_points_are_apart():
    scores = np.array([0.0, 9.0, 8.0, 7.0, 1.0, 6.0])
    assert strangest(scores, 1).tolist() == [1, 2, 3, 5, 4, 0]
    assert strangest(scores, 3).tolist() == [1, 5]


def test_drawn_examples_have_the_noise_of_the_likelihood():
    layers = keras_ae.layers
    model = keras_ae.create_model(
        "vae",
        (LENGTH, 2),
        latent_dim=2,
        units=(8,),
        likelihood=layers.GaussianLikelihood(50.0),
        seed=0,
    )
    drawn = drawn_examples(model, 400, seed=0)
    assert drawn.shape == (400, LENGTH, 2)
    # The untrained decoder's mean is near 0: what is drawn is normal with that deviation.
    assert ks_2samp(drawn.ravel(), np.random.default_rng(0).normal(0, 50, 9000)).pvalue > 1e-3


@pytest.mark.slow
def test_the_page_of_a_series(model, tmp_path, undrawn):
    cut = windows(SERIES * [1.0, 100.0], LENGTH, 2).astype("float32")
    data = Dataset("log", cut, None, cut[:0], None, "here", feature_names=("level", "flow"))
    page = Page(report.write(model, data, tmp_path / "page.html").read_text("utf-8"))
    words = " | ".join(page.words)
    for title in ("Channels", "Associations", "Examples", "Points of the series"):
        assert title in words
    assert "flow | numeric | " in words
    assert "Strangest points, each 8 or more from the others" in words
    # Histograms, heatmaps; rows, samples, interpolations; map, KL, walks; scores, points.
    assert len(page.all("img")) == 2 + 3 + 3 + 3 + 2
    apart = cut[::-1]
    page = Page(report.write(model, apart, tmp_path / "page.html").read_text("utf-8"))
    assert "Points of the series" not in page.words
    assert "Channels" in page.words
