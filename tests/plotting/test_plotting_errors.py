"""Figures: what they refuse, and how they say so."""

import numpy as np
import pytest

from keras_ae.plotting import (
    code_bars,
    interpolations,
    kl_bars,
    latent_map,
    latent_traversals,
    manifold,
    reconstructions,
    roc,
    samples,
    save,
    score_histogram,
    training_curves,
)
from tests.plotting.figures import as_pixels, random


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: training_curves([1.0]), TypeError, "`history` must be a dictionary of lists"),
        (lambda: training_curves({"a": [1]}), ValueError, "one of the entries loss, nll, kl"),
        (lambda: training_curves({"loss": []}), ValueError, "Received: loss=[]"),
        (lambda: training_curves({"kl": ["x"]}), TypeError, "Received: kl=['x']"),
        (
            lambda: training_curves({"loss": [1.0, 2.0], "val_loss": [1.0]}),
            ValueError,
            "Received: lengths {'loss': 2, 'val_loss': 1}",
        ),
        (lambda: samples(random(4)), ValueError, "`images` must be images (n, height, width) or"),
        (lambda: samples(random(4, 5, 5, 2)), ValueError, "Received: shape=(4, 5, 5, 2)"),
        (lambda: samples(random(0, 5, 5)), ValueError, "Received: shape=(0, 5, 5)"),
        (lambda: samples([["a"]]), TypeError, "`images` must be images"),
        (lambda: samples(np.full((1, 2, 2), np.nan)), ValueError, "`images` must be finite"),
        (lambda: samples(random(4, 5, 5), columns=0), ValueError, "Received: columns=0"),
        (
            lambda: reconstructions(random(4, 5, 5), random(4, 5, 6)),
            ValueError,
            "`reconstruction` must have the shape of `x`",
        ),
        (
            lambda: reconstructions(random(4, 5), random(4, 5), corrupted=random(3, 5)),
            ValueError,
            "`corrupted` must have the shape of `x`. Received: corrupted of shape (3, 5)",
        ),
        (lambda: reconstructions(random(4, 5), random(4, 5), n=1.5), TypeError, "n=1.5"),
        (
            lambda: reconstructions(random(4, 5), random(4, 5), labels=[1]),
            ValueError,
            "`labels` must hold one value for each of the 4 examples. Received: shape=(1,)",
        ),
        (lambda: latent_map(random(4)), ValueError, "`latent` must be an array (n, latent_dim)"),
        (lambda: latent_map(random(1, 3)), ValueError, "at least 2 examples to project"),
        (lambda: latent_map(random(4, 2), [1, 2]), ValueError, "each of the 4 examples"),
        (
            lambda: latent_map(random(12, 2), list("abcdefghijkl")),
            ValueError,
            "`labels` must have at most 10 distinct strings (numbers may have more). "
            "Received: 12 distinct",
        ),
        (lambda: save("figure", "figure.png"), TypeError, "`figure` must be a `matplotlib"),
        (
            lambda: save(samples(random(1, 2, 2)), "figure.jpg"),
            ValueError,
            "`path` must end in .png, .pdf, .svg. Received: path='figure.jpg'",
        ),
        (lambda: interpolations(random(4, 5)), ValueError, "`paths` must be an array (pairs, st"),
        (lambda: interpolations(random(2, 1, 9)), ValueError, "at least 2 steps"),
        (lambda: interpolations(random(2, 3, 9), labels=["a"]), ValueError, "each of the 2"),
        (lambda: latent_traversals("decode", np.zeros(2)), TypeError, "decode='decode'"),
        (
            lambda: latent_traversals(as_pixels, np.zeros((2, 3))),
            ValueError,
            "`latent` must be one latent of shape (latent_dim,)",
        ),
        (
            lambda: latent_traversals(as_pixels, np.zeros(3), dimensions=(0, 3)),
            ValueError,
            "`dimensions` must be different integers from 0 to 2. Received: dimensions=(0, 3)",
        ),
        (
            lambda: latent_traversals(as_pixels, np.zeros(3), dimensions=(0.5,)),
            TypeError,
            "Received: dimensions=(0.5,)",
        ),
        (
            lambda: latent_traversals(as_pixels, np.zeros(3), values=(1.0,)),
            ValueError,
            "`values` must be a sequence of at least 2 numbers",
        ),
        (
            lambda: latent_traversals(lambda latent: as_pixels(latent)[1:], np.zeros(2)),
            ValueError,
            "`decode` must return an example for each of 18 latents. Received: 17 examples",
        ),
        (lambda: manifold(as_pixels, dimensions=(1, 1)), ValueError, "different integers"),
        (lambda: manifold(as_pixels, dimensions=(0,)), ValueError, "`dimensions` must be two"),
        (lambda: manifold(as_pixels, values=(0,)), ValueError, "at least 2 numbers"),
        (lambda: manifold(lambda latent: latent), ValueError, "`decode` must return images"),
        (lambda: kl_bars([[[1.0]]]), ValueError, "`kl` must be an array (latent_dim,) or"),
        (
            lambda: code_bars("a"),
            TypeError,
            "`counts` must be an array (codes,) or (stages, codes)",
        ),
        (lambda: code_bars([-1, 2]), ValueError, "Received: values from -1 to 2"),
        (lambda: code_bars([[1, 2], [0, 0]]), ValueError, "1 row(s) of zeros"),
        (lambda: kl_bars([np.nan]), ValueError, "`kl` must be finite"),
        (lambda: score_histogram([[1.0]]), ValueError, "`scores` must be an array (examples,)"),
        (lambda: score_histogram(["a"]), TypeError, "`scores` must be an array (examples,)"),
        (lambda: score_histogram([1.0], [0, 1]), ValueError, "each of the 1 examples"),
        (lambda: score_histogram([1.0, 2.0], [1, 2]), ValueError, "must hold truth values"),
        (lambda: score_histogram([1.0], threshold=np.inf), ValueError, "threshold=inf"),
        (lambda: roc([1.0, 2.0], [1, 1]), ValueError, "2 anomalies of 2 examples"),
        (lambda: roc({}, [1, 0]), ValueError, "Received: scores={}"),
        (
            lambda: roc({"a": [1.0, 2.0], "b": [2.0, 1.0]}, [1, 0], threshold=1.0),
            ValueError,
            "`threshold` must be None for several curves. Received: threshold=1.0",
        ),
        (lambda: roc([1.0, 2.0], ["a", "b"]), ValueError, "`labels` must hold truth values"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert message in str(raised.value)
