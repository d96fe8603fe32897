"""Compiled methods: no dependence on the batch size, new weights seen, nothing compiled anew."""

import keras
import numpy as np
import pytest
from scipy.special import logsumexp

import keras_ae
from keras_ae import layers
from keras_ae.execution import batch_sizes, endpoint
from keras_ae.execution.backend import backend
from keras_ae.models import _importance

RNG = np.random.default_rng(3)
X = (RNG.random((37, 8)) > 0.5).astype("float32")


def make(seed=0, **options):
    options = {"likelihood": layers.BernoulliLikelihood(), "units": (16,), **options}
    model = keras_ae.create_model("vae", (8,), 2, seed=seed, **options)
    model.compile("adam")
    return model


@pytest.fixture(scope="module")
def model():
    return make()


def answers(model, batch_size):
    posterior = model.posterior(X, batch_size)
    return {
        "encode": model.encode(X, batch_size),
        "reconstruct": model.reconstruct(X, batch_size),
        "decode": model.decode(model.encode(X), batch_size),
        "anomaly_score": model.anomaly_score(X, batch_size),
        "mean": posterior.mean,
        "scale": posterior.scale,
        "generate": model.generate(37, seed=1, batch_size=batch_size),
        "log_likelihood": model.log_likelihood(X, 30, seed=2, batch_size=batch_size),
    }


def test_answers_dont_depend_on_the_batch_size(model):
    whole = answers(model, None)
    assert {len(each) for each in whole.values()} == {37}
    for batch_size in (1, 16, 1000):
        for name, answer in answers(model, batch_size).items():
            np.testing.assert_allclose(
                answer, whole[name], rtol=1e-5, atol=1e-6, err_msg=f"{name}, {batch_size}"
            )


def test_methods_are_keras_own_predictions(model):
    mean, scale = model.encoder_model().predict(X, verbose=0)
    np.testing.assert_allclose(model.encode(X), mean, atol=1e-6)
    np.testing.assert_allclose(model.posterior(X).scale, scale, atol=1e-6)
    np.testing.assert_allclose(model.reconstruct(X), model.predict(X, verbose=0), atol=1e-6)


def test_weights_that_change_are_seen():
    model = make()

    def assign():
        for variable in model.trainable_variables:
            variable.assign(1.1 * variable + 0.01)

    before = answers(model, 16)
    for change in (
        assign,
        lambda: model.fit(X, batch_size=37, epochs=6, verbose=0),
        lambda: model.set_weights([0.9 * weights - 0.01 for weights in model.get_weights()]),
    ):
        change()
        after = answers(model, 16)
        assert all(np.abs(after[name] - before[name]).max() > 1e-4 for name in before)
        mean = keras.ops.convert_to_numpy(model.bottleneck.encode(model.encoder(X)))
        np.testing.assert_allclose(after["encode"], mean, atol=1e-6)
        before = after


def test_statistics_that_are_adapted_anew_are_seen():
    normalization = keras.layers.Normalization()
    normalization.adapt(X)
    model = make(preprocessor=normalization, likelihood=layers.GaussianLikelihood(1.0))
    before = model.encode(X)
    normalization.adapt(10.0 * X + 3.0)
    np.testing.assert_allclose(model.encode(10.0 * X + 3.0), before, atol=1e-4)


def test_a_saved_model_that_was_used_answers_the_same(model, tmp_path):
    expected = answers(model, None)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for name, answer in answers(loaded, None).items():
        np.testing.assert_allclose(answer, expected[name], rtol=1e-5, atol=1e-6)
    assert not [each for each in model._flatten_layers() if "endpoint" in each.name]


def count_traces(monkeypatch):
    traces = []

    def counting(self, function, parts):
        def traced(*tensors):
            traces.append(tuple(tensors[-1].shape))
            return function(*tensors)

        original(self, traced, parts)

    original = endpoint.Endpoint.__init__
    monkeypatch.setattr(endpoint.Endpoint, "__init__", counting)
    return traces


def test_a_short_last_batch_compiles_nothing_anew(monkeypatch):
    traces = count_traces(monkeypatch)
    model = make()
    model.encode(X, 16)  # 16, 16 and 5
    model.encode(X[:16], 16)
    model.encode(X[:12].astype("float64"), 16)
    model.fit(X, verbose=0)
    model.encode(X, 16)
    assert len(traces) == 1


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="XLA's shapes are fixed: fewer tiles are another"
)
def test_the_number_of_samples_and_examples_compiles_nothing_anew(monkeypatch):
    monkeypatch.setattr(_importance, "passes", lambda decoder: 10)
    traces = count_traces(monkeypatch)
    model = make()
    for examples, samples in ((5, 100), (7, 200), (37, 1000)):
        model.log_likelihood(X[:examples], samples, batch_size=4)
    assert len(traces) == 2  # the posterior, and the weights


@pytest.mark.parametrize("bad", [0, -1, 2.5, "8", True])
def test_bad_batch_sizes_are_named(model, bad):
    for method in (model.encode, model.anomaly_score, model.log_likelihood):
        with pytest.raises((TypeError, ValueError), match="`batch_size` must be an integer"):
            method(X, batch_size=bad)


def test_a_model_that_isn_t_built_is_built_by_its_first_use():
    model = keras_ae.Autoencoder(
        keras.Sequential([keras.layers.Dense(3)]),
        layers.DenseBottleneck(2),
        keras.Sequential([keras.layers.Dense(8)]),
    )
    first = model.encode(X)
    assert first.shape == (37, 2)
    assert np.array_equal(model.encode(X), first)


class TestLogLikelihood:
    """The compiled sum against the log-weights of the same noise."""

    def noise(self, samples, examples, seed, tile, chunk):
        draw = backend().compiled_function(
            lambda *key: backend().normal((samples * examples, 2), *key), ()
        )
        epsilon = draw(*(np.array(each, "int32") for each in (seed, tile, chunk)))
        return epsilon.reshape(samples, examples, 2)

    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("vae", marks=pytest.mark.slow),
            "full_covariance_vae",
            pytest.param("mixture_vae", marks=pytest.mark.slow),
        ],
    )
    def test_it_is_the_mean_weight(self, name, monkeypatch):
        monkeypatch.setattr(_importance, "passes", lambda decoder: 12)
        model = keras_ae.create_model(
            name, (8,), 2, units=(16,), likelihood=layers.BernoulliLikelihood(), seed=0
        )
        # 25 samples: chunks of 10, 10 and 5 (9 are rounded up to 10), one example a tile.
        ours = model.log_likelihood(X[:3], 25, seed=4)
        for example in range(3):
            epsilon = np.concatenate([self.noise(10, 1, 4, example, chunk) for chunk in range(3)])
            weights = model.log_weights(X[example : example + 1], epsilon[:25])
            weights = keras.ops.convert_to_numpy(weights).astype("float64")
            expected = logsumexp(weights[:, 0]) - np.log(25)
            np.testing.assert_allclose(ours[example], expected, rtol=2e-6)
        # 4 samples: one chunk, three examples a tile; the last tile has one of them.
        ours = model.log_likelihood(X[:4], 4, seed=5)
        for tile, rows in enumerate(([0, 1, 2], [3, 3, 3])):
            epsilon = self.noise(4, 3, 5, tile, 0)
            weights = keras.ops.convert_to_numpy(model.log_weights(X[rows], epsilon))
            expected = logsumexp(weights.astype("float64"), axis=0) - np.log(4)
            np.testing.assert_allclose(
                ours[rows[: 3 - 2 * tile]], expected[: 3 - 2 * tile], rtol=2e-6
            )

    def test_examples_have_noise_of_their_own(self, model):
        same = np.repeat(X[:1], 6, axis=0)
        assert len(np.unique(model.log_likelihood(same, 3, seed=0))) == 6

    @pytest.mark.slow
    def test_bytes_are_scaled_by_the_model(self, model):
        x = (255 * X).astype("uint8")
        scaling = make(preprocessor=keras.layers.Rescaling(1 / 255))
        np.testing.assert_allclose(
            scaling.log_likelihood(x, 20), model.log_likelihood(X, 20), rtol=1e-5
        )

    def test_progress_counts_examples(self, model, capsys):
        model.log_likelihood(X, 10, verbose=1)
        assert "37/37" in capsys.readouterr().out
        model.log_likelihood(X, 10)
        assert capsys.readouterr().out == ""


def test_batch_sizes_fit_the_memory():
    dense = layers.dense_encoder((784,), units=(400,))
    # Flattened or not, the hidden units, in float32.
    assert batch_sizes.width([dense]) in (784 + 400, 400)
    assert batch_sizes.batch_size(None, [dense]) == batch_sizes.MAX_EXAMPLES
    large = keras.Sequential(
        [keras.Input((256, 256, 3)), keras.layers.Conv2D(64, 3, padding="same")]
    )
    assert batch_sizes.width([large, None]) == 256 * 256 * 64
    if not backend().has_accelerator():
        assert batch_sizes.batch_size(None, [large]) == 4  # 16.8 MB each
    assert batch_sizes.batch_size(7, [large]) == 7
    assert batch_sizes.width([keras.layers.Dense(3)]) == 1  # not known: at most 2048
