"""The detector of points: aggregation, streams, thresholds, files, and what it refuses."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import estimator_checks_generator

from keras_ae import create_model
from keras_ae.estimators import AnomalyDetector
from keras_ae.layers import GaussianLikelihood
from keras_ae.series import SeriesDetector, peaks_over_threshold, windows
from tests.estimators.test_estimator_checks import ALWAYS, name_of
from tests.series.conftest import LENGTH, SMALL, waves


def by_hand(detector, x):
    """Return each point's strangeness, by a loop over its windows."""
    terms = detector.detection_model_.run("attribute", windows(x, LENGTH))
    each = terms["contributions"].sum(axis=2) + terms["rest"][:, np.newaxis] / LENGTH
    points = []
    for point in range(len(x)):
        covering = range(max(0, point - LENGTH + 1), min(point, len(each) - 1) + 1)
        points.append(np.mean([each[window, point - window] for window in covering]))
    return np.array(points)


@pytest.fixture(scope="module")
def last(fitted):
    """The same detector, with the past alone."""
    detector = SeriesDetector(**SMALL, aggregation="last")
    vars(detector).update(
        {name: value for name, value in vars(fitted.detector).items() if name != "aggregation"}
    )
    return detector


def test_a_point_is_the_mean_of_its_windows(fitted):
    strangeness = -fitted.detector.score_samples(fitted.x)
    np.testing.assert_allclose(strangeness, by_hand(fitted.detector, fitted.x), rtol=1e-5)


def test_the_past_alone(fitted, last):
    scores = last.score_samples(fitted.x)
    terms = last.detection_model_.run("attribute", windows(fitted.x, LENGTH))
    each = terms["contributions"].sum(axis=2) + terms["rest"][:, np.newaxis] / LENGTH
    np.testing.assert_allclose(-scores, np.r_[each[0, :-1], each[:, -1]], rtol=1e-5)
    np.testing.assert_array_equal(last.score_samples(fitted.x[:50]), scores[:50])


def test_conventions(fitted):
    detector, x = fitted.detector, fitted.x
    scores, decision = detector.score_samples(x), detector.decision_function(x)
    assert scores.shape == (300,)
    np.testing.assert_array_equal(decision, scores - detector.offset_)
    np.testing.assert_array_equal(detector.predict(x), np.where(decision < 0, -1, 1))
    detected = detector.detect(x)
    np.testing.assert_array_equal(detected["is_anomaly"], decision < 0)
    np.testing.assert_allclose(-detected["score"], scores)
    rest = -scores - detector.attribute(x).sum(axis=1)  # a KL
    assert detector.attribute(x).shape == x.shape
    assert (rest > 0).all()
    same = clone(detector)
    assert same.get_params() == detector.get_params()
    assert not hasattr(same, "detection_model_")


@pytest.mark.slow
def test_a_seed_repeats(fitted):
    again = SeriesDetector(**SMALL).fit(waves())
    np.testing.assert_array_equal(
        again.score_samples(fitted.x), fitted.detector.score_samples(fitted.x)
    )


@pytest.mark.parametrize("kind", ["mean", "last"])
def test_a_stream_is_the_whole(fitted, last, kind):
    """However it is cut, to the last bit."""
    detector = fitted.detector if kind == "mean" else last
    whole = detector.score_samples(fitted.x)
    for cuts in ([3, 4, 11, 12, 13, 290], list(range(1, 40)), []):
        parts = [detector.update(part) for part in np.split(fitted.x, cuts)]
        ends = np.cumsum([0, *map(len, parts)])
        given = [0, *cuts, 300]
        delay = 11 if kind == "mean" else 0
        assert all(
            end == (max(0, have - delay) if have >= LENGTH else 0)
            for end, have in zip(ends, given, strict=True)
        )
        np.testing.assert_array_equal(np.concatenate([*parts, detector.flush()]), whole)


def test_a_shift_changes_no_score_within(fitted):
    x, inside = fitted.x, slice(LENGTH, -LENGTH)
    scores = fitted.detector.score_samples(x)
    np.testing.assert_array_equal(fitted.detector.score_samples(x[1:])[inside], scores[1:][inside])


def test_a_score_does_not_depend_on_the_length(fitted):
    scores = fitted.detector.score_samples(fitted.x)
    part = fitted.detector.score_samples(fitted.x[100:200])
    edge = LENGTH - 1
    np.testing.assert_array_equal(part[edge:-edge], scores[100:200][edge:-edge])


def test_a_strange_point_and_its_channel_are_found(fitted):
    x = fitted.x.copy()
    x[150, 1] += 60
    x[0, 0] -= 5  # at the very edge
    scores = fitted.detector.score_samples(x)
    assert set(np.argsort(scores)[:2]) == {0, 150}
    assert fitted.detector.predict(x)[[0, 150]].tolist() == [-1, -1]
    assert fitted.detector.attribute(x)[[0, 150]].argmax(axis=1).tolist() == [0, 1]


def linear_autoencoder(x, components):
    """Return the autoencoder whose weights are those of a PCA of windows, and the PCA."""
    table = windows(x, LENGTH).reshape(-1, LENGTH * x.shape[1])
    pca = PCA(components, svd_solver="full").fit(table)
    model = create_model(
        "autoencoder",
        (LENGTH, x.shape[1]),
        components,
        units=(),
        likelihood=GaussianLikelihood(1.0),
    )
    encode, decode = model.bottleneck.trainable_variables, model.decoder.trainable_variables
    encode[0].assign(pca.components_.T)
    encode[1].assign(-pca.components_ @ pca.mean_)
    decode[0].assign(pca.components_)
    decode[1].assign(pca.mean_)
    return model, pca


def test_a_linear_autoencoder_is_sub_pca():
    x = waves(200) * [1.0, 0.05]
    model, pca = linear_autoencoder(x, 3)
    detector = SeriesDetector(LENGTH, model, "reconstruction_error").fit(x)
    table = windows(x, LENGTH).reshape(-1, LENGTH * 2)
    error = (table - pca.inverse_transform(pca.transform(table))) ** 2
    each = error.reshape(-1, LENGTH, 2)
    points = np.zeros((len(x), 2))
    counts = np.zeros((len(x), 1))
    for window, values in enumerate(each):
        points[window : window + LENGTH] += values
        counts[window : window + LENGTH] += 1
    np.testing.assert_allclose(detector.attribute(x), points / counts, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(
        -detector.score_samples(x), (points / counts).sum(axis=1), rtol=1e-4, atol=1e-6
    )
    limit = np.quantile(error.sum(axis=1), (0.25, 0.75))
    assert -detector.window_offset_ == pytest.approx(2.5 * limit[1] - 1.5 * limit[0], rel=1e-4)


def test_several_series_are_not_glued_together():
    """No window straddles two of them."""
    x = waves(120)
    other = x + np.array([5.0, 0.0])
    both = SeriesDetector(**{**SMALL, "steps": 0}).fit([x, other])
    scores = [-both.score_samples(part) for part in (x, other)]
    low, high = np.quantile(np.concatenate(scores), (0.25, 0.75))
    assert -both.offset_ == pytest.approx(high + 1.5 * (high - low))


@pytest.mark.slow
def test_training_on_several_series():
    x = waves(120)
    detector = SeriesDetector(**{**SMALL, "steps": 300}).fit([x, x[:50]])
    assert detector.losses_[0][-1] < detector.losses_[0][0]


def test_thresholds(fitted):
    x, short = waves(), {**SMALL, "steps": 0}
    share = SeriesDetector(**short, contamination=0.05).fit(x)
    assert (share.predict(x) < 0).sum() == 20
    peaks = SeriesDetector(**short, risk=1e-3).fit(waves(800))
    expected = peaks_over_threshold(-peaks.score_samples(waves(800)), 1e-3)
    assert -peaks.offset_ == pytest.approx(expected)
    share.offset_ = -1e9
    assert (share.predict(x) > 0).all()


@pytest.mark.slow
def test_far_from_zero():
    """Float32 would merge what a channel says."""
    x = waves(150)
    far = x * [0.001, 1.0] + [5_432_100.0, 0.0]
    near = SeriesDetector(**SMALL).fit(x * [0.001, 1.0])
    moved = SeriesDetector(**SMALL).fit(far)
    assert moved.location_[0] == pytest.approx(5_432_100, abs=0.01)
    np.testing.assert_allclose(
        moved.score_samples(far), near.score_samples(x * [0.001, 1.0]), rtol=0.05, atol=0.05
    )


def test_save_and_load(fitted, tmp_path):
    fitted.detector.save(tmp_path / "detector.zip")
    loaded = SeriesDetector.load(tmp_path / "detector.zip")
    np.testing.assert_array_equal(
        loaded.score_samples(fitted.x), fitted.detector.score_samples(fitted.x)
    )
    assert loaded.offset_ == fitted.detector.offset_
    assert loaded.window_offset_ == fitted.detector.window_offset_
    changed = {"scoring": loaded.scoring}  # an object
    assert loaded.get_params() == {**fitted.detector.get_params(), **changed}
    assert len(loaded.update(fitted.x)) == 289
    with pytest.raises(ValueError, match="a file that AnomalyDetector.save wrote.*SeriesDetector"):
        AnomalyDetector.load(tmp_path / "detector.zip")


def frame(points=100, start="2025-01-01"):
    index = pd.date_range(start, periods=points, freq="min")
    return pd.DataFrame(waves(points), index=index, columns=["level", "flow"])


def test_frames():
    data = frame()
    detector = SeriesDetector(**{**SMALL, "steps": 0}).fit(data)
    assert detector.feature_names_in_.tolist() == ["level", "flow"]
    whole = detector.score_samples(data)
    parts = [detector.update(data[:40]), detector.update(data[40:41]), detector.update(data[41:])]
    np.testing.assert_array_equal(np.concatenate([*parts, detector.flush()]), whole)
    np.testing.assert_array_equal(detector.score_samples(data.to_numpy()), whole)
    with pytest.raises(ValueError, match=r"channels of the training: 2 \(level, flow\).*flow, le"):
        detector.score_samples(data[["flow", "level"]])
    detector.update(data[:40])
    for late, words in ((41, "steps of one size, 60 s"), (39, "differ"), (0, "rise")):
        with pytest.raises(ValueError, match=words):
            detector.update(data[late:])
    hourly = frame().set_index(pd.date_range("2025-01-01", periods=100, freq="h"))
    assert detector.step_ == 60
    with pytest.raises(ValueError, match="time step of the training: 60. Received: 3600"):
        detector.score_samples(hourly)
    again = [detector.update(data[40:]), detector.flush()]
    np.testing.assert_array_equal(np.concatenate(again), whole[29:])


def test_no_window_is_kept_in_memory(fitted):
    """The models see batches: nothing of the size of all windows is made."""
    import tracemalloc

    x = waves(20_000).astype("float32")
    fitted.detector.score_samples(x[:600])
    tracemalloc.start()
    fitted.detector.score_samples(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * x.nbytes < windows(x, 128).nbytes / 2


@pytest.mark.slow
def test_some_of_scikit_learn_s_checks():
    detector = SeriesDetector(**{**SMALL, "length": 3, "steps": 2})
    known = {name_of(check): check for _, check in estimator_checks_generator(detector)}
    for name in ALWAYS:
        known[name](detector)


def test_the_models_window_is_the_input(fitted):
    model = fitted.detector.detection_model_
    assert model.example_shape == (LENGTH, 2)
    assert isinstance(model, keras.Model)
