"""Figures: what they refuse, and how they say so."""

import numpy as np
import pytest

from keras_ae.plotting import latent_map, reconstructions, samples, save, training_curves


def random(*shape):
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


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
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert message in str(raised.value)
