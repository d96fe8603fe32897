"""A deep autoencoder that can be trained layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from keras_ae import _arrays, _checks
from keras_ae.execution import arguments, processes
from keras_ae.layers._activations import get_activation
from keras_ae.layers.bottlenecks import DenseBottleneck
from keras_ae.layers.corruptions import Corruption
from keras_ae.layers.likelihoods import GaussianLikelihood, Likelihood
from keras_ae.layers.transposed_dense import TransposedDense
from keras_ae.models._pretraining import pretrain_stages
from keras_ae.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="keras_ae")
class StackedAutoencoder(Autoencoder):
    """Dense layers down to a code and back up, mirrored; images are flattened.

    `pretrain` trains each layer as an autoencoder of the codes below it; `fit` then fine-tunes the
    very same variables together. The default likelihood, Gaussian of scale 1, is the squared
    error.

    Args:
        input_shape: Tuple, an example's shape.
        units: Sequence of integers >= 1, the size of each layer of the encoder; the last is the
            code's.
        activation: Keras activation of all layers but the code and the output, which are linear.
        tied: Whether the decoder uses the transposed kernels of the encoder: one variable, both
            uses.
        likelihood: A `Likelihood` with one parameter an output; None for
            `GaussianLikelihood(1.0)`.
        preprocessor: As in `Autoencoder`.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.

    Example:
        >>> import numpy as np
        >>> model = StackedAutoencoder((4,), units=(8, 2), seed=0)
        >>> x = np.eye(4, dtype="float32")
        >>> histories = model.pretrain(x, epochs=2, verbose=0)
        >>> len(histories)
        2
        >>> model.compile("adam")
        >>> sorted(model.fit(x, verbose=0).history)
        ['loss', 'nll']

    Reference:
        Bengio et al., Greedy Layer-Wise Training of Deep Networks, 2007; Vincent et al., Stacked
        Denoising Autoencoders, 2010.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        units: Sequence[int],
        activation: Any = "relu",
        tied: bool = False,
        likelihood: Likelihood | None = None,
        preprocessor: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        shape = _checks.shape("input_shape", input_shape)
        sizes = _checks.integers("units", units)
        tied = _checks.boolean("tied", tied)
        seed = _checks.seed("seed", seed)
        get_activation(activation)
        likelihood = GaussianLikelihood(1.0) if likelihood is None else likelihood
        _checks.instance("likelihood", likelihood, Likelihood, "a Likelihood or None")
        if likelihood.parameters_per_output != 1:
            raise ValueError(
                "`likelihood` must take one parameter an output, as each layer reconstructs the "
                "one below. "
                f"Received: {type(likelihood).__name__} with {likelihood.parameters_per_output}"
            )
        dtype = kwargs.get("dtype")
        down = [
            _dense(size, activation, seed, index, f"encoder_{index}", dtype)
            for index, size in enumerate(sizes[:-1])
        ]
        bottleneck = DenseBottleneck(
            sizes[-1], seed=_part(seed, len(down)), dtype=dtype, name="bottleneck"
        )
        down.append(bottleneck.dense)
        below = [math.prod(shape), *sizes[:-1]]
        up = [
            _mirrored(size, activation if index else None, tied, seed, index, len(sizes), dtype)
            for index, size in enumerate(below)
        ]
        if tied:
            for layer, owner in zip(up, down, strict=True):
                layer.tie(owner)
        encoder = keras.Sequential(
            [keras.Input(shape), keras.layers.Flatten(dtype=dtype), *down[:-1]], name="encoder"
        )
        bottleneck.build(encoder.output_shape)
        output = keras.layers.Reshape(shape, dtype=dtype)
        decoder = keras.Sequential(
            [keras.Input((sizes[-1],)), *reversed(up), output], name="decoder"
        )
        super().__init__(encoder, bottleneck, decoder, likelihood, preprocessor, None, **kwargs)
        self.input_shape = shape
        self.units = sizes
        self.activation = activation
        self.tied = tied
        self.seed = seed
        self.pretrained_layers = self.add_weight(
            shape=(), initializer="zeros", dtype="int32", trainable=False, name="pretrained_layers"
        )
        self._build_if_outermost(StackedAutoencoder)

    @property
    def layer_pairs(self) -> list[tuple[Any, Any]]:
        """The encoder's dense layers from the input up, each with its mirror in the decoder."""
        down = [layer for layer in self.encoder.layers if isinstance(layer, keras.layers.Dense)]
        down.append(self.bottleneck.dense)
        kinds = (keras.layers.Dense, TransposedDense)
        up = [layer for layer in self.decoder.layers if isinstance(layer, kinds)]
        return list(zip(down, reversed(up), strict=True))

    def pretrain(
        self,
        x: Any,
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: Any = "adam",
        corruption: Corruption | None = None,
        restart: bool = False,
        checkpoint: str | None = None,
        verbose: Any = "auto",
    ) -> list[keras.callbacks.History]:
        """Train each layer as an autoencoder of the codes below it, from the input up.

        An interrupted call resumes: layers that are done are skipped, in the same process, after
        saving and loading the model, or from `checkpoint` after a kill.

        Args:
            x: Array of shape (examples, ...).
            epochs: Integer >= 1, epochs for each layer.
            batch_size: Integer >= 1.
            optimizer: Keras optimizer (name or object); each layer starts with a new one of its
                configuration.
            corruption: A `Corruption` of each layer's input, the target staying clean; None for
                none.
            restart: Whether to pretrain layers again that are done.
            checkpoint: Path ending in ".weights.h5", written after each layer and read at the
                start if it is there; None for none.
            verbose: As in `fit`.

        Returns:
            A `keras.callbacks.History` for each layer that was trained in this call; `loss` in
            nats per example.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: An argument is out of range, or `x` doesn't fit the model.

        Reference:
            Bengio et al., Greedy Layer-Wise Training of Deep Networks, 2007.
        """
        processes.check_alone("`pretrain`")
        epochs = _checks.integer("epochs", epochs, minimum=1)
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        restart = _checks.boolean("restart", restart)
        _checks.instance("corruption", corruption, Corruption | None, "a Corruption or None")
        if checkpoint is not None:
            checkpoint = str(_checks.path("checkpoint", checkpoint))
            if not checkpoint.endswith(".weights.h5"):
                raise ValueError(
                    "`checkpoint` must be a path that ends in .weights.h5. "
                    f"Received: checkpoint={_checks.shown(checkpoint)}"
                )
        optimizer = arguments.optimizer("optimizer", optimizer)
        if optimizer is None:
            raise ValueError(
                "`optimizer` must be a Keras optimizer, or the name of one. "
                "Received: optimizer=None"
            )
        verbose = arguments.verbosity("verbose", verbose)
        self._check_examples("x", x)
        return pretrain_stages(
            self,
            _arrays.numbers("x", x),
            epochs=epochs,
            batch_size=batch_size,
            optimizer=keras.optimizers.get(optimizer),
            corruption=corruption,
            restart=restart,
            checkpoint=checkpoint,
            verbose=verbose,
        )

    def decoder_model(self) -> keras.Model:
        """Return a plain Keras model from latent to reconstruction; saved, it loads alone.

        With tied weights it holds a copy of them: a kernel can't belong to two files at once.
        """
        if not self.tied:
            return super().decoder_model()
        free = StackedAutoencoder(
            self.input_shape,
            self.units,
            self.activation,
            likelihood=self.likelihood,
            preprocessor=self.preprocessor,
            dtype=self.dtype_policy,
        )
        for (owner, tied), (_, copy) in zip(self.layer_pairs, free.layer_pairs, strict=True):
            kernel = keras.ops.transpose(owner.kernel)
            copy.set_weights([keras.ops.convert_to_numpy(kernel), *tied.get_weights()])
        return free.decoder_model()


def _part(seed: int | None, index: int) -> int | None:
    return None if seed is None else seed + index


def _dense(
    units: int, activation: Any, seed: int | None, part: int, name: str, dtype: Any
) -> keras.layers.Dense:
    initializer = keras.initializers.GlorotUniform(_part(seed, part))
    return keras.layers.Dense(
        units, activation, kernel_initializer=initializer, name=name, dtype=dtype
    )


def _mirrored(
    units: int, activation: Any, tied: bool, seed: int | None, index: int, depth: int, dtype: Any
) -> Any:
    name = f"decoder_{index}"
    if tied:
        return TransposedDense(units, activation, name=name, dtype=dtype)
    return _dense(units, activation, seed, depth + index, name, dtype)
