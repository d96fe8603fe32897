"""Row 3: linear models against the closed forms that they must reach, on scikit-learn's digits.

A linear autoencoder with squared error has the error of principal component analysis. A linear
variational autoencoder has, at its optimum, the exact log-likelihood of probabilistic principal
component analysis for a bound: its posterior is the true one (Lucas et al., Don't Blame the ELBO,
2019). All 1,797 digits, in [0, 1], 10 latents, steps on all of the data at once.

    python -m benchmarks.reproduce.linear_models
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks._runs import place, report, reproduction
from keras_ae.datasets import load_dataset

LATENT_DIM = 10
REPEATS = 20  # copies of the data in an epoch, each a step
RATE, FALL = 0.02, 0.002  # of Adam, and the share of it that is left at the end


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train both models and return the result."""
    options = reproduction(__doc__ or "", "write no result")
    options.add_argument("--steps", type=int, default=8000, help="half for the autoencoder")
    options.add_argument("--latent-dim", type=int, default=LATENT_DIM)
    arguments = options.parse_args(argv)
    started = time.time()
    data = load_dataset("digits")
    x = np.concatenate([data.x_train, data.x_test]).reshape(-1, 64)
    errors = autoencoder(x, arguments.latent_dim, arguments.steps // 2, arguments.seed)
    nats = variational(x, arguments.latent_dim, arguments.steps, arguments.seed)
    result = {
        "row": 3,
        "script": "linear_models",
        "evidence": [
            {
                "what": "linear autoencoder, digits, 10 latents: mean squared error; PCA's",
                "published": f"{errors['pca']:.6f}",
                "here": f"{errors['ours']:.6f}",
            },
            {
                "what": "linear VAE, digits, 10 latents: evidence bound, nats; the exact "
                "log-likelihood of probabilistic PCA",
                "published": f"{nats['probabilistic_pca']:.3f}",
                "here": f"{nats['bound']:.3f}",
            },
        ],
        "mean_squared_error": errors,
        "nats": nats,
        "steps": arguments.steps,
        "seed": arguments.seed,
    }
    return report(result, data, started, place(result["script"], arguments))


def autoencoder(x: np.ndarray, latent_dim: int, steps: int, seed: int) -> dict[str, float]:
    """Return the mean squared error of a trained linear autoencoder and of PCA."""
    from sklearn.decomposition import PCA

    import keras_ae
    from keras_ae import layers

    model = keras_ae.Autoencoder(
        encoder=layers.dense_encoder((64,), units=()),
        bottleneck=layers.DenseBottleneck(latent_dim, seed=seed),
        decoder=layers.dense_decoder((64,), latent_dim, units=(), seed=seed),
        likelihood=layers.GaussianLikelihood(1.0),
    )
    _train(model, x, steps, seed)
    pca = PCA(latent_dim, svd_solver="full").fit(x)
    best = pca.inverse_transform(pca.transform(x))
    ours = model.reconstruct(x).astype("float64")
    return {
        "ours": float(np.mean((x - ours) ** 2)),
        "pca": float(np.mean((x - best) ** 2, dtype="float64")),
    }


def variational(x: np.ndarray, latent_dim: int, steps: int, seed: int) -> dict[str, float]:
    """Return, in nats an example: a trained linear VAE's bound, its evidence, and the best.

    The evidence is exact: x ~ N(offset, weights weights' + scale**2 I) in a linear model.
    """
    import keras
    from scipy.stats import multivariate_normal
    from sklearn.decomposition import PCA

    import keras_ae
    from keras_ae import layers

    likelihood = layers.GaussianLikelihood(layers.SharedScale(0.2))
    model = keras_ae.VariationalAutoencoder(
        encoder=layers.dense_encoder((64,), units=()),
        bottleneck=layers.NormalBottleneck(latent_dim, seed=seed),
        decoder=layers.dense_decoder((64,), latent_dim, units=(), seed=seed),
        likelihood=likelihood,
    )
    _train(model, x, steps, seed)
    scores = model.evaluate(
        np.tile(x, (REPEATS, 1)), batch_size=len(x), verbose=0, return_dict=True
    )
    weights, offset = (np.asarray(w, "float64") for w in model.decoder.layers[-1].get_weights())
    scale = float(keras.ops.convert_to_numpy(likelihood.scale.value))
    covariance = weights.T @ weights + scale**2 * np.eye(64)
    return {
        "bound": -scores["loss"],
        "evidence": float(multivariate_normal(offset, covariance).logpdf(x).mean()),
        "probabilistic_pca": float(PCA(latent_dim, svd_solver="full").fit(x).score(x)),
    }


def _train(model: Any, x: np.ndarray, steps: int, seed: int) -> None:
    import keras

    keras.utils.set_random_seed(seed)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps, alpha=FALL)
    model.compile(keras.optimizers.Adam(rate), jit_compile=True, steps_per_execution=REPEATS)
    copies = np.tile(x, (REPEATS, 1))
    model.fit(copies, batch_size=len(x), epochs=steps // REPEATS, shuffle=False, verbose=0)


if __name__ == "__main__":
    main()
