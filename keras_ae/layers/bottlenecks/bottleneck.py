"""What every bottleneck does."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.layers._plain import spelled_out
from keras_ae.layers.penalties import Code, Penalty
from keras_ae.layers.priors import Prior

TensorFunction = Callable[..., dict[str, Any]]  # named tensors to named tensors


class Float32Outputs(keras.layers.Layer):
    """A layer whose outputs are float32, whatever it computes in, also where they are symbolic.

    Keras says of a layer with `compute_output_shape` that its outputs are of its compute dtype.
    """

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        specs = super().compute_output_spec(*args, **kwargs)
        return keras.tree.map_structure(lambda each: keras.KerasTensor(each.shape), specs)


class Bottleneck(keras.layers.Layer, abc.ABC):
    """The layer between encoder and decoder: features -> latent, and whatever it adds to the loss.

    A code may have any shape: features (batch, features) make one of shape (latent_dim,), maps
    (batch, height, width, channels) one of (height, width, latent_dim), a vector at each place.

    A model asks its bottleneck for everything that depends on the kind of code: its shape and
    type, its penalties and its prior, what else it can compute of the features, what else becomes
    a latent, and what it adds to an anomaly score.

    Args:
        latent_dim: Integer >= 1, size of the latent, or of the vector at each place of a map.
        prior: A `Prior`, what `generate` draws from; None for a code that isn't drawn.
        penalty: A `Penalty`, a sequence of them, or None.
        **kwargs: Keras' layer arguments.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1, a penalty is not of such a code, or two penalties
            are logged under one name.
    """

    # The type of a latent, and whether `call` takes epsilon, noise of a latent's shape.
    code_dtype = "float32"
    takes_noise = False
    # Whether a latent is drawn from a posterior, and whether its numbers may be bounded.
    has_posterior = False
    may_be_bounded = False
    head: Any  # the layer from features to the code, or to what it is made of

    def __init__(
        self,
        latent_dim: int,
        prior: Prior | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        **kwargs: Any,
    ) -> None:
        # The parts cast what they need themselves: a posterior stays float32 under mixed
        # precision.
        super().__init__(**{"autocast": False, **kwargs})
        self.latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
        self.prior: Any = _checks.instance("prior", prior, Prior | None, "a Prior or None")
        self.penalty: Any = penalty
        check_penalties(self.penalties)
        for each in self.penalties:
            self._check_kind(each)
        self._code_shape: tuple[Any, ...] | None = None

    def _check_kind(self, penalty: Penalty) -> None:
        if penalty.is_kl and not self.has_posterior:
            wanted = (
                "a code without a posterior, such as L1Penalty, or the bottleneck a normal one"
            )
        elif penalty.code_range is not None and not self.may_be_bounded:
            wanted = 'a code of any range, or the bottleneck a DenseBottleneck of "sigmoid"'
        else:
            return
        raise ValueError(f"`penalty` must be of {wanted}. Received: a {type(penalty).__name__}")

    @property
    def penalties(self) -> tuple[Penalty, ...]:
        """The penalties that `call` adds to the loss."""
        if isinstance(self.penalty, (list, tuple)):
            return tuple(self.penalty)
        return () if self.penalty is None else (self.penalty,)

    @property
    def code_shape(self) -> tuple[Any, ...]:
        """Shape of a latent without the batch axis, known once the layer is built.

        Raises:
            ValueError: The layer is not built yet.
        """
        if self._code_shape is None:
            raise ValueError(
                f"{type(self).__name__} must be built before its code's shape is known: call it "
                "on features, or `build((None, features))`"
            )
        return self._code_shape

    @property
    def width(self) -> int:
        """Size of a latent's last axis: here latent_dim."""
        return self.latent_dim

    def build(self, input_shape: Any) -> None:
        """Build the penalties and the prior; a subclass builds its own parts besides."""
        shape = self.compute_output_shape(input_shape)
        self._code_shape = tuple(shape[1:])
        for part in (*self.penalties, self.prior):
            if part is not None and not part.built:
                part.build(shape)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.width)

    def noise(self, shape: Any, seed: Any) -> Any:
        """Draw the noise that `call` takes as epsilon: here standard normals.

        Args:
            shape: Shape of the latents, (batch, *code_shape).
            seed: Integer or `keras.random.SeedGenerator`.
        """
        return keras.random.normal(shape, dtype="float32", seed=seed)

    @abc.abstractmethod
    def encode(self, features: Any) -> Any:
        """Return the latent that stands for each example, without noise: (batch, *code_shape)."""

    def penalize(self, code: Code) -> None:
        """Add what the penalties make of a code to the loss."""
        for penalty in self.penalties:
            penalty.penalize(code)

    def plain_code(self, features: Any) -> Any:
        """Return what `encoder_model` returns, by Keras' own layers and operations alone.

        Args:
            features: Symbolic tensor of a Keras model, what the encoder returns.

        Returns:
            The latent, or what a posterior is made of: here what the head returns.
        """
        return spelled_out(self.head, features)

    def scaled(self, latent: Any) -> Any:
        """Return what stands for a latent outside of the model, as `encode` does: here itself."""
        return latent

    def unscaled(self, latent: Any) -> Any:
        """Return a latent as the decoder takes it, from what `encode` returned: here itself."""
        return latent

    def plain_latent(self, latent: Any) -> Any:
        """Return `unscaled` of a symbolic latent, by Keras' own layers and operations alone."""
        return latent

    def make_metrics(self) -> list[Any]:
        """Return new Keras metrics of the code, which logs show beside the penalties; here none.

        A model updates each with what `take` returns, once a step.
        """
        return []

    def take(self) -> Any:
        """Return what the last call left for the metrics, once; None if there is nothing."""
        return None

    def score(self, features: Any, epsilon: Any = None) -> tuple[Any, Any]:
        """Return the latent at which examples are scored, and what the code adds to their nll.

        Args:
            features: Tensor, what the encoder returned.
            epsilon: Noise of shape (batch, *code_shape); None for `score_noise`.

        Returns:
            The latent, of shape (batch, *code_shape), and nats of shape (batch,), or None for
            nothing.
        """
        del epsilon
        return self.encode(features), None

    @property
    def score_noise(self) -> np.ndarray | None:
        """Noise that `score` needs, one example's, the same for all; None where it needs none."""
        return None

    def functions_of_features(self) -> dict[str, TensorFunction]:
        """Return what else can be computed of an example: endpoints beside encode.

        Returns:
            Dict from an endpoint's name to a function of features, and of tensors that
            `draw_inputs` draws, to a dict of named tensors.
        """
        return {}

    def functions_to_latent(self) -> dict[str, Callable[..., Any]]:
        """Return what else can be decoded: endpoints beside decode.

        Returns:
            Dict from an endpoint's name to a function of named tensors to a latent. Here generate,
            from noise, where the prior can make latents of it.
        """
        if self.prior is None or self.prior.noise_shape is None:
            return {}
        prior = self.prior

        def generate(noise: Any) -> Any:
            return prior.from_noise(noise)

        return {"generate": generate}

    def functions_of_codes(self) -> dict[str, TensorFunction]:
        """Return what else can be computed of what `functions_to_latent` take; here nothing.

        Returns:
            Dict from an endpoint's name to a function of named tensors to a dict of such.
        """
        return {}

    def draw(self, n: int, seed: Any, run: Callable[..., Any] | None = None) -> Any:  # noqa: ARG002
        """Draw latents from the prior, for `generate`.

        Args:
            n: Integer, how many.
            seed: Integer or `keras.random.SeedGenerator`.
            run: Function (name, batch_size, *arrays) that runs an endpoint of the model, compiled;
                or None. For a prior that draws in steps.

        Returns:
            Tensor of shape (n, *code_shape).
        """
        return self.prior.sample(n, seed)

    def draw_inputs(self, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw what the functions take besides features and what other functions return.

        Args:
            n: Integer, how many examples.
            seed: Integer.

        Returns:
            Dict from a parameter's name to an array with n rows.
        """
        if self.prior is None or self.prior.noise_shape is None:
            return {}
        return {"noise": np.asarray(ops.convert_to_numpy(self.prior.draw_noise(n, seed)))}


def check_penalties(penalties: Sequence[Any]) -> None:
    """Raise if they aren't penalties that can be told apart in the logs."""
    for each in penalties:
        _checks.instance("penalty", each, Penalty, "a Penalty, a sequence of them or None")
    names = [each.metric_name for each in penalties]
    if len(set(names)) < len(names):
        raise ValueError(
            "`penalty` must be penalties of different names: each is logged under its own. "
            f"Received: {', '.join(names)}"
        )
