"""Networks: encoders and decoders for vectors and images."""

from keras_ae.layers.networks.convolutional import conv_decoder, conv_encoder
from keras_ae.layers.networks.dense import dense_decoder, dense_encoder

__all__ = ["conv_decoder", "conv_encoder", "dense_decoder", "dense_encoder"]
