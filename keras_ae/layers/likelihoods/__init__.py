"""Likelihoods: how probable the data is, given what the decoder returns."""

from keras_ae.layers.likelihoods.bernoulli_likelihood import BernoulliLikelihood
from keras_ae.layers.likelihoods.categorical_likelihood import CategoricalLikelihood
from keras_ae.layers.likelihoods.continuous_bernoulli_likelihood import (
    ContinuousBernoulliLikelihood,
)
from keras_ae.layers.likelihoods.gaussian_likelihood import GaussianLikelihood
from keras_ae.layers.likelihoods.laplace_likelihood import LaplaceLikelihood
from keras_ae.layers.likelihoods.likelihood import Likelihood
from keras_ae.layers.likelihoods.negative_binomial_likelihood import NegativeBinomialLikelihood
from keras_ae.layers.likelihoods.ordinal_likelihood import OrdinalLikelihood
from keras_ae.layers.likelihoods.poisson_likelihood import PoissonLikelihood
from keras_ae.layers.likelihoods.scales import FixedScale, PredictedScale, Scale, SharedScale
from keras_ae.layers.likelihoods.self_masked_table_likelihood import SelfMaskedTableLikelihood
from keras_ae.layers.likelihoods.student_t_likelihood import StudentTLikelihood
from keras_ae.layers.likelihoods.table_likelihood import TableLikelihood

__all__ = [
    "BernoulliLikelihood",
    "CategoricalLikelihood",
    "ContinuousBernoulliLikelihood",
    "FixedScale",
    "GaussianLikelihood",
    "LaplaceLikelihood",
    "Likelihood",
    "NegativeBinomialLikelihood",
    "OrdinalLikelihood",
    "PoissonLikelihood",
    "PredictedScale",
    "Scale",
    "SelfMaskedTableLikelihood",
    "SharedScale",
    "StudentTLikelihood",
    "TableLikelihood",
]
