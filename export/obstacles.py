"""What of a model a format can't carry, told before anything else is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_ae.export.errors import UnsupportedModelError


def obstacles(model: Any, sample_data: Any, formats: Sequence[str]) -> dict[str, str]:
    """Return why formats can't carry a model: what `export_model` would refuse in each of them.

    The endpoints are traced and nothing is computed or converted, so it can be asked of a model
    that isn't trained yet.

    Args:
        model: An autoencoder of this package.
        sample_data: Array of examples.
        formats: Sequence of names of formats.

    Returns:
        Dict from the name of a format to what is in the way, in one line; {} where nothing is.

    Example:
        >>> import numpy as np
        >>> import keras_ae
        >>> model = keras_ae.create_model("autoencoder", (4,), latent_dim=2, units=())
        >>> obstacles(model, np.zeros((3, 4), "float32"), ("tflite", "onnx"))
        {}
    """
    from keras_ae.execution.on_tensorflow import without_retracing_warnings
    from keras_ae.export.endpoints import make_endpoints
    from keras_ae.export.float32_scope import in_float32
    from keras_ae.export.proof.preflight import check_model
    from keras_ae.export.subject import make_subject

    subject = make_subject(model, sample_data, batch=None)
    models = list(subject.models.values())
    with in_float32(models), without_retracing_warnings():
        made = make_endpoints(subject.functions, subject.tensors, None, None, subject.types)

        def obstacle(names: Sequence[str]) -> str:
            try:
                check_model(models, names, made)
            except UnsupportedModelError as error:
                return str(error).splitlines()[1].removeprefix("- ")
            return ""

        if not obstacle(formats):  # all at once: each look traces the model anew
            return {}
        each = {name: obstacle([name]) for name in formats}
    return {name: why for name, why in each.items() if why}
