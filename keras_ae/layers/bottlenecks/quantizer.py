"""What bottlenecks of finitely many codes share."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers._plain import spelled_out
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck, Float32Outputs, TensorFunction
from keras_ae.layers.bottlenecks.normal_head import projection
from keras_ae.layers.code_usage import Perplexity, UsedShare
from keras_ae.layers.indices import check_indices
from keras_ae.layers.penalties import Penalty
from keras_ae.layers.penalties.penalty import Recorded
from keras_ae.layers.priors import CodePrior

MAX_CODES = 2**31  # that int32 indices tell apart
MAX_COUNTED_CODES = 2**16  # codes, up to which the logs say how they are used


class Quantizer(Float32Outputs, Bottleneck):
    """A bottleneck that puts one of finitely many codes, each with an index, at each place.

    features -> a dense layer -> the code chosen for the result. Features of shape (batch,
    features) have one place, maps (batch, height, width, channels) one a pixel.

    A model with it has two more endpoints: `indices`, from x to int32 of shape (batch, height,
    width), and `decode_indices`, from those to a reconstruction. Its logs have the codes'
    `perplexity` (exp of the entropy of their shares in nats, from 1 to the number of codes) and
    `used_share`, over all batches of an epoch or an evaluation, where there are at most 65,536
    codes.

    `keras_ae.fit_code_prior` gives a trained model a prior of the indices: then it generates, and
    has the endpoint `code_logits`, a step of that.

    A subclass says which code is chosen, and what it is.

    Args:
        latent_dim: Integer >= 1, numbers of a code.
        penalty: A `Penalty` of a code without a posterior, a sequence of them, or None.
        seed: Integer >= 0 or None, seed of the initial weights.
        width: Integer, what the dense layer returns at each place; None for `latent_dim`.
        **kwargs: Keras' layer arguments.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of its range, or a penalty is of another kind of code.
    """

    codes: int  # how many there are
    _codebooks: int | None = None  # how many codes a place has, along an axis of the indices

    def __init__(
        self,
        latent_dim: int,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        width: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, None, penalty, **kwargs)
        self.seed = _checks.seed("seed", seed)
        self._width = self.latent_dim if width is None else width
        self.head = projection(self._width, "projection", self.seed, 0, self.dtype_policy)
        self._chosen = Recorded()

    @property
    def width(self) -> int:
        """Size of a latent's last axis, what the dense layer returns."""
        return self._width

    @property
    def has_code_prior(self) -> bool:
        """Whether a prior of the indices was attached."""
        return isinstance(self.prior, CodePrior)

    def build(self, input_shape: Any) -> None:
        if not self.head.built:
            self.head.build(input_shape)
        super().build(input_shape)

    @abc.abstractmethod
    def choose(self, features: Any) -> Any:
        """Return the index of the code of each place, int32.

        Args:
            features: Tensor of shape (batch, ..., latent_dim), float32: what `project` returns.
        """

    @abc.abstractmethod
    def embed(self, indices: Any) -> Any:
        """Return the code of each index, of shape (batch, ..., latent_dim)."""

    def project(self, features: Any) -> Any:
        """Return what codes are chosen for, float32: (batch, ..., latent_dim)."""
        return ops.cast(self.head(features), "float32")

    def encode(self, features: Any) -> Any:
        """Return the code of each place: (batch, *code_shape)."""
        return self.code_of(self.project(features))

    def code_of(self, features: Any) -> Any:
        """Return the code of what `project` returns, of its shape."""
        return self.embed(self.choose(features))

    def plain_code(self, features: Any) -> Any:
        """Return the codes of symbolic features, by Keras' own layers and operations."""
        projected = ops.cast(spelled_out(self.head, features), "float32")
        return self.code_of(projected)

    def make_metrics(self) -> list[Any]:
        """Return the codes' perplexity and the share of them that is used.

        Where a place has several codes, means of those.
        """
        if self.codes > MAX_COUNTED_CODES:
            return []
        return [Perplexity(self.codes, self._codebooks), UsedShare(self.codes, self._codebooks)]

    def take(self) -> Any:
        """Return the indices of the last call, once; None if there was none since."""
        indices, self._chosen.values = self._chosen.values, None
        return indices

    def attach_prior(self, prior: Any) -> None:
        """Keep a trained prior of the indices, which is saved and exported with this layer.

        Its weights are frozen: what trains the model leaves them as they are.

        Args:
            prior: Built layer from indices to logits, a `CodePrior`.
        """
        prior.trainable = False
        # Keras takes no new part once a layer is built, but from its own methods that do this too.
        self._tracker.unlock()
        self.prior = prior
        self._tracker.lock()

    def get_build_config(self) -> dict[str, Any] | None:
        """Return what Keras builds the layer from, and the prior that was attached to it."""
        config: dict[str, Any] | None = super().get_build_config()
        if config is None or not self.has_code_prior:
            return config
        return {**config, "prior": keras.saving.serialize_keras_object(self.prior)}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the layer, and the prior that was attached to it."""
        own = {name: value for name, value in config.items() if name != "prior"}
        super().build_from_config(own)
        if "prior" in config:
            self.attach_prior(keras.saving.deserialize_keras_object(config["prior"]))

    def draw(self, n: int, seed: Any, run: Callable[..., Any] | None = None) -> Any:
        """Draw latents from the prior: the codes of the indices that it draws, step by step."""

        def step(indices: Any) -> Any:
            return run("code_logits", None, indices)["logits"]  # type: ignore[misc]

        drawn = self.prior.sample(n, seed, None if run is None else step)
        return self.embed(ops.convert_to_tensor(drawn))

    def functions_of_features(self) -> dict[str, TensorFunction]:
        """Return indices, int32 of shape (batch, ...) without the latent's axis."""

        def indices(features: Any) -> dict[str, Any]:
            return {"indices": self.choose(self.project(features))}

        return {"indices": indices}

    def functions_to_latent(self) -> dict[str, Callable[..., Any]]:
        """Return decode_indices, from what indices returns."""

        def decode_indices(indices: Any) -> Any:
            check_indices(indices, self.codes)
            return self.embed(ops.cast(indices, "int32"))

        return {"decode_indices": decode_indices}

    def functions_of_codes(self) -> dict[str, TensorFunction]:
        """Return code_logits, where there is a prior: a step of its sampling.

        From indices, of shape (batch, ...), to the logits of each, (batch, ..., codes), which
        depend on the indices before it alone.
        """
        if not self.has_code_prior:
            return {}

        def code_logits(indices: Any) -> dict[str, Any]:
            return {"logits": self.prior(indices)}

        return {"code_logits": code_logits}
