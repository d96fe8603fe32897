"""Likelihoods: how probable the data is, given what the decoder returns."""

from keras_ae.layers.likelihoods.bernoulli_likelihood import BernoulliLikelihood
from keras_ae.layers.likelihoods.continuous_bernoulli_likelihood import (
    ContinuousBernoulliLikelihood,
)
from keras_ae.layers.likelihoods.gaussian_likelihood import GaussianLikelihood
from keras_ae.layers.likelihoods.laplace_likelihood import LaplaceLikelihood
from keras_ae.layers.likelihoods.likelihood import Likelihood
from keras_ae.layers.likelihoods.scales import FixedScale, PredictedScale, Scale, SharedScale

__all__ = [
    "BernoulliLikelihood",
    "ContinuousBernoulliLikelihood",
    "FixedScale",
    "GaussianLikelihood",
    "LaplaceLikelihood",
    "Likelihood",
    "PredictedScale",
    "Scale",
    "SharedScale",
]
