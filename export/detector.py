"""Anomaly detectors and models of tables, as far as an export needs to know them."""

from __future__ import annotations

import sys
from typing import Any

from keras_ae import _checks


def find_table_model(model: Any) -> Any:
    """Return a fitted model of a table; None for what is none.

    Args:
        model: Any object.

    Returns:
        A `keras_ae.tables.TableModel` or None.

    Raises:
        ValueError: The model isn't fitted.

    Example:
        >>> find_table_model("a string") is None
        True
    """
    tables = sys.modules.get("keras_ae.tables.table_model")
    if tables is None or not isinstance(model, tables.TableModel):
        return None
    if model.model is None:
        raise ValueError(
            f"`model` must be fitted before it is exported. Received: model={_checks.shown(model)}"
        )
    return model


def find_detection_model(model: Any) -> Any:
    """Return the Keras model of a fitted detector; None for what is no detector.

    Args:
        model: Any object.

    Returns:
        A `keras_ae.estimators.DetectionModel` or None.

    Raises:
        ValueError: The detector isn't fitted.

    Example:
        >>> find_detection_model("a string") is None
        True
    """
    # Who has a detector has imported its module; nobody else waits for scikit-learn.
    detection, estimator = (
        sys.modules.get(f"keras_ae.estimators.{name}")
        for name in ("detection_model", "anomaly_detector")
    )
    if detection is not None and isinstance(model, detection.DetectionModel):
        return model
    if estimator is None or not isinstance(model, estimator.AnomalyDetector):
        return None
    if not hasattr(model, "detection_model_"):
        raise ValueError(
            f"`model` must be fitted before it is exported. Received: model={_checks.shown(model)}"
        )
    return model.detection_model_
