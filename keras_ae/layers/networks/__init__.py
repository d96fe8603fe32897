"""Networks: encoders and decoders for vectors, images and windows of series."""

from keras_ae.layers.networks.attention import attention_decoder, attention_encoder
from keras_ae.layers.networks.convolutional import conv_decoder, conv_encoder
from keras_ae.layers.networks.convolutional_1d import conv1d_decoder, conv1d_encoder
from keras_ae.layers.networks.dense import dense_decoder, dense_encoder
from keras_ae.layers.networks.recurrent import recurrent_decoder, recurrent_encoder
from keras_ae.layers.networks.residual import resnet_decoder, resnet_encoder
from keras_ae.layers.networks.temporal import tcn_decoder, tcn_encoder

__all__ = [
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
    "resnet_decoder",
    "resnet_encoder",
    "tcn_decoder",
    "tcn_encoder",
]
