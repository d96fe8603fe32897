import keras
import numpy as np
import pytest

from keras_ae import layers
from keras_ae.execution import rule
from keras_ae.models import DenoisingAutoencoder, list_models
from keras_ae.training import TrainingConfig
from keras_ae.training.build_model import NAMED, build_model
from keras_ae.training.examples import load_examples

TABLE = np.random.default_rng(0).normal([0, 50, -3], [1, 20, 0.1], size=(40, 3))


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Return a function from options to the model and the resolved configuration."""
    monkeypatch.chdir(tmp_path)
    np.save("table.npy", TABLE)
    np.save("images.npy", np.random.default_rng(0).uniform(size=(40, 6, 6, 1)))

    def make(data="images.npy", **options):
        small = {"latent_dim": 2, "units": (8,), "test_fraction": 0.0}
        config = TrainingConfig(data=data, **{**small, **options})
        return build_model(config, load_examples(config))

    return make


@pytest.mark.parametrize("name", list_models())
def test_every_recipe_can_be_built_from_a_configuration(build, name):
    networks = {"units": None, "filters": (4,)} if name == "spatial_vae" else {}
    table = name == "table_vae"
    model, resolved = build("table.npy" if table else "images.npy", model=name, **networks)
    assert model.example_shape == (TABLE.shape[1:] if table else (6, 6, 1))
    assert model.compiled
    has_kl = any(penalty.is_kl for penalty in model.penalties)
    assert (resolved.beta is None) == (not has_kl)


@pytest.mark.parametrize("name", NAMED)
def test_every_likelihood_has_a_name_in_the_help(build, name):
    model, _ = build(likelihood=name)
    assert type(model.likelihood) is type(NAMED[name]())
    assert name in TrainingConfig.__dataclass_fields__["likelihood"].metadata["help"]


def test_tables_are_normalized_inside_the_model(build):
    model, resolved = build("table.npy")
    scaled = keras.ops.convert_to_numpy(model.preprocessor(TABLE.astype("float32")))
    assert resolved.normalize is True
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, atol=0.2)
    assert build("table.npy", normalize=False)[0].preprocessor is None


def test_what_is_left_to_choose_is_filled_in(build):
    _, resolved = build(model="beta_vae", units=None, filters=(4,))
    assert (resolved.beta, resolved.normalize) == (4.0, False)


def test_a_short_training_is_carried_out_as_keras_would(build):
    _, resolved = build(jit=None)
    assert (resolved.jit, resolved.steps_per_execution) == (keras.backend.backend() == "jax", 1)


def test_how_a_long_training_is_carried_out_is_kept(build, monkeypatch, tmp_path):
    monkeypatch.setattr(rule, "MIN_STEPS", 1)
    model, resolved = build(jit=None, batch_size=8)
    assert resolved.steps_per_execution > 1
    assert resolved.jit is model.jit_compile
    model.save(tmp_path / "model.keras")
    kept = keras.models.load_model(tmp_path / "model.keras").get_compile_config()
    assert kept["steps_per_execution"] == resolved.steps_per_execution
    assert kept["jit_compile"] is resolved.jit
    assert build(jit=False, steps_per_execution=2)[0].steps_per_execution == 2


def test_free_bits_and_capacity_keep_the_recipes_beta(build):
    penalty = build(model="beta_vae", free_bits=0.5)[0].bottleneck.penalty
    assert (penalty.beta, penalty.free_bits) == (4.0, 0.5)
    penalty = build(beta=2.0, capacity=5.0)[0].bottleneck.penalty
    assert (penalty.beta, penalty.capacity) == (2.0, 5.0)


def test_options_reach_the_model(build):
    model, _ = build(model="denoising", corruption_rate=0.7, activation="tanh")
    assert isinstance(model, DenoisingAutoencoder)
    assert model.corruption.rate == 0.7
    model, _ = build(precision="mixed_bfloat16", learning_rate=0.25)
    assert model.encoder.layers[-1].compute_dtype == "bfloat16"
    assert float(model.optimizer.learning_rate) == 0.25
    assert build(model="stacked", tied=True)[0].tied
    assert build(model="mixture_vae", components=3)[0].bottleneck.prior.components == 3
    assert build(model="vae_gan", adversarial_weight=2.5)[0].penalties[-1].weight == 2.5


@pytest.mark.parametrize(
    ("model", "options", "expected"),
    [
        ("vq_vae", {"codes": 5}, {"codes": 5}),
        ("residual_vq_vae", {"codes": 5, "stages": 3}, {"codes": 5, "stages": 3}),
        ("fsq_vae", {"levels": "4", "latent_dim": 2}, {"levels": (4, 4), "codes": 16}),
        ("fsq_vae", {"levels": "4,3", "latent_dim": 2}, {"levels": (4, 3), "codes": 12}),
        ("gumbel_vae", {"categories": 3}, {"codes": 3}),
        ("topk_sparse", {"k": 2, "latent_dim": 8}, {"k": 2}),
    ],
)
def test_options_of_a_code_reach_the_bottleneck(build, model, options, expected):
    bottleneck = build(model=model, **options)[0].bottleneck
    assert {name: getattr(bottleneck, name) for name in expected} == expected


def test_one_seed_gives_one_model(build):
    first, again, other = (build(seed=seed)[0].get_weights() for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not all((a == b).all() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"model": "vea"},
            "`model` must be one of autoencoder, .*, vq_vae. Received: model='vea'",
        ),
        ({"likelihood": "normal"}, "`likelihood` must be one of bernoulli, .*'normal'"),
        ({"model": "autoencoder", "beta": 2.0}, "Model 'autoencoder' doesn't take .*beta"),
        ({"model": "autoencoder", "capacity": 2.0}, "`capacity` must be left out for a model w"),
        ({"model": "autoencoder", "free_bits": 2.0}, "`free_bits` must be left out for a model w"),
        (
            {"model": "stacked", "beta_warmup": 1},
            "`beta_warmup` must be left out for a model w",
        ),
        (
            {"code_prior_epochs": 3},
            "`code_prior_epochs` must be 0 for a model whose codes aren't i",
        ),
        ({"pretrain_epochs": 3}, "`pretrain_epochs` must be 0 for a model that isn't stacked"),
        ({"corruption_rate": 0.5}, "`corruption_rate` must be left out for a model that"),
        (
            {"normalize": True},
            r"`normalize` must be false with a .* of values in \[0, 1\]",
        ),
        ({"model": "mixture_vae", "free_bits": 0.1}, "MixturePrior"),
        ({"data": "table.npy", "filters": (8,)}, "`filters` must be None for the network dense"),
        ({"data": "table.npy", "likelihood": "bernoulli"}, r"x` must lie in \[0, 1\]"),
        ({"activation": "rely"}, "rely"),
    ],
)
def test_what_does_not_fit_is_told_before_training(build, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        build(**options)


def test_a_normalized_model_keeps_the_datas_units(build):
    model, _ = build("table.npy")
    assert isinstance(model.likelihood, layers.GaussianLikelihood)
    assert model.reconstruct(TABLE.astype("float32"))[:, 1].mean() > 10
