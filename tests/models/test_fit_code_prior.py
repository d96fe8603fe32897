"""Priors over codes, against sources whose entropy is known."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.evaluation import code_nll
from tests.contract.rows import array, assert_equal

SHAPE, CODES = (4, 6), 4
# Four states, each of which goes on to some of the others: an entropy rate of 1.19 bits.
MOVES = np.array(
    [[0.7, 0.3, 0.0, 0.0], [0.0, 0.1, 0.9, 0.0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.0, 0.0, 0.5]]
)


def bits_of(chances):
    """The entropy of each distribution in bits."""
    return -np.sum(chances * np.log2(np.where(chances > 0, chances, 1.0)), axis=-1)


def stationary(moves):
    """The shares of the states that a step leaves as they are."""
    values, vectors = np.linalg.eig(moves.T)
    found = np.real(vectors[:, np.argmin(np.abs(values - 1.0))])
    return found / found.sum()


def draw_chain(moves, examples, seed):
    """Sequences of states, of which the first is drawn from the stationary distribution."""
    random, cumulative = np.random.default_rng(seed), np.cumsum(moves, axis=1)
    states = np.empty((examples, np.prod(SHAPE)), int)
    states[:, 0] = random.choice(len(moves), examples, p=stationary(moves))
    for place in range(1, states.shape[1]):
        passed = cumulative[states[:, place - 1]] < random.random((examples, 1))
        states[:, place] = passed.sum(axis=1)
    return states.reshape(examples, *SHAPE)


def as_data(states):
    """The two bits of each state as two channels, -1 or 1."""
    return (((states[..., None] >> np.arange(2)) & 1) * 2 - 1).astype("float32")


def lossless(shape=SHAPE):
    """A model whose index at each place is that of the data's two signs."""
    model = keras_ae.Autoencoder(
        keras.Sequential([keras.Input((*shape, 2)), keras.layers.Identity()]),
        layers.LookupFreeQuantizer(2),
        keras.Sequential([keras.Input((*shape, 2)), keras.layers.Identity()]),
        layers.GaussianLikelihood(1.0),
    )
    model.bottleneck.head.kernel.assign(np.eye(2))
    return model


def small(**options):
    return layers.CodePrior(CODES, **{"width": 16, "blocks": 1, "heads": 2, "seed": 0, **options})


def fitted(states, held_out, **options):
    """The bits a symbol of held out examples, the model, and its history."""
    options = {"epochs": 4, "batch_size": 64, "learning_rate": 1e-2, "seed": 0, **options}
    model = lossless(states.shape[1:])
    history = keras_ae.fit_code_prior(
        model, as_data(states), small(), validation_data=(as_data(held_out),), verbose=0, **options
    ).history
    return history["val_bits"][-1] / np.prod(states.shape[1:]), model, history


@pytest.mark.slow
def test_a_uniform_source_costs_its_entropy():
    random = np.random.default_rng(0)
    train, held_out = (random.integers(0, CODES, (n, 2, 3)) for n in (2048, 2048))
    bits, _, history = fitted(train, held_out, epochs=2)
    assert abs(bits - 2.0) < 0.02
    nats = history["val_nll"][-1]
    assert nats == pytest.approx(np.log(CODES) * 6, rel=0.01)
    assert history["val_bits"][-1] == pytest.approx(nats / np.log(2.0), rel=1e-5)
    assert history["val_loss"] == history["val_nll"]


@pytest.mark.slow
def test_a_markov_source_costs_its_entropy():
    train, held_out = draw_chain(MOVES, 3072, 1), draw_chain(MOVES, 3072, 2)
    share, length = stationary(MOVES), train[0].size
    entropy = (bits_of(share) + (length - 1) * share @ bits_of(MOVES)) / length
    bits, model, _ = fitted(train, held_out, epochs=6)
    assert abs(bits - entropy) < 0.02
    # What it draws moves as the source does.
    drawn = model.prior.sample(500, seed=3).reshape(500, -1)
    counts = np.zeros((CODES, CODES))
    np.add.at(counts, (drawn[:, :-1].ravel(), drawn[:, 1:].ravel()), 1)
    np.testing.assert_allclose(counts / counts.sum(axis=1, keepdims=True), MOVES, atol=0.04)


def quantized(name="residual_vq_vae", **options):
    options = {"codes": CODES, "stages": 2, "filters": (4,), "seed": 0, **options}
    return keras_ae.create_model(name, (4, 4, 1), 2, **options)


IMAGES = np.random.default_rng(4).uniform(size=(16, 4, 4, 1)).astype("float32")


@pytest.mark.slow
def test_a_prior_is_saved_with_its_model(tmp_path):
    model, prior = quantized(), small()
    assert "code_logits" not in model.functions()
    prior.build((None, 2, 2, 2))
    model.bottleneck.attach_prior(prior)
    indices = model.functions()["indices"](IMAGES)["indices"]
    logits = array(model.functions()["code_logits"](indices)["logits"])
    assert logits.shape == (16, 2, 2, 2, CODES)
    nll = code_nll(model, IMAGES, batch_size=5)
    np.testing.assert_allclose(nll, -array(prior.log_prob(indices)), rtol=1e-5)
    made = model.generate(5, seed=1)
    np.testing.assert_array_equal(made, model.generate(5, seed=1))
    decoded = model.functions()["decode_indices"](prior.sample(5, seed=1))["reconstruction"]
    np.testing.assert_allclose(array(decoded), made, atol=1e-6)

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    np.testing.assert_array_equal(loaded.generate(5, seed=1), made)
    again = array(loaded.functions()["code_logits"](indices)["logits"])
    np.testing.assert_array_equal(again, logits)


@pytest.mark.slow
def test_the_model_and_its_prior_are_trained_apart():
    model, prior = quantized(), small()
    model.compile("adam")
    model.fit(IMAGES, verbose=0)
    weights = model.get_weights()
    history = keras_ae.fit_code_prior(model, IMAGES, prior, epochs=1, verbose=0).history
    assert set(history) == {"loss", "nll", "bits"}
    assert model.prior is prior
    own = [w for w in model.weights if not any(w is each for each in prior.weights)]
    assert_equal(own, weights)
    fitted_weights = prior.get_weights()
    model.fit(IMAGES, verbose=0)
    assert_equal(prior.get_weights(), fitted_weights)
    keras_ae.fit_code_prior(model, IMAGES, prior, epochs=1, verbose=0)
    moved = zip(prior.get_weights(), fitted_weights, strict=True)
    assert any((one != other).any() for one, other in moved)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="exports run on TensorFlow")
def test_files_of_a_step_draw_what_the_model_draws(tmp_path):
    from keras_ae.export import export_model, load_artifact

    model, prior = quantized(), small()
    prior.build((None, 2, 2, 2))
    model.bottleneck.attach_prior(prior)
    formats = ("saved_model", "tflite", "onnx")
    export_model(
        model,
        tmp_path / "bundle",
        formats,
        endpoints=("code_logits",),
        sample_data=IMAGES,
        verbose=False,
    )
    expected = prior.sample(6, seed=2)
    for name in formats:
        with load_artifact(tmp_path / "bundle", format=name) as artifact:
            drawn = prior.sample(
                6, 2, lambda indices, a=artifact: a.run("code_logits", indices=indices)["logits"]
            )
        np.testing.assert_array_equal(drawn, expected)


def test_only_a_model_with_a_prior_has_an_nll_of_codes(model):
    with pytest.raises(ValueError, match="`fit_code_prior` gives it. Received: Autoencoder"):
        code_nll(model, IMAGES)


BAD = {
    "model": (lambda m: keras_ae.fit_code_prior(3, IMAGES), "`model` must be an Autoencoder"),
    "kind": (
        lambda m: keras_ae.fit_code_prior(
            keras_ae.create_model("vae", (4,), 2, units=(4,)), np.ones((3, 4))
        ),
        "`model` must be one whose codes are indices: .* Received: a VariationalAutoencoder with",
    ),
    "x": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES[:, :3]),
        r"`x` must have shape \(examples, 4, 4, 1\). Received: .*\(16, 3, 4, 1\)",
    ),
    "nan": (lambda m: keras_ae.fit_code_prior(m, IMAGES * np.nan), "`x` must be finite"),
    "prior": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, "small"),
        "`prior` must be a CodePrior or None. Received: prior='small'",
    ),
    "codes": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, layers.CodePrior(7)),
        "`prior` must be of the model's 4 codes. Received: a CodePrior of codes=7",
    ),
    "places": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, built(small())),
        r"`prior` must be of indices of shape \(2, 2, 2\). Received: a CodePrior of shape \(3,\)",
    ),
    "epochs": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, epochs=0),
        "`epochs` must be an integer >= 1. Received: epochs=0",
    ),
    "batch_size": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, batch_size=0),
        "`batch_size` must be an integer >= 1. Received: batch_size=0",
    ),
    "learning_rate": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, learning_rate=-1),
        "`learning_rate` must be a number > 0. Received: learning_rate=-1",
    ),
    "validation_data": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, validation_data=3),
        r"`validation_data` must be a tuple \(x,\) or None. Received: 3",
    ),
    "validation_shape": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, validation_data=(IMAGES[0],)),
        r"`validation_data` must have shape \(examples, 4, 4, 1\)",
    ),
    "seed": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, seed=-1),
        "`seed` must be an integer >= 0. Received: seed=-1",
    ),
    "callbacks": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, callbacks=3),
        "`callbacks` must be .* Received: callbacks=3",
    ),
    "verbose": (
        lambda m: keras_ae.fit_code_prior(m, IMAGES, verbose=7),
        "`verbose` must be 'auto', 0, 1 or 2. Received: verbose=7",
    ),
}


def built(prior):
    prior.build((None, 3))
    return prior


@pytest.fixture(scope="module")
def model():
    return quantized()


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_input_is_refused_before_any_work(case, model):
    call, words = case
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        call(model)
    assert "\n" not in str(caught.value)
    assert model.prior is None


def test_generate_tells_where_a_prior_comes_from(model):
    with pytest.raises(ValueError, match="whose bottleneck has a prior .see `fit_code_prior`"):
        model.generate(2)


def test_codes_that_are_too_many_are_refused():
    many = keras_ae.create_model("lfq_vae", (4, 4, 1), 17, filters=(4,))
    with pytest.raises(
        ValueError, match=r"`codes` must be .* and <= 65536\. Received: codes=131072"
    ):
        keras_ae.fit_code_prior(many, IMAGES)
