"""NumPy's scalars where methods take numbers: loops over np.arange, means of arrays."""

import json

import numpy as np
import pytest

from keras_ae import create_model, layers
from keras_ae.estimators import AnomalyDetector, AutoencoderTransformer

TWO, SMALL = np.int64(2), np.float32(0.25)
X = np.random.default_rng(0).uniform(size=(20, 6)).astype("float32")


@pytest.fixture(scope="module")
def model():
    made = create_model("vae", (6,), latent_dim=TWO, units=(np.int32(8),), beta=SMALL, seed=TWO)
    made.compile("adam", steps_per_execution=TWO, jit_compile=False)
    made.fit(X, epochs=TWO, batch_size=np.int64(10), verbose=0)
    return made


@pytest.mark.parametrize(
    "call",
    [
        lambda model, n: model.generate(n(3), seed=n(2)),
        lambda model, n: model.interpolate(X[:1], X[1:2], steps=n(3)),
        lambda model, n: model.posterior(X).sample(seed=n(2)),
        lambda model, n: model.log_likelihood(X, num_samples=n(3), seed=n(2), batch_size=n(10)),
        lambda model, n: model.anomaly_score(X, batch_size=n(10)),
        lambda model, n: model.encode(X, batch_size=n(10)),
        lambda model, n: model.predict(X, batch_size=n(10), verbose=n(0)),
        lambda model, n: model.evaluate(X, batch_size=n(10), verbose=n(0)),
        lambda model, n: model.bottleneck.prior.sample(n(3), seed=n(2)),
        lambda model, n: model.likelihood.sample(model(X), seed=n(2)),
    ],
    ids=[
        "generate",
        "interpolate",
        "posterior",
        "log_likelihood",
        "anomaly_score",
        "encode",
        "predict",
        "evaluate",
        "prior",
        "likelihood",
    ],
)
def test_methods(model, call):
    ours, theirs = call(model, np.int64), call(model, int)
    for one, other in zip(np.atleast_1d(ours), np.atleast_1d(theirs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_configurations_are_json(model):
    json.dumps(model.get_config())


@pytest.mark.slow
def test_detectors_are_saved(tmp_path):
    detector = AnomalyDetector(
        "vae",
        members=np.int64(1),
        steps=TWO,
        latent_dim=TWO,
        batch_size=np.int64(10),
        learning_rate=np.float32(1e-3),
        contamination=np.float32(0.1),
        random_state=TWO,
        verbose=np.int64(0),
        options={"units": (np.int64(8),), "beta": SMALL},
    ).fit(X)
    detector.save(tmp_path / "d")
    loaded = AnomalyDetector.load(tmp_path / "d")
    np.testing.assert_array_equal(loaded.score_samples(X), detector.score_samples(X))
    assert loaded.random_state == 2


@pytest.mark.slow
def test_transformers_are_fitted():
    transformer = AutoencoderTransformer(
        latent_dim=TWO, steps=TWO, learning_rate=SMALL, random_state=TWO
    )
    assert transformer.fit_transform(X).shape == (20, 2)


def test_priors_and_likelihoods_draw_alike():
    for prior in (layers.MixturePrior(TWO, seed=TWO), layers.StandardNormalPrior()):
        prior.build((None, 2))
        np.testing.assert_array_equal(prior.sample(3, seed=TWO), prior.sample(3, seed=2))
