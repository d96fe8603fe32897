"""The part of a data set that a trained model is used on."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from keras_ae.datasets.dataset import Dataset


@dataclasses.dataclass(frozen=True, eq=False)
class Chosen:
    """Examples for a model that is trained already.

    Args:
        dataset: The `Dataset` that they come from.
        x: Array of shape (examples, ...).
        labels: Array (examples,), their labels, or None.
        part: String, what part of the data they are.
        factors: Array (examples, factors), what they were made from, or None.
    """

    dataset: Dataset
    x: Any
    labels: Any
    part: str
    factors: Any = None

    @property
    def label_names(self) -> Any:
        """The labels by their classes' names, where they have names; None without labels."""
        if self.labels is None or self.dataset.class_names is None:
            return self.labels
        return np.array(self.dataset.class_names)[self.labels]


def choose(dataset: Dataset) -> Chosen:
    """Return the test part of a data set if it has one, else all of it."""
    if len(dataset.x_test):
        return Chosen(dataset, dataset.x_test, dataset.y_test, "test part", dataset.factors_test)
    return Chosen(dataset, dataset.x_train, dataset.y_train, "all", dataset.factors_train)
