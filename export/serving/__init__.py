"""What TensorFlow Serving needs beside a SavedModel: settings, warm-up requests, examples."""

from keras_ae.export.serving.kit import write_serving_kit
from keras_ae.export.serving.settings import SERVER_VERSION

__all__ = ["SERVER_VERSION", "write_serving_kit"]
