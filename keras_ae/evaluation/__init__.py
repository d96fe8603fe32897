"""Evaluation: what a trained model is worth, in nats where it is nats."""

from keras_ae import _extras

_extras.require("keras")

from keras_ae.evaluation.active_units import active_units
from keras_ae.evaluation.association_matrix import association_matrix
from keras_ae.evaluation.bits_per_dimension import bits_per_dimension
from keras_ae.evaluation.code_nll import code_nll
from keras_ae.evaluation.codec_point import CodecPoint
from keras_ae.evaluation.dci import DCI, dci
from keras_ae.evaluation.dictionary_recovery import dictionary_recovery
from keras_ae.evaluation.dictionary_scores import DictionaryScores, dictionary_scores
from keras_ae.evaluation.evaluate_model import evaluate_model
from keras_ae.evaluation.frechet_distance import frechet_distance
from keras_ae.evaluation.kernel_mmd import kernel_mmd
from keras_ae.evaluation.kl_per_dimension import kl_per_dimension
from keras_ae.evaluation.kmeans_nmi import kmeans_nmi
from keras_ae.evaluation.linear_probe import linear_probe_accuracy
from keras_ae.evaluation.mig import mig
from keras_ae.evaluation.mutual_information import MutualInformation, mutual_information
from keras_ae.evaluation.rate_distortion import RateDistortion, rate_distortion
from keras_ae.evaluation.reconstruction import (
    mean_squared_error,
    peak_signal_to_noise_ratio,
    structural_similarity,
)
from keras_ae.evaluation.sap import sap
from keras_ae.evaluation.scores import Scores

__all__ = [
    "DCI",
    "CodecPoint",
    "DictionaryScores",
    "MutualInformation",
    "RateDistortion",
    "Scores",
    "active_units",
    "association_matrix",
    "bits_per_dimension",
    "code_nll",
    "dci",
    "dictionary_recovery",
    "dictionary_scores",
    "evaluate_model",
    "frechet_distance",
    "kernel_mmd",
    "kl_per_dimension",
    "kmeans_nmi",
    "linear_probe_accuracy",
    "mean_squared_error",
    "mig",
    "mutual_information",
    "peak_signal_to_noise_ratio",
    "rate_distortion",
    "sap",
    "structural_similarity",
]
