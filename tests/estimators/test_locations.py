"""Columns that float32 would round off, and the threshold that may be set."""

import copy

import keras
import numpy as np
import pytest
from keras import ops
from sklearn import metrics
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from keras_ae import create_model, layers
from keras_ae.estimators import AnomalyDetector, AutoencoderTransformer
from tests.estimators.conftest import SMALL, table

FAR = np.array([5_432_100.0, 1_760_000_000.0, 0.0, 0.0])


def far_table():
    """Return the table of the other tests with two columns moved far away, and its labels."""
    x, labels = table()
    x = x.astype("float64") * [0.05, 1.0, 1.0, 1.0]
    return x + FAR, x, labels


@pytest.fixture(scope="module")
def far():
    x, near, _ = far_table()
    return AnomalyDetector(members=1, **SMALL).fit(x), x, near


@pytest.fixture(scope="module")
def near():
    """The same rows near 0, where float32 holds them, and which are strange."""
    _, x, labels = far_table()
    return AnomalyDetector(members=1, **SMALL).fit(x), x, labels


@pytest.mark.slow
def test_a_place_far_from_0_changes_nothing(far, near):
    detector, x, _ = far
    other, near, _ = near
    assert other.location_ is None
    np.testing.assert_array_equal(detector.location_[2:], 0.0)
    ours, theirs = detector.score_samples(x), other.score_samples(near)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(detector.attribute(x), other.attribute(near), rtol=1e-2, atol=1e-2)


def test_the_file_has_the_location(far, tmp_path):
    detector, x, _ = far
    detector.save(tmp_path / "d")
    loaded = AnomalyDetector.load(tmp_path / "d")
    np.testing.assert_array_equal(loaded.location_, detector.location_)
    np.testing.assert_array_equal(loaded.score_samples(x), detector.score_samples(x))


def test_what_is_exported_takes_the_data_as_they_are(far):
    detector, x, _ = far
    model = detector.detection_model_
    assert model.input_dtype == "float64"
    arrays = model.endpoint("detect", None).predict_on_batch([x], len(x))
    np.testing.assert_allclose(-arrays["score"], detector.score_samples(x), rtol=1e-5)


def test_the_exported_functions_subtract_in_float64(far):
    if keras.backend.backend() != "tensorflow":
        return  # which has no float64 unless it is told to; `run` subtracts in NumPy
    detector, x, _ = far
    functions = detector.detection_model_.functions()
    ours = functions["detect"](ops.convert_to_tensor(x))["score"]
    np.testing.assert_allclose(-ours, detector.score_samples(x), rtol=1e-4, atol=1e-4)
    detected = detector.detection_model_(x)
    np.testing.assert_array_equal(detected["score"], ours)


@pytest.mark.parametrize("how", ["options", pytest.param("model", marks=pytest.mark.slow)])
def test_a_robust_scaling_of_one_s_own_follows(how):
    x, near, _ = far_table()
    scaling = layers.RobustScaling.of(x)
    options = {"units": (8,), "preprocessor": scaling}
    if how == "options":
        detector = AnomalyDetector(members=1, **{**SMALL, "steps": 0, "options": options}).fit(x)
    else:
        model = create_model("vae", (4,), 2, **options, seed=0)
        detector = AnomalyDetector(model, steps=10, random_state=0).fit(x)
    assert detector.location_ is not None
    left = detector.detection_model_.members[0].preprocessor(x - detector.location_)
    np.testing.assert_allclose(left, layers.RobustScaling.of(near)(near), rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(scaling.center, np.median(x, axis=0))  # the user's, untouched


def test_another_preprocessor_is_warned_of():
    x, _, _ = far_table()
    scaling = keras.layers.Normalization()
    scaling.adapt(x.astype("float32"))
    options = {"units": (8,), "preprocessor": scaling}
    with pytest.warns(UserWarning, match="`X`: float32 leaves .* of column 0"):
        detector = AnomalyDetector(members=1, steps=0, options=options).fit(x)
    assert detector.location_ is None


@pytest.mark.slow
def test_the_latent_and_the_way_back():
    x, near, _ = far_table()
    arguments = {"steps": 10, "options": {"units": (8,)}, "random_state": 0}
    transformer = AutoencoderTransformer(**arguments).fit(x)
    other = AutoencoderTransformer(**arguments).fit(near)
    latent = transformer.transform(x)
    np.testing.assert_allclose(latent, other.transform(near), rtol=1e-2, atol=1e-2)
    back = transformer.inverse_transform(latent)
    np.testing.assert_allclose(back - FAR, other.inverse_transform(latent), rtol=1e-2, atol=1e-2)


@pytest.mark.slow
def test_five_centimetres_on_a_map_are_seen():
    """Ranked as well as by a detector that scikit-learn's scaler stands before."""
    random = np.random.default_rng(0)

    def points(rows, off=0.0):
        north = 5_432_100 + random.normal(0, 0.05, rows) + off * random.choice([-1, 1], rows)
        return np.c_[north, 412_345 + random.normal(0, 0.05, rows), random.normal(20, 1, rows)]

    train, x = points(1000), np.r_[points(300), points(60, 0.24)]
    labels = np.r_[np.zeros(300), np.ones(60)]
    detector = AnomalyDetector(members=1, steps=800, random_state=0)
    before = make_pipeline(RobustScaler(), clone(detector)).fit(train)
    expected = metrics.roc_auc_score(labels, -before.score_samples(x))
    assert expected > 0.97
    reached = metrics.roc_auc_score(labels, -detector.fit(train).score_samples(x))
    assert reached > expected - 0.005


def test_the_threshold_may_be_set_and_everything_follows(near, monkeypatch, tmp_path):
    detector, x, labels = near
    monkeypatch.setattr(detector, "offset_", np.quantile(detector.score_samples(x), 0.3))
    flagged = detector.predict(x) < 0
    assert flagged.sum() == 48
    detector.save(tmp_path / "d")
    for each in (detector, AnomalyDetector.load(tmp_path / "d"), copy.deepcopy(detector)):
        assert each.offset_ == detector.offset_ == -each.detection_model_.threshold
        np.testing.assert_array_equal(each.predict(x) < 0, flagged)
        np.testing.assert_array_equal(each.decision_function(x) < 0, flagged)
        np.testing.assert_array_equal(each.detect(x)["is_anomaly"], flagged)
        np.testing.assert_array_equal(
            each.detection_model_.run("detect", x)["decision"] < 0, flagged
        )
        assert each.evaluate(x, labels).flagged == 48
    detector.detection_model_.set_threshold(1e9)
    assert (detector.predict(x) > 0).all()
    with pytest.raises(ValueError, match="`offset_` must be a number. Received: offset_=nan"):
        detector.offset_ = np.nan
    with pytest.raises(AttributeError):
        _ = AnomalyDetector().offset_


def test_values_that_are_missing_get_one_line():
    x, _ = table()
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"`X` must be finite. Received: 1 NaN of .* at \(3, 1\)"):
        AnomalyDetector(steps=1).fit(x)
