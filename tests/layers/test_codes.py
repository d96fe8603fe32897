"""Codes of any shape, held down by any penalties."""

import numpy as np
import pytest
import tensorflow_probability as tfp
from keras import ops

from keras_ae.layers import (
    DenseBottleneck,
    FullNormalBottleneck,
    L1Penalty,
    MixturePrior,
    NormalBottleneck,
    Penalty,
    StandardNormalPrior,
)
from tests.contract.rows import array

tfd = tfp.distributions
FEATURES = np.random.default_rng(0).normal(size=(5, 8)).astype("float32")


def l2_penalty(name):
    class L2(Penalty):
        metric_name = name

        def values(self, code):
            return ops.sum(ops.square(code.latent), axis=-1)

    return L2()


@pytest.mark.parametrize("kind", [DenseBottleneck, NormalBottleneck, FullNormalBottleneck])
def test_any_penalties_are_added_and_recorded(kind):
    both = [L1Penalty(0.5), l2_penalty("l2")]
    bottleneck = kind(3, penalty=both, seed=0)
    latent = array(bottleneck(FEATURES, training=True))
    expected = [0.5 * np.abs(latent).sum(axis=1), np.square(latent).sum(axis=1)]
    for penalty, loss, values in zip(
        bottleneck.penalties, bottleneck.losses, expected, strict=True
    ):
        assert float(loss) == pytest.approx(values.mean(), rel=1e-5)
        np.testing.assert_allclose(array(penalty.take()), values, rtol=1e-5)
    assert bottleneck.score(FEATURES)[1] is None  # no KL holds the code down
    assert bottleneck.score_noise is None


def test_penalties_of_one_name_are_refused():
    with pytest.raises(ValueError, match="of different names.*Received: l2, l2"):
        NormalBottleneck(2, penalty=[l2_penalty("l2"), l2_penalty("l2")])


def test_maps_have_a_normal_latent_at_each_place():
    maps = FEATURES.reshape(5, 2, 2, 2)
    bottleneck = NormalBottleneck(3, seed=0)
    latent = array(bottleneck(maps, training=True))
    assert latent.shape == (5, 2, 2, 3)
    assert bottleneck.code_shape == (2, 2, 3)
    posterior = bottleneck.posterior(maps)
    expected = tfd.kl_divergence(
        tfd.Normal(array(posterior.mean), array(posterior.scale)), tfd.Normal(0.0, 1.0)
    )
    expected = expected.numpy().sum(axis=(1, 2, 3))
    np.testing.assert_allclose(array(bottleneck.penalty.take()), expected, rtol=1e-4)
    with pytest.raises(ValueError, match="must get features of shape .batch, features.: flatten"):
        FullNormalBottleneck(3)(maps)


@pytest.mark.parametrize("prior", [StandardNormalPrior(), MixturePrior(3, seed=1)])
def test_priors_of_maps_sum_over_all_axes(prior):
    prior.build((None, 2, 2, 3))
    latent = array(prior.sample(4, seed=0))
    assert latent.shape == (4, 2, 2, 3)
    assert prior.latent_dim == 12
    expected = prior.to_tfp().log_prob(latent).numpy()
    np.testing.assert_allclose(array(prior.log_prob(latent)), expected, rtol=1e-5)
