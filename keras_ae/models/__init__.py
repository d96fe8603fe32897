"""Models: subclassed Keras models trained by plain `model.fit`, and the recipes by name."""

from keras_ae import _extras

_extras.require("keras")

import keras  # noqa: F401 - before any part: see keras_ae/_registration.py

from keras_ae.models.autoencoder import Autoencoder
from keras_ae.models.code_prior import fit_code_prior
from keras_ae.models.denoising_autoencoder import DenoisingAutoencoder
from keras_ae.models.importance_weighted_autoencoder import ImportanceWeightedAutoencoder
from keras_ae.models.recipes import compose, default_likelihood
from keras_ae.models.registry import create_model, list_models, register_model
from keras_ae.models.stacked_autoencoder import StackedAutoencoder
from keras_ae.models.transcoder import Transcoder
from keras_ae.models.variational_autoencoder import VariationalAutoencoder

__all__ = [
    "Autoencoder",
    "DenoisingAutoencoder",
    "ImportanceWeightedAutoencoder",
    "StackedAutoencoder",
    "Transcoder",
    "VariationalAutoencoder",
    "compose",
    "create_model",
    "default_likelihood",
    "fit_code_prior",
    "list_models",
    "register_model",
]
