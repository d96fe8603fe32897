"""Scales: where the scale of a Gaussian or Laplace likelihood comes from."""

from keras_ae.layers.likelihoods.scales.fixed_scale import FixedScale
from keras_ae.layers.likelihoods.scales.predicted_scale import PredictedScale
from keras_ae.layers.likelihoods.scales.scale import Scale
from keras_ae.layers.likelihoods.scales.shared_scale import SharedScale

__all__ = ["FixedScale", "PredictedScale", "Scale", "SharedScale"]
