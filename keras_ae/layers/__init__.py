"""Layers: the parts that autoencoders are composed of."""

from keras_ae import _extras

_extras.require("keras")

import keras  # noqa: F401 - before any part: see keras_ae/_registration.py

from keras_ae.layers.bottlenecks import (
    BatchTopKBottleneck,
    Bottleneck,
    DenseBottleneck,
    FullNormalBottleneck,
    FullNormalHead,
    JumpReLUBottleneck,
    LogVarianceScale,
    NormalBottleneck,
    NormalHead,
    SoftplusScale,
    StochasticBottleneck,
    TopKBottleneck,
)
from keras_ae.layers.corruptions import (
    Corruption,
    GaussianCorruption,
    MaskingNoise,
    SaltAndPepperNoise,
    StochasticBinarization,
)
from keras_ae.layers.kernel_marginals import KernelMarginals
from keras_ae.layers.likelihoods import (
    BernoulliLikelihood,
    CategoricalLikelihood,
    ContinuousBernoulliLikelihood,
    FixedScale,
    GaussianLikelihood,
    LaplaceLikelihood,
    Likelihood,
    NegativeBinomialLikelihood,
    OrdinalLikelihood,
    PoissonLikelihood,
    PredictedScale,
    Scale,
    SelfMaskedTableLikelihood,
    SharedScale,
    StudentTLikelihood,
    TableLikelihood,
)
from keras_ae.layers.networks import (
    attention_decoder,
    attention_encoder,
    conv1d_decoder,
    conv1d_encoder,
    conv_decoder,
    conv_encoder,
    dense_decoder,
    dense_encoder,
    recurrent_decoder,
    recurrent_encoder,
    tcn_decoder,
    tcn_encoder,
)
from keras_ae.layers.penalties import (
    DeadUnitPenalty,
    KLPenalty,
    L0Penalty,
    L1Penalty,
    Penalty,
    TargetActivityPenalty,
)
from keras_ae.layers.posteriors import FullNormalPosterior, NormalPosterior, Posterior
from keras_ae.layers.preprocessing import InversePreprocessing
from keras_ae.layers.priors import MixturePrior, Prior, StandardNormalPrior, TFPPrior
from keras_ae.layers.robust_scaling import RobustScaling
from keras_ae.layers.sampling import Sampling
from keras_ae.layers.table_features import TableFeatures
from keras_ae.layers.transposed_dense import TransposedDense

__all__ = [
    "BatchTopKBottleneck",
    "BernoulliLikelihood",
    "Bottleneck",
    "CategoricalLikelihood",
    "ContinuousBernoulliLikelihood",
    "Corruption",
    "DeadUnitPenalty",
    "DenseBottleneck",
    "FixedScale",
    "FullNormalBottleneck",
    "FullNormalHead",
    "FullNormalPosterior",
    "GaussianCorruption",
    "GaussianLikelihood",
    "InversePreprocessing",
    "JumpReLUBottleneck",
    "KLPenalty",
    "KernelMarginals",
    "L0Penalty",
    "L1Penalty",
    "LaplaceLikelihood",
    "Likelihood",
    "LogVarianceScale",
    "MaskingNoise",
    "MixturePrior",
    "NegativeBinomialLikelihood",
    "NormalBottleneck",
    "NormalHead",
    "NormalPosterior",
    "OrdinalLikelihood",
    "Penalty",
    "PoissonLikelihood",
    "Posterior",
    "PredictedScale",
    "Prior",
    "RobustScaling",
    "SaltAndPepperNoise",
    "Sampling",
    "Scale",
    "SelfMaskedTableLikelihood",
    "SharedScale",
    "SoftplusScale",
    "StandardNormalPrior",
    "StochasticBinarization",
    "StochasticBottleneck",
    "StudentTLikelihood",
    "TFPPrior",
    "TableFeatures",
    "TableLikelihood",
    "TargetActivityPenalty",
    "TopKBottleneck",
    "TransposedDense",
    "attention_decoder",
    "attention_encoder",
    "conv1d_decoder",
    "conv1d_encoder",
    "conv_decoder",
    "conv_encoder",
    "dense_decoder",
    "dense_encoder",
    "recurrent_decoder",
    "recurrent_encoder",
    "tcn_decoder",
    "tcn_encoder",
]
