"""scikit-learn's own checks of estimators; what fails is named, with the reason, and must fail."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from keras_ae.estimators import AnomalyDetector, AutoencoderTransformer

QUICK = {"steps": 20, "options": {"units": (4,)}}
ESTIMATORS = [AnomalyDetector(members=1, **QUICK), AutoencoderTransformer(**QUICK)]
EXPECTED_FAILURES = {"AnomalyDetector": {}, "AutoencoderTransformer": {}}
# What every run looks at; the whole suite is slow.
ALWAYS = (
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_fit_check_is_fitted",
    "check_n_features_in",
    "check_no_attributes_set_in_init",
    "check_outliers_train",
)


def expected_failures(estimator):
    return EXPECTED_FAILURES[type(estimator).__name__]


@pytest.mark.slow
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures, xfail_strict=True)
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)


def name_of(check):
    return getattr(check, "func", check).__name__


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
def test_some_of_them(estimator):
    names = []
    for each, check in estimator_checks_generator(estimator):
        if name_of(check) in ALWAYS and name_of(check) not in names:
            names.append(name_of(check))
            check(each)
    assert len(names) >= len(ALWAYS) - 1  # outliers are a detector's
    known = {name_of(check) for _, check in estimator_checks_generator(estimator)}
    assert set(expected_failures(estimator)) <= known
