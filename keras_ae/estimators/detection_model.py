"""A detector as one Keras model, which is what is saved and exported of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _arrays, _checks, _float32
from keras_ae.estimators import _views
from keras_ae.estimators.scores import AnomalyScore, from_record, resolve_score, to_record
from keras_ae.execution.endpoint import Endpoints, TensorFunction
from keras_ae.models import Autoencoder, _data_checks
from keras_ae.models._functions import DATA, SCORE, described

BATCH_SIZE = 256


@keras.saving.register_keras_serializable(package="keras_ae")
class DetectionModel(keras.Model):
    """Trained autoencoders, a score and a threshold: x -> score, decision, is_anomaly.

        score = mean over members of the score's strangeness
        decision = threshold - score,   is_anomaly = score > threshold

    With further `views` of the data each strangeness, that of the members and that of each view,
    is measured by what is usual in training (`standardize`), and the score is a mean that bounds
    what one of them can say, in usual deviations:

        z_v = (strangeness_v - location_v) / scale_v
        score = sinh(mean over views v of arcsinh(z_v))

    `AnomalyDetector.fit` makes one; `export_model` takes it, with its threshold and the members'
    preprocessors in the graph.

    Args:
        members: Sequence of `Autoencoder`s of one example shape.
        scoring: An `AnomalyScore` or its name: elbo, importance_weighted or reconstruction_error.
        location: Sequence of numbers, one a column, that is subtracted from x in float64 before
            the members see it; `functions` then take float64. None for nothing.
        views: Sequence of Keras layers from an example to the strangeness of each of its numbers,
            such as `KernelMarginals`; they see what the members see.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: A member is no autoencoder, a view no layer, or `scoring` is no score.
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
        self,
        members: Sequence[Autoencoder],
        scoring: Any = "elbo",
        location: Any = None,
        views: Sequence[keras.layers.Layer] = (),
        **kwargs: Any,
    ) -> None:
        # The location is subtracted before anything is cast.
        super().__init__(**{**kwargs, "autocast": False})
        members = _checks.items("members", members, "a sequence of Autoencoders")
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
        self._location = None
        if location is not None:
            self._location = _arrays.numbers("location", location).astype("float64").tolist()
        self.views = _checks.items("views", views, "a sequence of Keras layers")
        for view in self.views:
            _checks.instance("views", view, keras.layers.Layer, "a sequence of Keras layers")
        self._endpoints = Endpoints()
        # Weights: they are saved with the others, and new ones need no new compilation.
        fixed: dict[str, Any] = {"dtype": "float32", "trainable": False}
        self._threshold = self.add_weight(shape=(), initializer="zeros", name="threshold", **fixed)
        if self.views:
            each = {"shape": (1 + len(self.views),), **fixed}
            self._usual = self.add_weight(initializer="zeros", name="usual", **each)
            self._spread = self.add_weight(initializer="ones", name="spread", **each)
        if self.example_shape is not None:
            self.build((None, *self.example_shape))

    @property
    def example_shape(self) -> Any:
        """The shape of an example, without the batch axis; None while the members aren't built."""
        return self.members[0].example_shape

    @property
    def location(self) -> np.ndarray | None:
        """What is subtracted from each column, float64 of shape (columns,); None for nothing."""
        return None if self._location is None else np.asarray(self._location, "float64")

    @property
    def input_dtype(self) -> str:
        """The type in which `functions` take x: float64 where there is a location."""
        return "float32" if self._location is None else "float64"

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

    def standardize(self, x: Any) -> None:
        """Measure each view by these examples: by the lower nine tenths of its strangeness.

        Args:
            x: Array of shape (examples, ...), the training data in its own units and precision.

        Raises:
            ValueError: `x` isn't of the members' shape, or isn't finite.
        """
        _data_checks.check_array("x", x, self.example_shape)
        self._standardize_centred(_float32.cast("x", x, self.location))

    def _standardize_centred(self, x: np.ndarray) -> None:
        if self.views:
            found = self._run_centred("totals", x)
            usual, spread = zip(*(_views.standard(each) for each in found.values()), strict=True)
            self._usual.assign(usual)
            self._spread.assign(spread)

    def get_config(self) -> dict[str, Any]:
        """Return the configurations of members and views, the score's name and numbers."""
        members = [keras.saving.serialize_keras_object(member) for member in self.members]
        config = {k: v for k, v in super().get_config().items() if k != "autocast"}
        return {
            **config,
            "members": members,
            "scoring": to_record(self.scoring),
            "location": self._location,
            "views": [keras.saving.serialize_keras_object(view) for view in self.views],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> DetectionModel:
        """Make the model that `get_config` describes; its weights are new."""
        parts = {
            name: [
                keras.saving.deserialize_keras_object(part, custom_objects)
                for part in config.get(name, ())
            ]
            for name in ("members", "views")
        }
        return cls(**{**config, **parts, "scoring": from_record(config["scoring"])})

    def build(self, input_shape: Any) -> None:
        for part in (*self.members, *self.views):
            if not part.built:
                part.build(input_shape)

    def call(self, x: Any) -> Any:
        return self.functions()["detect"](x)

    def functions(self) -> dict[str, TensorFunction]:
        """Return what the methods compute as functions of tensors, for exporters.

        Returns:
            Dict from name to function of `x`: detect (score, decision, is_anomaly) and attribute
            (contributions, rest). x is in the data's own units, of type `input_dtype`.
        """
        functions = {name: self._of_centred()[name] for name in ("detect", "attribute")}
        if self._location is None:
            return functions

        def centred(function: TensorFunction) -> TensorFunction:
            def of_raw(x: Any) -> Any:
                location = ops.convert_to_tensor(self.location)
                return function(ops.cast(ops.cast(x, "float64") - location, "float32"))

            return described(of_raw, function.kind)  # type: ignore[attr-defined]

        return {name: centred(function) for name, function in functions.items()}

    def _of_centred(self) -> dict[str, TensorFunction]:
        """Return the functions of x as the members take it."""

        def views(x: Any) -> list[_views.Terms]:
            terms = [self.scoring.terms(member, x) for member in self.members]
            contributions, rest = (
                sum(each[1:], start=each[0]) / len(terms) for each in zip(*terms, strict=True)
            )
            others = [view(x) for view in self.views]
            return [(contributions, rest), *((each, ops.zeros_like(rest)) for each in others)]

        def standards() -> tuple[Any, Any]:
            return ops.convert_to_tensor(self._usual), ops.convert_to_tensor(self._spread)

        def attribute(x: Any) -> Any:
            found = views(x)
            contributions, rest = _views.shares(found, *standards()) if self.views else found[0]
            return {"contributions": contributions, "rest": rest}

        def detect(x: Any) -> Any:
            found = views(x)
            score = _views.score(found, *standards()) if self.views else _views.totals(found)[0]
            threshold = ops.convert_to_tensor(self._threshold)
            return {
                "score": score,
                "decision": threshold - score,
                "is_anomaly": score > threshold,
            }

        def totals(x: Any) -> Any:
            return {str(place): each for place, each in enumerate(_views.totals(views(x)))}

        return {
            "detect": described(detect, SCORE),
            "attribute": described(attribute, DATA),
            "totals": described(totals, SCORE),
        }

    def endpoint(self, name: str, function: Any) -> Any:
        """Return one of `functions` compiled, for arrays in the data's own units and precision."""
        if self._location is None:
            return self._endpoints.get(name, lambda: function, [self])
        return _Centred(self._endpoint(name), self.location)

    def _endpoint(self, name: str) -> Any:
        return self._endpoints.get(name, lambda: self._of_centred()[name], [self])

    def run(self, name: str, x: Any) -> dict[str, np.ndarray]:
        """Run one of `functions` over an array; a row's result doesn't depend on the others.

        Args:
            name: String, "detect" or "attribute".
            x: Array of shape (examples, ...), in the data's own units and precision.

        Returns:
            Dict of arrays with the examples on the first axis.
        """
        _checks.choice("name", name, self.functions())
        _data_checks.check_array("x", x, self.example_shape)
        x = _arrays.numbers("x", x)
        return self._run_centred(name, _float32.cast("x", x, self.location))

    def _run_centred(self, name: str, x: np.ndarray) -> dict[str, np.ndarray]:
        return self._endpoint(name).predict([x], BATCH_SIZE, equal=True)


class _Centred:
    """An endpoint that subtracts the location first, in NumPy's float64 on every backend."""

    def __init__(self, endpoint: Any, location: Any) -> None:
        self._endpoint, self._location = endpoint, location

    def predict_on_batch(self, arrays: Sequence[Any], size: int = 0) -> Any:
        x = _float32.cast("x", np.asarray(arrays[0]), self._location)
        return self._endpoint.predict_on_batch([x], size)
