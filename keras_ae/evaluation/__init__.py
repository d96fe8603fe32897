"""Evaluation: what a trained model is worth, in nats."""

from keras_ae.evaluation.active_units import active_units
from keras_ae.evaluation.evaluate_model import evaluate_model
from keras_ae.evaluation.scores import Scores

__all__ = ["Scores", "active_units", "evaluate_model"]
