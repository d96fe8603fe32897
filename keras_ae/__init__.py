"""Autoencoders for Keras: composed of parts, trained by `model.fit`, measured in nats.

Names are imported at first use, so that the command line answers before TensorFlow is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_ae import _extras, _registration

if TYPE_CHECKING:
    from keras_ae import (
        datasets,
        distributed,
        estimators,
        evaluation,
        layers,
        models,
        plotting,
        probability,
        report,
        series,
        tables,
        training,
    )
    from keras_ae.models import (
        Autoencoder,
        DenoisingAutoencoder,
        ImportanceWeightedAutoencoder,
        StackedAutoencoder,
        Transcoder,
        VariationalAutoencoder,
        create_model,
        fit_code_prior,
        list_models,
        register_model,
    )

__version__ = "0.1.0"

__all__ = [
    "Autoencoder",
    "DenoisingAutoencoder",
    "ImportanceWeightedAutoencoder",
    "StackedAutoencoder",
    "Transcoder",
    "VariationalAutoencoder",
    "create_model",
    "datasets",
    "distributed",
    "estimators",
    "evaluation",
    "fit_code_prior",
    "layers",
    "list_models",
    "models",
    "plotting",
    "probability",
    "register_model",
    "report",
    "series",
    "tables",
    "training",
]

_PACKAGES = {
    "datasets",
    "distributed",
    "estimators",
    "evaluation",
    "layers",
    "models",
    "plotting",
    "probability",
    "report",
    "series",
    "tables",
    "training",
}

_registration.register_after_keras()


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return _extras.load(f"keras_ae.{name}")
    if name in __all__:
        return getattr(_extras.load("keras_ae.models"), name)
    raise AttributeError(f"module 'keras_ae' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
