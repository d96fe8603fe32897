"""Noise on data, in training only: a denoising autoencoder's input, or pixels drawn anew."""

from keras_ae.layers.corruptions.corruption import Corruption
from keras_ae.layers.corruptions.gaussian_corruption import GaussianCorruption
from keras_ae.layers.corruptions.masking_noise import MaskingNoise
from keras_ae.layers.corruptions.salt_and_pepper_noise import SaltAndPepperNoise
from keras_ae.layers.corruptions.stochastic_binarization import StochasticBinarization

__all__ = [
    "Corruption",
    "GaussianCorruption",
    "MaskingNoise",
    "SaltAndPepperNoise",
    "StochasticBinarization",
]
