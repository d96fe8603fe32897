"""Noise put on the input of a denoising autoencoder, in training only."""

from keras_ae.layers.corruptions.corruption import Corruption
from keras_ae.layers.corruptions.gaussian_corruption import GaussianCorruption
from keras_ae.layers.corruptions.masking_noise import MaskingNoise
from keras_ae.layers.corruptions.salt_and_pepper_noise import SaltAndPepperNoise

__all__ = ["Corruption", "GaussianCorruption", "MaskingNoise", "SaltAndPepperNoise"]
