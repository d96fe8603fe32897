"""What int8 may lose: good quantizations pass with room, broken ones fail."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from keras_ae.export import quality
from keras_ae.export.quality import MEASURES, Limits, read_limits

RANDOM = np.random.default_rng(0)
LATENT = RANDOM.normal(size=(200, 4))
IMAGES = np.clip(RANDOM.normal(0.5, 0.3, (200, 8, 8, 1)), 0, 1)
SCORES = RANDOM.gamma(9.0, 10.0, 200)
LABELS = (SCORES + RANDOM.normal(0, 20, 200) > 120).astype(int)


def int8(array):
    """Return an array through 8 bits, as a good quantization does."""
    scale = np.ptp(array) / 255
    return np.round(array / scale) * scale


BREAK = {
    "wrong scale": lambda array: array * 1.5,
    "unscaled": lambda array: np.round(array / (np.ptp(array) / 255)),
    "zeroed": np.zeros_like,
    "clipped": lambda array: np.minimum(array, np.median(array)),
    "another row": lambda array: array[::-1],
    "not finite": lambda array: np.full_like(array, np.nan),
}
OUTPUTS = {
    "encode": {"latent": LATENT},
    "posterior": {"mean": LATENT, "scale": np.exp(LATENT / 4)},
    "sample_posterior": {"latent": LATENT},
    "decode": {"reconstruction": IMAGES},
    "generate": {"reconstruction": IMAGES},
    "reconstruct": {"reconstruction": IMAGES},
    "score": {"score": SCORES},
    "detect": {"score": SCORES, "decision": 120 - SCORES, "is_anomaly": SCORES > 120},
    "attribute": {"contributions": IMAGES, "rest": SCORES},
    "call": {"anything": IMAGES, "dark": IMAGES.mean(axis=(1, 2, 3)) < 0.5},
}

KINDS = {
    **dict.fromkeys(("encode", "posterior", "sample_posterior"), "code"),
    **dict.fromkeys(("decode", "generate", "reconstruct", "attribute"), "data"),
    **dict.fromkeys(("score", "detect"), "score"),
    "call": None,
}


def judge(endpoint, *arguments, **named):
    """Judge an endpoint by the kind that models say it is of."""
    return quality.judge(endpoint, *arguments, kind=KINDS[endpoint], **named)


def value(name, *arguments, **named):
    """Return the value of the measure of this name."""
    return next(each.value for each in judge(*arguments, **named) if each.name == name)


def test_every_kind_has_measures():
    assert set(KINDS.values()) == set(MEASURES)
    made = {kind: set() for kind in MEASURES}
    for endpoint, expected in {**OUTPUTS, "indices": {"indices": np.arange(200)}}.items():
        kind = KINDS.get(endpoint, "code")
        measures = quality.judge(endpoint, expected, expected, x=IMAGES, labels=LABELS, kind=kind)
        assert measures
        made[kind] |= {each.name for each in measures}
    made["data"] |= {"decision_agreement"}  # of data that are whole numbers
    assert made == {kind: set(names) for kind, names in MEASURES.items()}


@pytest.mark.parametrize("endpoint", OUTPUTS)
def test_eight_bits_pass_with_room(endpoint):
    expected = OUTPUTS[endpoint]
    received = {n: a if a.dtype == bool else int8(a) for n, a in expected.items()}
    noisy = IMAGES + np.float64(RANDOM.normal(0, 0.1, IMAGES.shape))
    for measure in judge(endpoint, expected, received, x=noisy, labels=LABELS):
        assert measure.passed
        if measure.name not in ("decision_agreement", "error_ratio"):
            assert abs(measure.value) < measure.limit / 2


@pytest.mark.parametrize("kind", BREAK)
@pytest.mark.parametrize("endpoint", OUTPUTS)
def test_broken_ones_fail(endpoint, kind):
    expected = OUTPUTS[endpoint]
    for name, array in expected.items():
        if array.dtype != bool:
            received = {**expected, name: BREAK[kind](array)}
            assert not all(each.passed for each in judge(endpoint, expected, received))


def test_latent_error_is_relative_to_the_spread():
    shifted = {"latent": LATENT + 100 + 0.05 * LATENT.std()}
    error = value("latent_error", "encode", {"latent": LATENT + 100}, shifted)
    assert error == pytest.approx(0.05, rel=0.01)


def test_error_ratio_is_of_mean_squared_errors():
    x, expected = IMAGES + 0.1, {"reconstruction": IMAGES}
    received = {"reconstruction": IMAGES - 0.1}
    assert value("error_ratio", "reconstruct", expected, received, x=x) == pytest.approx(4.0)
    perfect = {"reconstruction": x}
    assert value("error_ratio", "reconstruct", perfect, perfect, x=x) == 1.0
    assert value("error_ratio", "reconstruct", perfect, received, x=x) == float("inf")


def test_uint8_images_do_not_wrap_around():
    levels = {"reconstruction": np.uint8(IMAGES * 255)}
    wrong = {"reconstruction": np.uint8(255 - levels["reconstruction"])}
    assert all(each.passed for each in judge("decode", levels, levels))
    assert not any(each.passed for each in judge("decode", levels, wrong))


def test_nats_are_counted_with_their_sign():
    received = {"score": SCORES - 14.0}
    assert value("nats_lost", "score", {"score": SCORES}, received) == pytest.approx(-14.0)
    measure = judge("score", {"score": SCORES}, received)[0]
    assert not measure.passed
    assert measure.text == "score/score: nats_lost -14 nats (limit 1)"


def test_decisions_are_at_the_threshold_or_at_the_quantile():
    expected, received = {"score": np.arange(100.0)}, {"score": np.arange(100.0) + 10.0}
    name = "decision_agreement"
    assert value(name, "score", expected, received) == pytest.approx(0.9)
    assert value(name, "score", expected, received, threshold=200.0) == 1.0
    assert value(name, "score", expected, received, threshold=4.5) == pytest.approx(0.95)
    own = [{"score": SCORES, "is_anomaly": limit < SCORES} for limit in (90.0, 100.0)]
    between = np.mean((SCORES > 90.0) & (SCORES <= 100.0))
    assert value(name, "score", *own) == pytest.approx(1 - between)


def test_one_example_may_always_decide_otherwise():
    expected = {"score": np.arange(20.0)}
    for differing, passed in ((1, True), (2, False)):
        scores = np.arange(20.0)
        scores[:differing] += 18.6
        measures = judge("score", expected, {"score": scores}, threshold=18.5)
        assert {m.name: m.passed for m in measures}["decision_agreement"] is passed


def test_auroc_change_is_scikit_learns_and_only_a_loss_fails():
    noise = SCORES + RANDOM.normal(0, 60, 200)
    before, after = (roc_auc_score(LABELS, each) for each in (SCORES, noise))
    assert before - after > 0.02
    for expected, received, passed in ((SCORES, noise, False), (noise, SCORES, True)):
        measure = judge("score", {"score": expected}, {"score": received}, labels=LABELS)[-1]
        assert abs(measure.value) == pytest.approx(before - after)
        assert (measure.name, measure.passed) == ("auroc_change", passed)
    with pytest.raises(ValueError, match="both 0 and 1 .* Received: 200 labels, all 1"):
        judge("score", {"score": SCORES}, {"score": SCORES}, labels=np.ones(200))


def test_limits_are_given_an_endpoint_each():
    expected, received = {"latent": LATENT}, {"latent": LATENT * 1.2}
    assert not judge("encode", expected, received)[0].passed
    loose = {"encode": {"latent_error": 0.3}}
    assert judge("encode", expected, received, limits=loose)[0].passed
    assert not judge("sample_posterior", expected, received, limits=loose)[0].passed
    assert read_limits(None, KINDS)["score"] == Limits()


@pytest.mark.parametrize(
    ("limits", "error", "message"),
    [
        ({"encoder": {}}, ValueError, "among encode, posterior, .* Received: 'encoder'"),
        ({"encode": {"nats_lost": 1}}, ValueError, "of encode must be among latent_error"),
        ({"encode": 0.1}, TypeError, "a dict from measure to number"),
        ([("encode", {})], TypeError, "`limits` must be a dict such as"),
        ({"encode": {"latent_error": -1}}, ValueError, "latent_error=-1"),
        ({"score": {"decision_agreement": 98}}, ValueError, "<= 1.0. .*=98"),
        ({"reconstruct": {"error_ratio": 0.9}}, ValueError, ">= 1.0. .*=0.9"),
        ({"score": {"nats_lost": "1"}}, TypeError, "nats_lost='1'"),
    ],
)
def test_wrong_limits_are_errors(limits, error, message):
    with pytest.raises(error, match=message):
        read_limits(limits, KINDS)


def test_outputs_of_another_shape_are_errors():
    with pytest.raises(ValueError, match=r"`latent` must have shape \(200, 4\)"):
        judge("encode", {"latent": LATENT}, {"latent": LATENT[:5]})
    with pytest.raises(ValueError, match="Received: nothing"):
        judge("encode", {"latent": LATENT}, {})


def test_measures_become_plain_values():
    (measure,) = judge("encode", {"latent": LATENT}, {"latent": LATENT})
    record = dataclasses.asdict(measure)
    assert (record["endpoint"], record["output"], record["name"]) == (
        "encode", "latent", "latent_error",
    )  # fmt: skip
    assert record["passed"] is True
    assert {type(each) for each in record.values()} == {str, float, bool}
