"""Scoring of Parquet files by an exported bundle, one file a task, in several engines."""

from keras_ae import _extras

_extras.require("pyarrow")
