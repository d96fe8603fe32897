"""The recipes: each composes parts into a model; a variant is one of these, not a class."""

from keras_ae.models.recipes import (
    adversarial,
    dictionaries,
    plain,
    quantized,
    tables,
    variational,
)
from keras_ae.models.recipes.compose import compose, default_likelihood

__all__ = [
    "adversarial",
    "compose",
    "default_likelihood",
    "dictionaries",
    "plain",
    "quantized",
    "tables",
    "variational",
]
