"""Data for models: named data sets, and readers of the user's own files."""

from keras_ae.datasets.activations import activations
from keras_ae.datasets.binarize import binarize
from keras_ae.datasets.dataset import Dataset
from keras_ae.datasets.errors import DataError
from keras_ae.datasets.load_dataset import load_dataset
from keras_ae.datasets.named import list_datasets
from keras_ae.datasets.read_csv import read_csv
from keras_ae.datasets.read_images import read_images
from keras_ae.datasets.read_npy import read_npy
from keras_ae.datasets.read_npz import read_npz
from keras_ae.datasets.read_series import read_series
from keras_ae.datasets.stream_dataset import stream_dataset

__all__ = [
    "DataError",
    "Dataset",
    "activations",
    "binarize",
    "list_datasets",
    "load_dataset",
    "read_csv",
    "read_images",
    "read_npy",
    "read_npz",
    "read_series",
    "stream_dataset",
]
