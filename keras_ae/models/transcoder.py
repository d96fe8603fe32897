"""A model that reconstructs something else than its input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.execution.endpoint import TensorFunction
from keras_ae.layers.bottlenecks import Bottleneck
from keras_ae.layers.likelihoods import GaussianLikelihood, Likelihood
from keras_ae.layers.preprocessing import check_adapted, inverse
from keras_ae.models import _data_checks
from keras_ae.models._functions import described
from keras_ae.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="keras_ae")
class Transcoder(Autoencoder):
    """x -> encoder -> bottleneck -> decoder -> likelihood of a target y, trained by `fit(x, y)`.

        loss = mean of -log likelihood(y) + whatever the bottleneck adds with `add_loss`

    With a sparse bottleneck and a linear decoder its units explain what a part of a network makes
    of its input. `predict` and `reconstruct` return what y is expected to be. An example alone
    can't be scored: there is no `score` endpoint.

    Args:
        encoder: As in `Autoencoder`.
        bottleneck: A `Bottleneck`, from features to latent.
        decoder: Keras model or layer from latent to the likelihood's parameters: `target_shape`
            with the last axis times `likelihood.parameters_per_output`, or what else
            `likelihood.parameters_shape` says.
        likelihood: A `Likelihood` of the target; None for `GaussianLikelihood(1.0)`, half the
            squared error.
        target_shape: Tuple, the shape of a target; None for that of an input.
        preprocessor: As in `Autoencoder`, applied to the input alone.
        target_preprocessor: As `preprocessor`, applied to the target and inverted on the
            reconstruction. Nats are those of the preprocessed target.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: A part is of the wrong type.
        ValueError: The decoder's output doesn't fit the target and the likelihood.

    Example:
        >>> import numpy as np
        >>> from keras_ae.layers import TopKBottleneck, dense_decoder, dense_encoder
        >>> model = Transcoder(
        ...     encoder=dense_encoder((4,), units=()),
        ...     bottleneck=TopKBottleneck(8, k=2),
        ...     decoder=dense_decoder((3,), latent_dim=8, units=()),
        ...     target_shape=(3,),
        ... )
        >>> model.compile("adam")
        >>> x, y = np.eye(4, dtype="float32"), np.ones((4, 3), "float32")
        >>> _ = model.fit(x, y, verbose=0)
        >>> model.reconstruct(x).shape
        (4, 3)

    Reference:
        Dunefsky, Chlenski and Nanda, Transcoders Find Interpretable LLM Feature Circuits, 2024.
    """

    def __init__(
        self,
        encoder: Any,
        bottleneck: Bottleneck,
        decoder: Any,
        likelihood: Likelihood | None = None,
        target_shape: Sequence[int] | None = None,
        preprocessor: Any = None,
        target_preprocessor: Any = None,
        **kwargs: Any,
    ) -> None:
        likelihood = GaussianLikelihood(1.0) if likelihood is None else likelihood
        super().__init__(encoder, bottleneck, decoder, likelihood, preprocessor, **kwargs)
        if target_shape is not None:
            target_shape = _checks.shape("target_shape", target_shape)
        self.target_shape = target_shape
        kind, expected = keras.layers.Layer | None, "a Keras layer or None"
        self.target_preprocessor = _checks.instance(
            "target_preprocessor", target_preprocessor, kind, expected
        )
        self._build_if_outermost(Transcoder)

    @property
    def trains_on_pairs(self) -> bool:
        """True: the target is the user's."""
        return True

    def build(self, input_shape: Any) -> None:
        part = self.target_preprocessor
        if part is not None and not part.built:
            part.build((None, *(self.target_shape or input_shape[1:])))
        super().build(input_shape)

    def functions(self) -> dict[str, TensorFunction]:
        """Return what the methods compute as functions of tensors, as `Autoencoder.functions`.

        Returns:
            Dict from name to function, without `score`.
        """
        found = super().functions()
        del found["score"]
        found["reconstruct"] = described(found["reconstruct"], None)  # not x
        return found

    def score_terms(self, x: Any, epsilon: Any = None) -> tuple[Any, Any]:  # noqa: ARG002
        """Raise a ValueError: without its target an example can't be scored."""
        raise _unscored()

    def anomaly_score(self, x: Any, batch_size: int | None = None) -> np.ndarray:  # noqa: ARG002
        """Raise a ValueError: without its target an example can't be scored."""
        raise _unscored()

    @property
    def _target_shape(self) -> tuple[int, ...] | None:
        shape: tuple[int, ...] | None = self.target_shape
        return self.example_shape if shape is None else shape

    @property
    def _parts(self) -> tuple[Any, ...]:
        return (*super()._parts, self.target_preprocessor)

    def _target(self, target: Any) -> Any:
        return target if self.target_preprocessor is None else self.target_preprocessor(target)

    def _to_data(self, parameters: Any) -> Any:
        return inverse(self.target_preprocessor, self.likelihood.mean(parameters))

    def _check_examples(self, name: str, x: Any) -> None:
        check_adapted(self.preprocessor)
        self._check_inputs(name, x)

    def _check_inputs(self, name: str, x: Any) -> None:
        _data_checks.check_array(name, x, self.example_shape)  # the target alone may miss values
        _data_checks.warn_of_rounding(name, x, self.encoder)

    def _check_targets(self, name: str, y: Any) -> None:
        check_adapted(self.target_preprocessor, "target_preprocessor")
        _data_checks.check_examples(
            name, y, self._target_shape, self.likelihood, self.target_preprocessor
        )

    def _check_pairing(self, name: str, paired: bool) -> None:
        if not paired:
            raise ValueError(
                f"`{name}` must come with its target, as in fit(x, y). Received: no target"
            )


def _unscored() -> ValueError:
    return ValueError(
        "`x` can't be scored without its target: use evaluate(x, y), or "
        "evaluation.dictionary_scores(model, x, y). Received: a Transcoder and no target"
    )
