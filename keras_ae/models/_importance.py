"""Importance weights: their parts, and the log-likelihood over arrays in constant memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_ae.execution.backend import backend
from keras_ae.execution.batch_sizes import batch_size as fitting_batch_size
from keras_ae.execution.batch_sizes import passes
from keras_ae.execution.endpoint import as_input

# Decoder passes that make a progress bar worth its line.
LONG = 1_000_000
# Decoder passes of one call: enough that what a call costs doesn't matter.
CALL = 16_384


class Drawn(NamedTuple):
    """Several latents an example."""

    parameters: Any  # the decoder's at each latent, (samples * batch, ...)
    latent: Any  # (samples * batch, *code_shape)
    log_ratio: Any  # log p(latent) - log q(latent | x), (samples, batch)

    def log_likelihood(self, log_prob: Callable[[Any, Any], Any], target: Any) -> Any:
        """Return log p(x | latent), of shape (samples, batch), in nats.

            log w = log_likelihood + log_ratio,   latent ~ q(latent | x)

        Args:
            log_prob: The likelihood's, of a target and parameters.
            target: Tensor of shape (batch, ...), what the likelihood judges.
        """
        samples = self.log_ratio.shape[0]
        return ops.reshape(log_prob(repeat(target, samples), self.parameters), (samples, -1))


def draw(model: Any, posterior: Any, epsilon: Any, training: bool | None = None) -> Drawn:
    """Draw latents of each example, decode them and compare them with the prior.

    Args:
        model: A `VariationalAutoencoder`.
        posterior: The `Posterior` of the batch.
        epsilon: Standard normal noise of shape (samples, batch, *code_shape).
        training: As in a call of the decoder.
    """
    samples, code_shape = epsilon.shape[0], epsilon.shape[2:]
    repeated = posterior.map(lambda tensor: repeat(tensor, samples))
    latent, log_ratio = model.bottleneck.sample(repeated, ops.reshape(epsilon, (-1, *code_shape)))
    parameters = model.decoder(latent, training=training)
    return Drawn(parameters, latent, ops.reshape(log_ratio, (samples, -1)))


def importance_weighted_log_likelihood(
    model: Any,
    x: Any,
    num_samples: int,
    seed: int,
    batch_size: int | None,
    verbose: int | str,
) -> np.ndarray:
    """Return log 1/K sum of the importance weights of each example, shape (examples,), in nats.

    The posterior is computed once, for a batch of examples. Then tile by tile of a few examples:
    its samples are drawn, decoded and reduced chunk by chunk inside one compiled function, which
    goes through several tiles, and from which only the sums come back. The noise is that of
    (seed, tile, chunk): it doesn't depend on the batches.

    Args:
        model: A `VariationalAutoencoder`.
        x: Array of shape (examples, ...).
        num_samples: K.
        seed: Seed of the noise.
        batch_size: Examples whose posterior is computed at a time; None to fit the memory.
        verbose: 0, 1 or "auto".
    """
    x = np.asarray(x)
    at_once = passes(model.decoder)
    chunks = math.ceil(num_samples / at_once)
    samples = min(at_once, rounded_up(math.ceil(num_samples / chunks)))
    examples = max(1, at_once // samples)  # in a tile
    size = fitting_batch_size(batch_size, [model.preprocessor, model.encoder])
    size = examples * max(1, size // examples)
    padded = backend().padded_size(len(x), size)
    at_most = max(1, CALL // (chunks * samples * examples))  # tiles in a call
    head, weigh = _head_endpoint(model), _weighing_endpoint(model, samples)
    show = verbose == 1 or (verbose == "auto" and len(x) * num_samples >= LONG)
    bar = keras.utils.Progbar(len(x), unit_name="example") if show else None
    numbers = [np.array(each, "int32") for each in (seed, num_samples, chunks)]
    results = np.empty(len(x), "float32")
    for first in range(0, len(x), size):
        batch = as_input(x[first : first + size])
        tensors = head.predict_on_batch([batch], padded)
        for start in range(0, len(batch), examples * at_most):
            rows = np.arange(start, min(start + examples * at_most, len(batch)))
            tiles = math.ceil(len(rows) / examples)
            # Full tiles, and as many as are compiled already: another size would be compiled anew.
            tiles = max(tiles, backend().padded_size(tiles, at_most))
            full = np.resize(rows, (tiles, examples))
            tile = np.array((first + start) // examples, "int32")
            total = weigh.run([*numbers, tile, *(each[full] for each in (batch, *tensors))])
            results[first + rows] = total.ravel()[: len(rows)]
            if bar is not None:
                bar.add(len(rows))
    return results


def _head_endpoint(model: Any) -> Any:
    """Return the compiled function from x to the posterior's parameters, in their order."""

    def head(x: Any) -> Any:
        posterior = model.bottleneck.posterior(model.encoder(model._preprocessed(x)))
        return tuple(posterior.parameters.values())

    return model.endpoint("head", head)


def _weighing_endpoint(model: Any, samples: int) -> Any:
    """Return the compiled sum over chunks of so many samples of each example of some tiles."""
    run = backend()
    code_shape = model.bottleneck.code_shape
    log_prob = run.fused(model.likelihood.log_prob)

    def weigh(seed: Any, num_samples: Any, chunks: Any, first: Any, x: Any, *tensors: Any) -> Any:
        examples = x.shape[1]

        def of_tile(index: Any) -> Any:
            target = model._preprocessed(x[index])
            posterior = model.bottleneck.posterior_type(*(each[index] for each in tensors))

            def add(chunk: Any, total: Any) -> Any:
                shape = (samples, examples, *code_shape)
                epsilon = run.normal(shape, seed, first + index, chunk)
                drawn = draw(model, posterior, epsilon)
                log_weights = drawn.log_likelihood(log_prob, target) + drawn.log_ratio
                wanted = chunk * samples + ops.arange(samples, dtype="int32") < num_samples
                log_weights = ops.where(wanted[:, None], log_weights, -math.inf)
                return ops.logaddexp(total, ops.logsumexp(log_weights, axis=0))

            start = ops.full((examples,), -math.inf, dtype="float32")
            total = run.repeat(chunks, add, start)
            return total - ops.log(ops.cast(num_samples, "float32"))

        return run.each(ops.shape(x)[0], of_tile)

    return model.endpoint(f"weigh_{samples}", weigh)


def rounded_up(count: int) -> int:
    """Return the next of 1 to 8, 10, 12, 14, 16, 20, ...: four to an octave, at most 25 % more.

    Each number of samples in a chunk is compiled anew; this way there are few, whatever K is.
    """
    step = 1 << max(0, count.bit_length() - 3)
    return -(-count // step) * step


def repeat(tensor: Any, times: int) -> Any:
    """Stack `times` copies along the batch axis."""
    return ops.tile(tensor, (times, *[1] * (len(tensor.shape) - 1)))
