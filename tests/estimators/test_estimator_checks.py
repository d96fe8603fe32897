"""scikit-learn's own checks of estimators; what fails is named, with the reason, and must fail."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from keras_ae.estimators import AnomalyDetector, AutoencoderTransformer

QUICK = {"steps": 2, "options": {"units": (4,)}}
ESTIMATORS = [AnomalyDetector(members=1, **QUICK), AutoencoderTransformer(**QUICK)]
EXPECTED_FAILURES = {"AnomalyDetector": {}, "AutoencoderTransformer": {}}
# What every run looks at; the whole suite is slow.
ALWAYS = (
    "check_estimator_cloneable",
    "check_fit_check_is_fitted",
    "check_no_attributes_set_in_init",
)


def expected_failures(estimator):
    return EXPECTED_FAILURES[type(estimator).__name__]


# Two steps: what a user gets, traced, is what the other tests of this folder run.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning")
@pytest.mark.usefixtures("eager")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures, xfail_strict=True)
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)


def name_of(check):
    return getattr(check, "func", check).__name__


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
def test_some_of_them(estimator):
    known = {name_of(check): check for _, check in estimator_checks_generator(estimator)}
    for name in ALWAYS:
        known[name](estimator)
    assert set(expected_failures(estimator)) <= set(known)
