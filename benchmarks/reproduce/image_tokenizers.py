"""Four kinds of code at equal bits: VQ, FSQ, LFQ and a KL, on patches of two photographs.

The photographs are those that scikit-learn ships, china.jpg and flower.jpg. Training patches of
32 x 32 pixels are drawn from the left three quarters of both, test patches taken from the rest, 8
pixels apart. All models have the same encoder and decoder, `conv` with filters (32, 64), the same
Gaussian likelihood (squared errors), patches, batches, optimizer and steps. An image becomes 8 x 8
places. In VQ, FSQ and LFQ each has one of 1,024 codes: 640 bits an image. In the KL-regularized
model, 4 numbers a place, the KL to N(0, I) is held at 640 bits in training
(`KLPenalty(capacity=...)`); the bits counted are its mean KL over the test patches, what a draw of
the latent costs by relative entropy coding, and what is decoded is such a draw, not the mean.

The Frechet distance is between normals fitted to 32 features of the test patches and of their
reconstructions; the features are the code of an autoencoder of our own, trained on the same
patches from another seed. It is no FID, and comparable only within one run.

    python -m benchmarks.reproduce.image_tokenizers
"""

from __future__ import annotations

import argparse
import hashlib
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._runs import place, report
from keras_ae.datasets import Dataset

SIDE = 32  # pixels of a patch
TEST_FROM = 480  # the column, of 640, from which pixels are for testing
PLACES = 8 * 8
CODES = 1024
BITS = PLACES * math.log2(CODES)  # of an image
FILTERS = (32, 64)
FEATURES = 32
BATCH_SIZE = 32
SCALE = 0.2  # of the Gaussian likelihood: nats are squared errors / (2 * SCALE**2)
CAPACITY_WEIGHT = 10.0  # nats for each nat that the KL is off: more than one of them saves
TOKENIZERS: dict[str, dict[str, Any]] = {
    "VQ": {"name": "vq_vae", "latent_dim": 16, "codes": CODES},
    "FSQ": {"name": "fsq_vae", "latent_dim": 4, "levels": (8, 8, 4, 4)},
    "LFQ": {"name": "lfq_vae", "latent_dim": 10},
    "KL": {"name": "spatial_vae", "latent_dim": 4},
}


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train the four models and return what each makes of the test patches."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--output", type=Path, help="write the result to this JSON file")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--patches", type=int, default=8192, help="patches to train on")
    options.add_argument("--epochs", type=int, default=6)
    options.add_argument("--only", nargs="+", choices=TOKENIZERS, default=list(TOKENIZERS))
    options.add_argument("--quick", action="store_true", help="fewer test patches, nothing kept")
    arguments = options.parse_args(argv)
    started = time.time()
    data = load_patches(arguments.patches, arguments.seed, test_step=32 if arguments.quick else 8)
    features = train_features(data, arguments.seed + 1, arguments.epochs)
    rows = {
        name: measure(TOKENIZERS[name], data, features, arguments.seed, arguments.epochs)
        for name in arguments.only
    }
    result = {
        "script": "image_tokenizers",
        "tokenizers": rows,
        "train_patches": len(data.x_train),
        "test_patches": len(data.x_test),
        "steps": arguments.epochs * math.ceil(len(data.x_train) / BATCH_SIZE),
        "batch_size": BATCH_SIZE,
        "frechet_of_training_patches": frechet(data.x_test, data.x_train, features),
        "seed": arguments.seed,
    }
    return report(result, data, started, place(result["script"], arguments))


def load_patches(count: int, seed: int, test_step: int, side: int = SIDE) -> Dataset:
    """Return patches in [0, 1]: drawn to train on, and on a grid, of other pixels, to test on."""
    from sklearn.datasets import load_sample_images

    photographs = [np.asarray(each) for each in load_sample_images().images]
    random = np.random.default_rng(seed)
    train = np.empty((count, side, side, 3), "float32")
    for index in range(count):
        photograph = photographs[index % len(photographs)]
        top = random.integers(photograph.shape[0] - side + 1)
        left = random.integers(TEST_FROM - side + 1)
        train[index] = photograph[top : top + side, left : left + side]
    test = [
        photograph[top : top + side, left : left + side]
        for photograph in photographs
        for top in range(0, photograph.shape[0] - side + 1, test_step)
        for left in range(TEST_FROM, photograph.shape[1] - side + 1, test_step)
    ]
    digest = hashlib.sha256(b"".join(each.tobytes() for each in photographs)).hexdigest()
    scaled = (np.asarray(each, "float32") / np.float32(255) for each in (train, test))
    x_train, x_test = scaled
    source = "china.jpg and flower.jpg of scikit-learn"
    return Dataset("photographs", x_train, None, x_test, None, source, sha256=digest)


def make(name: str, seed: int, **options: Any) -> Any:
    """Return a recipe's model of patches, compiled."""
    import keras

    import keras_ae

    keras.utils.set_random_seed(seed)
    scale = keras_ae.layers.FixedScale(SCALE)
    model = keras_ae.create_model(
        name,
        (SIDE, SIDE, 3),
        filters=FILTERS,
        likelihood=keras_ae.layers.GaussianLikelihood(scale),
        seed=seed,
        **options,
    )
    model.compile(keras.optimizers.Adam(1e-3))
    return model


def train_features(data: Dataset, seed: int, epochs: int) -> Any:
    """Return the encoder of an autoencoder: from patches to FEATURES numbers."""
    model = make("autoencoder", seed, latent_dim=FEATURES)
    model.fit(data.x_train, batch_size=BATCH_SIZE, epochs=epochs, verbose=2)
    return model.encode


def measure(
    options: dict[str, Any], data: Dataset, features: Any, seed: int, epochs: int
) -> dict[str, Any]:
    """Train one model and return what it makes of the test patches."""
    from keras_ae import evaluation, layers

    variational = options["name"] == "spatial_vae"
    if variational:
        nats = BITS * math.log(2.0)
        options = {**options, "penalty": layers.KLPenalty(CAPACITY_WEIGHT, capacity=nats)}
    model = make(seed=seed, **options)
    started = time.time()
    model.fit(data.x_train, batch_size=BATCH_SIZE, epochs=epochs, verbose=2)
    seconds = time.time() - started
    x = data.x_test
    latent = model.posterior(x).sample(seed=seed) if variational else model.encode(x)
    made = np.clip(model.decode(latent), 0.0, 1.0)
    logs = model.evaluate(x, verbose=0, return_dict=True)
    bits = (
        logs["kl"] / math.log(2.0) if variational else PLACES * math.log2(model.bottleneck.codes)
    )
    mean = {
        "psnr": evaluation.peak_signal_to_noise_ratio(x, made).mean(),
        "ssim": evaluation.structural_similarity(x, made).mean(),
        "bits": bits,
        "bits_per_pixel": bits / SIDE**2,
        **{each: logs[each] for each in ("used_share", "perplexity") if each in logs},
    }
    return {
        "recipe": options["name"],
        **{name: round(float(value), 4) for name, value in mean.items()},
        "frechet": frechet(x, made, features),
        "weights": int(sum(math.prod(each.shape) for each in model.trainable_variables)),
        "fit_seconds": round(seconds, 1),
    }


def frechet(x: Any, other: Any, features: Any) -> float:
    """Return the Frechet distance in features of our own autoencoder."""
    from keras_ae import evaluation

    return round(evaluation.frechet_distance(x, other, features), 4)


if __name__ == "__main__":
    main()
