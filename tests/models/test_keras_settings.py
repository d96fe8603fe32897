"""Settings of Keras and TensorFlow that a user may have made: precision, eager runs, freezing."""

import keras
import numpy as np
import pytest

import keras_ae

X = np.random.default_rng(0).random((64, 6))


IMAGES = np.random.default_rng(0).random((64, 4, 4, 1))
# Options of `compile`, and weights of the examples.
PLAINLY, WEIGHED = ({}, None), ({"steps_per_execution": 2}, np.ones(64))
EAGERLY = {"run_eagerly": True, "jit_compile": False}, np.ones(64)


def make(name="vae", **options):
    spatial = name == "spatial_vae"
    options |= {"filters": (3,)} if spatial else {"units": (8,)}
    shape = IMAGES.shape[1:] if spatial else (6,)
    return keras_ae.create_model(name, shape, latent_dim=2, seed=0, **options)


@pytest.fixture
def precision():
    """Return a function that sets the default type, as before any layer is made; it is put back.

    Keras makes its policy of the default type once, when it is first asked for.
    """
    before, policy = keras.config.floatx(), keras.config.dtype_policy()

    def choose(name):
        keras.config.set_floatx(name)
        keras.config.set_dtype_policy(name)

    yield choose
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


def learns_and_answers(name, path, *ways, rows):
    """Train by each way, of options and weights, and ask the model all that it answers."""
    model, x = make(name), (IMAGES if name == "spatial_vae" else X)[:rows]
    y = x if name == "transcoder" else None
    some = (x[:4],) if y is None else (x[:4], y[:4])
    if hasattr(model, "pretrain"):
        model.pretrain(x, epochs=1, verbose=0)
    for options, weights in ways:
        model.compile("adam", **options)
        history = model.fit(
            x,
            y,
            sample_weight=None if weights is None else weights[:rows],
            batch_size=16,
            validation_data=some,
            verbose=0,
        )
        assert all(np.isfinite(each).all() for each in history.history.values())
    assert np.isfinite(model.evaluate(x, y, verbose=0)).all()
    answers = {
        "encode": model.encode(x),
        "decode": model.decode(model.encode(x)),
        "predict": model.predict(x, verbose=0),
    }
    if y is None:
        answers["score"] = model.anomaly_score(x)
    if hasattr(model, "posterior"):
        posterior = model.posterior(x)
        answers["sample"] = posterior.sample(seed=0)
        answers["kl"] = posterior.kl(model.bottleneck.prior)
        answers["log_likelihood"] = model.log_likelihood(x, num_samples=5)
        answers["generate"] = model.generate(4, seed=0)
        answers["interpolate"] = model.interpolate(x[:2], x[2:4], steps=3)
    for each in answers.values():
        assert np.isfinite(np.asarray(each, "float64")).all()
    model.save(path)
    loaded = keras.models.load_model(path)
    if y is None:
        np.testing.assert_allclose(loaded.anomaly_score(x), answers["score"], rtol=1e-5)
    else:
        np.testing.assert_array_equal(loaded.encode(x), answers["encode"])
    return answers


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning")
@pytest.mark.parametrize("floatx", ["float64", "float16"])
@pytest.mark.parametrize("name", sorted(keras_ae.list_models()))
def test_every_recipe_in_another_precision(name, floatx, precision, tmp_path, request):
    precision(floatx)
    # A graph changes no type; one recipe shows that. Two steps do, one of a short batch.
    ways, rows = ((PLAINLY, WEIGHED), 64) if name == "vae" else ((EAGERLY,), 20)
    if name != "vae":
        request.getfixturevalue("eager")
    answers = learns_and_answers(name, tmp_path / "model.keras", *ways, rows=rows)
    # Nats are float32 whatever the networks are; a transcoder has no score of its input alone.
    assert name == "transcoder" or answers["score"].dtype == "float32"


@pytest.mark.parametrize("floatx", ["float64", "float16"])
def test_scores_are_those_of_float32(floatx, precision):
    expected = make()
    scores = expected.anomaly_score(X)
    precision(floatx)
    model = make()
    model.set_weights(expected.get_weights())
    rtol = 1e-5 if floatx == "float64" else 1e-2
    np.testing.assert_allclose(model.anomaly_score(X), scores, rtol=rtol, atol=rtol)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="TensorFlow's switch")
def test_functions_that_are_run_eagerly_train_the_same():
    import tensorflow as tf

    def trained():
        keras.utils.set_random_seed(0)
        model = make("autoencoder")
        model.compile("adam", jit_compile=False, steps_per_execution=2)
        model.fit(X, batch_size=16, shuffle=False, verbose=0)
        return model, model.get_weights()

    _, expected = trained()
    tf.config.run_functions_eagerly(True)
    try:
        with pytest.warns(UserWarning, match="does not apply to tf.data functions"):
            model, weights = trained()
        model.anomaly_score(X)
        make().log_likelihood(X[:3], num_samples=4)
    finally:
        tf.config.run_functions_eagerly(False)
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("before", "steps"),
    [
        pytest.param(True, 2, id="frozen-2", marks=pytest.mark.slow),
        pytest.param(False, 1, id="unfrozen-1"),
        pytest.param(True, 1, id="frozen-1", marks=pytest.mark.slow),
        pytest.param(False, 2, id="unfrozen-2", marks=pytest.mark.slow),
    ],
)
def test_freezing_between_compile_and_fit_counts(before, steps):
    """As in stock Keras: what is trainable when training begins is trained."""
    model = make("autoencoder")
    model.encoder.trainable = before
    model.compile(keras.optimizers.Adam(0.01), steps_per_execution=steps)
    model.encoder.trainable = not before
    start = model.encoder.get_weights()
    model.fit(X, batch_size=16, verbose=0)
    moved = [
        not np.array_equal(one, other)
        for one, other in zip(start, model.encoder.get_weights(), strict=True)
    ]
    assert moved == [not before] * len(moved)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
    model.encoder.trainable = before
    for train in (lambda: model.fit(X, verbose=0), lambda: model.train_on_batch(X)):
        with pytest.raises(ValueError, match="`compile` must be called again after `trainable`"):
            train()
    model.compile("adam", run_eagerly=True)
    model.fit(X, verbose=0)
