"""A detector as one Keras model, which is what is saved and exported of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.estimators import _equal_batches
from keras_ae.estimators.scores import AnomalyScore, from_record, resolve_score, to_record
from keras_ae.models import Autoencoder
from keras_ae.models._endpoint import Endpoints, TensorFunction


@keras.saving.register_keras_serializable(package="keras_ae")
class DetectionModel(keras.Model):
    """Trained autoencoders, a score and a threshold: x -> score, decision, is_anomaly.

        score = mean over members of the score's strangeness
        decision = threshold - score,   is_anomaly = score > threshold

    `AnomalyDetector.fit` makes one; `export_model` takes it, with its threshold and the members'
    preprocessors in the graph.

    Args:
        members: Sequence of `Autoencoder`s of one example shape.
        scoring: An `AnomalyScore` or its name: elbo, importance_weighted or reconstruction_error.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: A member is no autoencoder, or `scoring` is no score.
        ValueError: There are no members, they differ in shape, or the score doesn't suit them.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> member = create_model("vae", (3,), latent_dim=2, units=(4,), seed=0)
        >>> model = DetectionModel([member])
        >>> model.set_threshold(1e6)
        >>> detected = model.run("detect", np.ones((5, 3)))
        >>> detected["score"].shape, detected["is_anomaly"].tolist()
        ((5,), [False, False, False, False, False])
    """

    def __init__(
        self, members: Sequence[Autoencoder], scoring: Any = "elbo", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        members = list(members)
        for member in members:
            _checks.instance("members", member, Autoencoder, "a sequence of Autoencoders")
        if not members:
            raise ValueError("`members` must not be empty. Received: members=[]")
        shapes = {member.example_shape for member in members}
        if len(shapes) > 1:
            raise ValueError(
                "`members` must take examples of one shape. "
                f"Received: shapes {', '.join(map(str, shapes))}"
            )
        self.members = members
        self.scoring: AnomalyScore = resolve_score(scoring)
        for member in members:
            self.scoring.check(member)
        self._endpoints = Endpoints()
        # A weight: it is saved with the others, and a new one needs no new compilation.
        self._threshold = self.add_weight(
            shape=(), initializer="zeros", dtype="float32", trainable=False, name="threshold"
        )
        if self.example_shape is not None:
            self.build((None, *self.example_shape))

    @property
    def example_shape(self) -> Any:
        """The shape of an example, without the batch axis; None while the members aren't built."""
        return self.members[0].example_shape

    @property
    def threshold(self) -> float:
        """The score above which an example is an anomaly."""
        return float(ops.convert_to_numpy(self._threshold))

    def set_threshold(self, value: float) -> None:
        """Set the score above which an example is an anomaly.

        Args:
            value: Number.

        Raises:
            TypeError: `value` is not a number.
            ValueError: `value` is not finite.
        """
        self._threshold.assign(float(_checks.number("value", value)))

    def get_config(self) -> dict[str, Any]:
        """Return the members' configurations and the score's name and numbers."""
        members = [keras.saving.serialize_keras_object(member) for member in self.members]
        return {**super().get_config(), "members": members, "scoring": to_record(self.scoring)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> DetectionModel:
        """Make the model that `get_config` describes; its weights are new."""
        members = [
            keras.saving.deserialize_keras_object(member, custom_objects)
            for member in config["members"]
        ]
        return cls(**{**config, "members": members, "scoring": from_record(config["scoring"])})

    def build(self, input_shape: Any) -> None:
        for member in self.members:
            if not member.built:
                member.build(input_shape)

    def call(self, x: Any) -> Any:
        return self.functions()["detect"](x)

    def functions(self) -> dict[str, TensorFunction]:
        """Return what the methods compute as functions of tensors, for exporters.

        Returns:
            Dict from name to function of `x`: detect (score, decision, is_anomaly) and attribute
            (contributions, rest).
        """

        def attribute(x: Any) -> Any:
            terms = [self.scoring.terms(member, x) for member in self.members]
            contributions, rest = (
                sum(each[1:], start=each[0]) / len(terms) for each in zip(*terms, strict=True)
            )
            return {"contributions": contributions, "rest": rest}

        def detect(x: Any) -> Any:
            terms = attribute(x)
            axes = tuple(range(1, len(terms["contributions"].shape)))
            score = ops.sum(terms["contributions"], axis=axes) + terms["rest"]
            threshold = ops.convert_to_tensor(self._threshold)
            return {
                "score": score,
                "decision": threshold - score,
                "is_anomaly": score > threshold,
            }

        return {"detect": detect, "attribute": attribute}

    def endpoint(self, name: str, function: Any) -> Any:
        """Return a function as a compiled model, once a name."""
        return self._endpoints.get(name, function, [self])

    def run(self, name: str, x: Any) -> dict[str, np.ndarray]:
        """Run one of `functions` over an array; a row's result doesn't depend on the others.

        Args:
            name: String, "detect" or "attribute".
            x: Array of shape (examples, ...).

        Returns:
            Dict of arrays with the examples on the first axis.
        """
        endpoint = self.endpoint(name, self.functions()[name])
        return _equal_batches.run(endpoint, np.asarray(x, "float32"))
