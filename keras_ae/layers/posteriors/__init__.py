"""Posteriors: what an encoder says of the latent of each example."""

from keras_ae.layers.posteriors.full_normal_posterior import FullNormalPosterior
from keras_ae.layers.posteriors.normal_posterior import NormalPosterior
from keras_ae.layers.posteriors.posterior import Posterior

__all__ = ["FullNormalPosterior", "NormalPosterior", "Posterior"]
