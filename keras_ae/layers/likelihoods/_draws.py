"""Draws that Keras has no function for, by those that it has."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae.probability.table_densities import poisson_log_prob

ATTEMPTS = 20  # at a large rate; one is taken with a probability above 0.7
SMALL_RATE = 10.0  # below, by inversion
MOST_OF_SMALL = 60  # a count that a small rate exceeds once in 10**25


def seeds(seed: Any, count: int) -> list[Any]:
    """Return seeds of so many draws that shall be independent; a generator moves on by itself."""
    if not isinstance(seed, Integral):
        return [seed] * count
    return [int(each) >> 1 for each in np.random.SeedSequence(int(seed)).generate_state(count)]


def categorical(log_probs: Any, seed: Any) -> Any:
    """Draw codes of categories, from log-probabilities along the last axis, float32."""
    size = log_probs.shape[-1]
    flat = ops.reshape(log_probs, (-1, size))
    drawn = keras.random.categorical(flat, 1, seed=seed)
    return ops.cast(ops.reshape(drawn, ops.shape(log_probs)[:-1]), "float32")


def gamma(shape: Any, seed: Any) -> Any:
    """Draw gamma variables of scale 1 with shapes > 0."""
    drawn = keras.random.gamma(ops.shape(shape), shape, dtype="float32", seed=seed)
    return ops.maximum(drawn, 1e-30)


def poisson(rate: Any, seed: Any) -> Any:
    """Draw Poisson counts, float32.

    Small rates by inversion; large ones by transformed rejection, of which a fixed number of
    proposals is drawn and the first that is accepted taken.

    Reference:
        Hoermann, The Transformed Rejection Method for Generating Poisson Random Variables, 1993.
    """
    shape = (2 * ATTEMPTS + 1, *ops.shape(rate))
    uniform = keras.random.uniform(shape, 1e-7, 1.0, dtype="float32", seed=seed)
    is_small = rate < SMALL_RATE
    small = _inverted(uniform[0], ops.where(is_small, rate, ops.ones_like(rate)))
    large = ops.where(is_small, SMALL_RATE * ops.ones_like(rate), rate)
    proposed = _rejected(uniform[1 : ATTEMPTS + 1] - 0.5, uniform[ATTEMPTS + 1 :], large)
    return ops.where(is_small, small, proposed)


def _inverted(uniform: Any, rate: Any) -> Any:
    term = ops.exp(-rate)
    below, count = term, ops.zeros_like(rate)
    for number in range(1, MOST_OF_SMALL):
        count = count + ops.cast(uniform > below, "float32")
        term = term * rate / number
        below = below + term
    return count


def _rejected(u: Any, v: Any, rate: Any) -> Any:
    rates = rate + ops.zeros_like(u)
    b = 0.931 + 2.53 * ops.sqrt(rates)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    sure = 0.9277 - 3.6224 / (b - 2.0)
    us = 0.5 - ops.abs(u)
    count = ops.floor((2.0 * a / us + b) * u + rates + 0.43)
    inside = count >= 0
    counts = ops.where(inside, count, ops.zeros_like(count))
    log_p = poisson_log_prob(ops.reshape(counts, (-1, 1)), ops.reshape(rates, (-1, 1)))
    log_p = ops.reshape(log_p, ops.shape(counts))
    by_density = ops.log(v * inverse_alpha / (a / ops.square(us) + b)) <= log_p
    squeezed = ops.logical_and(us >= 0.07, v <= sure)
    taken = ops.logical_and(inside, ops.logical_or(squeezed, by_density))
    result = ops.floor(rate)
    for attempt in reversed(range(ATTEMPTS)):
        result = ops.where(taken[attempt], counts[attempt], result)
    return result
