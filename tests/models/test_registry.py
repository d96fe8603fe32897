"""Models by name."""

import keras
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.models import registry


@pytest.fixture
def scratch():
    """The registry, put back afterwards."""
    before = dict(registry._RECIPES)
    yield registry._RECIPES
    registry._RECIPES.clear()
    registry._RECIPES.update(before)


def test_all_recipes_are_listed_with_what_they_are():
    models = keras_ae.list_models()
    assert set(models) >= {
        "autoencoder",
        "stacked",
        "denoising",
        "sparse",
        "vae",
        "beta_vae",
        "full_covariance_vae",
        "mixture_vae",
    }
    for name, description in models.items():
        assert "Likelihood:" in description, name


@pytest.mark.usefixtures("scratch")
def test_a_user_adds_a_model():
    @keras_ae.register_model("tiny")
    def tiny(input_shape, latent_dim, **options):
        """A tiny one."""
        return keras_ae.create_model("vae", input_shape, latent_dim, units=(2,), **options)

    assert keras_ae.list_models()["tiny"] == "A tiny one."
    assert keras_ae.create_model("tiny", (3,), 1).example_shape == (3,)
    with pytest.raises(ValueError, match=r"not registered yet\. Received: name='tiny'"):
        keras_ae.register_model("tiny")(tiny)
    with pytest.raises(ValueError, match="must have a docstring"):
        keras_ae.register_model("silent")(lambda *_: None)


def test_networks_and_likelihood_follow_the_shape():
    image, vector = (keras_ae.create_model("vae", shape, 2) for shape in ((6, 6, 1), (6,)))
    assert any(isinstance(each, keras.layers.Conv2D) for each in image.encoder.layers)
    assert not any(isinstance(each, keras.layers.Conv2D) for each in vector.encoder.layers)
    assert isinstance(image.likelihood, layers.BernoulliLikelihood)
    assert isinstance(vector.likelihood, layers.GaussianLikelihood)
    assert isinstance(vector.likelihood.scale, layers.SharedScale)


def test_one_seed_gives_one_model_and_distinct_weights():
    first, second, other = (
        keras_ae.create_model("vae", (6,), 2, units=(6, 6), seed=seed) for seed in (0, 0, 1)
    )
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    assert all((a == b).all() for a, b in pairs)
    kernels = [w for w in first.get_weights() if w.shape == (6, 6)]
    assert len(kernels) >= 2
    assert not (kernels[0] == kernels[1]).all()
    assert not (first.get_weights()[0] == other.get_weights()[0]).all()
