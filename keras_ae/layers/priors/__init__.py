"""Priors: the distribution of the latent before any data is seen."""

from keras_ae.layers.priors.code_prior import CodePrior
from keras_ae.layers.priors.mixture_prior import MixturePrior
from keras_ae.layers.priors.prior import Prior
from keras_ae.layers.priors.standard_normal_prior import StandardNormalPrior
from keras_ae.layers.priors.tfp_prior import TFPPrior

__all__ = ["CodePrior", "MixturePrior", "Prior", "StandardNormalPrior", "TFPPrior"]
