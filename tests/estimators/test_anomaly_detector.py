"""The detector: scikit-learn's conventions, thresholds, attribution, files."""

import json
import zipfile

import keras
import numpy as np
import pytest
from sklearn import metrics
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from keras_ae import create_model, layers
from keras_ae.estimators import AnomalyDetector, DetectionScores, ImportanceWeightedLikelihood
from tests.estimators.conftest import SMALL, table


def test_the_strange_rows_are_found(fitted):
    scores = fitted.detector.evaluate(fitted.x, fitted.labels)
    assert scores.auroc > 0.9
    assert scores.anomalies == 8
    assert scores.flagged == 8  # contamination 0.05 of 160 rows


def test_conventions(fitted):
    detector, x = fitted.detector, fitted.x
    samples, decision = detector.score_samples(x), detector.decision_function(x)
    np.testing.assert_allclose(decision, samples - detector.offset_)
    np.testing.assert_array_equal(detector.predict(x), np.where(decision < 0, -1, 1))
    assert samples.dtype == np.float64


@pytest.mark.slow
def test_a_named_model_s_score_is_its_members_own(named):
    members = named.detector.detection_model_.members
    own = np.mean([member.anomaly_score(named.x) for member in members], axis=0)
    np.testing.assert_allclose(-named.detector.score_samples(named.x), own, rtol=1e-4, atol=1e-4)


def test_detect_is_the_graph_s_decision(fitted):
    detected = fitted.detector.detect(fitted.x)
    np.testing.assert_array_equal(-detected["score"], fitted.detector.score_samples(fitted.x))
    np.testing.assert_array_equal(detected["is_anomaly"], fitted.detector.predict(fitted.x) < 0)
    decision = fitted.detector.decision_function(fitted.x)
    np.testing.assert_allclose(detected["decision"], decision, rtol=1e-5, atol=1e-5)


def test_contributions_sum_to_the_nll(named):
    contributions = named.detector.attribute(named.x)
    assert contributions.shape == named.x.shape
    nll = []
    for member in named.detector.detection_model_.members:
        parameters = member.decoder(member.encode(named.x))
        nll.append(
            -np.asarray(member.likelihood.log_prob(member.preprocessor(named.x), parameters))
        )
    np.testing.assert_allclose(
        contributions.sum(axis=1), np.mean(nll, axis=0), rtol=1e-4, atol=1e-4
    )


def test_the_column_that_is_off_contributes_most(fitted):
    rows = np.median(fitted.x, axis=0) * np.ones((4, 1))
    rows[np.arange(4), np.arange(4)] += [9.0, 90.0, 900.0, 0.9]
    assert fitted.detector.attribute(rows).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_evaluate_is_scikit_learn_s(fitted):
    scores = fitted.detector.evaluate(fitted.x, fitted.labels)
    strange = -fitted.detector.score_samples(fitted.x)
    found = fitted.detector.predict(fitted.x) < 0
    assert scores.auroc == metrics.roc_auc_score(fitted.labels, strange)
    assert scores.average_precision == metrics.average_precision_score(fitted.labels, strange)
    assert scores.f1 == metrics.f1_score(fitted.labels, found)
    assert (scores.precision, scores.recall) == (
        metrics.precision_score(fitted.labels, found),
        metrics.recall_score(fitted.labels, found),
    )


@pytest.mark.parametrize("labels", [np.zeros(3), [0, 1], [0, 1, 2], [-1, 1, 1]])
def test_labels_must_be_zeros_and_ones(labels):
    with pytest.raises(ValueError, match="`labels` must be of shape"):
        DetectionScores.of([1.0, 2.0, 3.0], labels, 2.0)


def test_automatic_threshold_is_tukey_s_fence():
    x, _ = table()
    detector = AnomalyDetector(members=1, **{**SMALL, "steps": 0}).fit(x)
    low, high = np.quantile(-detector.score_samples(x), (0.25, 0.75))
    assert -detector.offset_ == pytest.approx(high + 1.5 * (high - low), rel=1e-5)


@pytest.mark.slow
def test_a_given_model_is_used_as_it_is():
    """Only the threshold is fitted; with `steps` a copy is trained."""
    x, _ = table()
    model = create_model(
        "vae", (4,), 2, units=(8,), preprocessor=layers.RobustScaling.of(x), seed=0
    )
    before = model.get_weights()
    as_it_is = AnomalyDetector(model).fit(x)
    np.testing.assert_allclose(-as_it_is.score_samples(x), model.anomaly_score(x), rtol=1e-5)
    trained = AnomalyDetector(model, steps=50, random_state=0).fit(x)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert trained.score_samples(x).mean() > as_it_is.score_samples(x).mean()


@pytest.mark.slow
def test_images_are_scored_by_the_recipe_s_own_model():
    images = np.random.default_rng(0).uniform(size=(20, 6, 5, 1)).astype("float32")
    detector = AnomalyDetector(
        "autoencoder", members=1, steps=2, options={"filters": (4,)}, random_state=0
    ).fit(images)
    assert detector.attribute(images).shape == images.shape
    assert isinstance(detector.detection_model_.members[0].likelihood, layers.BernoulliLikelihood)


@pytest.mark.slow
def test_wild_columns_don_t_break_training():
    x = np.random.default_rng(0).standard_cauchy(size=(200, 3)) * [1e-3, 1.0, 1e6]
    detector = AnomalyDetector(members=1, steps=200, random_state=0).fit(x)
    assert np.isfinite(detector.score_samples(x)).all()


def test_save_and_load(fitted, tmp_path):
    path = tmp_path / "detector.zip"
    fitted.detector.save(path)
    loaded = AnomalyDetector.load(path)
    np.testing.assert_array_equal(
        loaded.score_samples(fitted.x), fitted.detector.score_samples(fitted.x)
    )
    assert loaded.offset_ == fitted.detector.offset_
    assert loaded.losses_ == fitted.detector.losses_
    changed = {"scoring": loaded.scoring, "options": {"units": [8]}}  # JSON has lists, no tuples
    assert loaded.get_params() == {**fitted.detector.get_params(), **changed}
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["detector.json", "model.keras"]
    assert [each.name for each in tmp_path.iterdir()] == ["detector.zip"]


@pytest.mark.slow
def test_what_is_saved_of_other_arguments(tmp_path):
    """Options that are layers, a score that is an object, a stream of random numbers."""
    x, _ = table()
    options = {"likelihood": layers.GaussianLikelihood(0.5), "units": (4,)}
    detector = AnomalyDetector(
        "vae",
        ImportanceWeightedLikelihood(3, seed=1),
        members=1,
        steps=5,
        options=options,
        random_state=np.random.RandomState(0),
    ).fit(x)
    detector.save(tmp_path / "d")
    loaded = AnomalyDetector.load(tmp_path / "d")
    assert loaded.scoring == detector.scoring
    assert loaded.options["likelihood"].scale.value == 0.5
    assert loaded.random_state is None
    again = clone(loaded).fit(x)
    assert again.score_samples(x).shape == (len(x),)


def test_a_score_that_the_model_can_not_give_is_refused_before_training(monkeypatch):
    monkeypatch.setattr("keras_ae.estimators._trained.Training", None)
    with pytest.raises(ValueError, match="`scoring` must be elbo, .*without a posterior"):
        AnomalyDetector(scoring="importance_weighted", members=1, **SMALL).fit(table()[0])


@pytest.mark.slow
def test_a_given_model_is_saved_with_it(tmp_path):
    x, _ = table()
    scaling = layers.RobustScaling.of(x)
    model = create_model("vae", (4,), 2, units=(4,), preprocessor=scaling, seed=0)
    detector = AnomalyDetector(model).fit(x)
    detector.save(tmp_path / "d")
    loaded = AnomalyDetector.load(tmp_path / "d")
    np.testing.assert_array_equal(loaded.score_samples(x), detector.score_samples(x))
    assert isinstance(loaded.model, type(model))


def test_saving_replaces_nothing_unasked(fitted, tmp_path):
    path = tmp_path / "detector"
    path.write_text("mine")
    with pytest.raises(ValueError, match="overwrite=True"):
        fitted.detector.save(path)
    assert path.read_text() == "mine"
    fitted.detector.save(path, overwrite=True)
    assert AnomalyDetector.load(path).offset_ == fitted.detector.offset_
    with pytest.raises(NotFittedError):
        AnomalyDetector().save(tmp_path / "other")


def test_a_failed_save_leaves_what_was_there(fitted, tmp_path, monkeypatch):
    path = tmp_path / "detector"
    fitted.detector.save(path)
    content = path.read_bytes()

    def full(self, *args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(keras.Model, "save", full)
    with pytest.raises(OSError, match="no space"):
        fitted.detector.save(path, overwrite=True)
    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["detector"]


def test_what_is_no_detector_is_refused(tmp_path):
    wrong = tmp_path / "wrong"
    for content in (b"text", b""):
        wrong.write_bytes(content)
        with pytest.raises(ValueError, match="expected a file that AnomalyDetector.save wrote"):
            AnomalyDetector.load(wrong)
    with zipfile.ZipFile(wrong, "w") as archive:
        archive.writestr("model.keras", b"")
        archive.writestr("detector.json", json.dumps({"schema": 99}))
    with pytest.raises(ValueError, match="expected schema 1. Received: schema 99"):
        AnomalyDetector.load(wrong)
    with pytest.raises(ValueError, match="no file of this name"):
        AnomalyDetector.load(tmp_path / "absent")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contamination": 0.6}, "`contamination` must be a number > 0 and <= 0.5|<= 0.5 and > 0"),
        ({"contamination": "some"}, "`contamination` must be 'auto' or a number"),
        ({"scoring": "mse"}, "`scoring` must be one of"),
        ({"members": 0}, "`members` must be an integer >= 1"),
        ({"steps": -1}, "`steps` must be an integer >= 0"),
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1"),
        ({"learning_rate": 0}, "`learning_rate` must be a number > 0"),
        ({"latent_dim": 0}, "`latent_dim` must be an integer >= 1"),
        ({"model": "vaee"}, "`model` must be one of autoencoder"),
        ({"model": 3}, "`model` must be the name of a recipe or an Autoencoder"),
        ({"options": {"hidden": 3}}, "Options must be among"),
        ({"options": "units"}, "`options` must be a dict"),
        (
            {"model": "autoencoder", "scoring": "importance_weighted", "steps": 0},
            "without a posterior",
        ),
    ],
    ids=str,
)
def test_wrong_arguments_are_named_by_fit(changes, words):
    x, _ = table(20)
    with pytest.raises((TypeError, ValueError), match=words):
        AnomalyDetector(**{"members": 1, **changes}).fit(x)


def test_a_given_model_takes_no_recipe_s_arguments():
    x, _ = table(20)
    model = create_model("vae", (4,), 2, units=(4,))
    with pytest.raises(ValueError, match="`members` must be 1 or None.*members=2"):
        AnomalyDetector(model, members=2).fit(x)
    with pytest.raises(ValueError, match="`options` must be None"):
        AnomalyDetector(model, options={"units": (4,)}).fit(x)


@pytest.mark.parametrize(
    "number",
    [
        np.int64(1),
        pytest.param(1, marks=pytest.mark.slow),
        pytest.param(np.float32(0.01), marks=pytest.mark.slow),
    ],
)
def test_learning_rates_of_any_kind(number):
    x = np.random.default_rng(0).normal(size=(40, 3))
    detector = AnomalyDetector(learning_rate=number, steps=2, members=1, verbose=0).fit(x)
    assert np.isfinite(detector.score_samples(x)).all()
