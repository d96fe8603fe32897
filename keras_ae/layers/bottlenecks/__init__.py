"""Bottlenecks: what turns an encoder's features into a latent."""

from keras_ae.layers.bottlenecks.batch_top_k_bottleneck import BatchTopKBottleneck
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck
from keras_ae.layers.bottlenecks.dense_bottleneck import DenseBottleneck
from keras_ae.layers.bottlenecks.finite_scalar_quantizer import FiniteScalarQuantizer
from keras_ae.layers.bottlenecks.full_normal_bottleneck import FullNormalBottleneck
from keras_ae.layers.bottlenecks.full_normal_head import FullNormalHead
from keras_ae.layers.bottlenecks.gumbel_bottleneck import GumbelBottleneck
from keras_ae.layers.bottlenecks.jump_relu_bottleneck import JumpReLUBottleneck
from keras_ae.layers.bottlenecks.log_variance_scale import LogVarianceScale
from keras_ae.layers.bottlenecks.lookup_free_quantizer import LookupFreeQuantizer
from keras_ae.layers.bottlenecks.normal_bottleneck import NormalBottleneck
from keras_ae.layers.bottlenecks.normal_head import NormalHead
from keras_ae.layers.bottlenecks.quantizer import Quantizer
from keras_ae.layers.bottlenecks.residual_quantizer import ResidualQuantizer
from keras_ae.layers.bottlenecks.scaled_normal_bottleneck import ScaledNormalBottleneck
from keras_ae.layers.bottlenecks.softplus_scale import SoftplusScale
from keras_ae.layers.bottlenecks.stochastic_bottleneck import StochasticBottleneck
from keras_ae.layers.bottlenecks.top_k_bottleneck import TopKBottleneck
from keras_ae.layers.bottlenecks.vector_quantizer import VectorQuantizer

__all__ = [
    "BatchTopKBottleneck",
    "Bottleneck",
    "DenseBottleneck",
    "FiniteScalarQuantizer",
    "FullNormalBottleneck",
    "FullNormalHead",
    "GumbelBottleneck",
    "JumpReLUBottleneck",
    "LogVarianceScale",
    "LookupFreeQuantizer",
    "NormalBottleneck",
    "NormalHead",
    "Quantizer",
    "ResidualQuantizer",
    "ScaledNormalBottleneck",
    "SoftplusScale",
    "StochasticBottleneck",
    "TopKBottleneck",
    "VectorQuantizer",
]
