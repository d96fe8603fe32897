"""The maths: densities, divergences and bounds as functions of tensors, per example, in nats.

Arguments are tensors, arrays, lists or numbers. What isn't an array of real numbers and shapes
that don't go together are refused by a TypeError or ValueError that names the argument. That looks
at types and known shapes only, and costs a compiled step nothing. Values are not looked at: a
scale of 0, a probability above 1 or a NaN gives what the formula gives, NaN or infinity.
"""

from keras_ae import _extras

_extras.require("keras")

import keras  # noqa: F401 - before any part: see keras_ae/_registration.py

from keras_ae.probability.bounds import evidence_bound, importance_weighted_bound, log_mean_exp
from keras_ae.probability.densities import (
    bernoulli_log_prob,
    categorical_log_prob,
    continuous_bernoulli_log_normalizer,
    continuous_bernoulli_log_prob,
    continuous_bernoulli_mean,
    laplace_log_prob,
    multivariate_normal_log_prob,
    normal_log_prob,
    standard_normal_log_prob,
)
from keras_ae.probability.divergences import (
    MonteCarloKL,
    kl_discrete,
    kl_multivariate_normal,
    kl_multivariate_standard_normal,
    kl_normal,
    kl_standard_normal,
    kl_standard_normal_per_dimension,
    monte_carlo_kl,
)
from keras_ae.probability.mmd import (
    gaussian_kernel,
    inverse_multiquadratic_kernel,
    mmd_penalty,
    mmd_unbiased,
)
from keras_ae.probability.table_densities import (
    negative_binomial_log_prob,
    ordinal_log_prob,
    poisson_log_prob,
    student_t_log_prob,
)

__all__ = [
    "MonteCarloKL",
    "bernoulli_log_prob",
    "categorical_log_prob",
    "continuous_bernoulli_log_normalizer",
    "continuous_bernoulli_log_prob",
    "continuous_bernoulli_mean",
    "evidence_bound",
    "gaussian_kernel",
    "importance_weighted_bound",
    "inverse_multiquadratic_kernel",
    "kl_discrete",
    "kl_multivariate_normal",
    "kl_multivariate_standard_normal",
    "kl_normal",
    "kl_standard_normal",
    "kl_standard_normal_per_dimension",
    "laplace_log_prob",
    "log_mean_exp",
    "mmd_penalty",
    "mmd_unbiased",
    "monte_carlo_kl",
    "multivariate_normal_log_prob",
    "negative_binomial_log_prob",
    "normal_log_prob",
    "ordinal_log_prob",
    "poisson_log_prob",
    "standard_normal_log_prob",
    "student_t_log_prob",
]
