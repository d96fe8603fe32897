"""Row 5: the gain in PSNR of a denoising autoencoder on MNIST, beside two classical filters.

Gaussian noise of 0.25 and 0.5, clipped to [0, 1], and masked shares of 0.3 and 0.6. Each method is
blind: it sees the corrupted image alone. The classical filters (a Gaussian one, and non-local
means of scikit-image) get their settings for each corruption from the training images: those of
the best mean PSNR over a grid, with a factor on their output, since masking darkens an image. The
autoencoder, 784-1024-256-1024-784, trains on the training images with the corruption inside the
model. All methods are judged on the same corrupted test images:

    gain = mean over images of PSNR(restored, clean) - PSNR(corrupted, clean),   in dB

    python -m benchmarks.reproduce.denoising_filters --data mnist.npz
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._runs import load_digits, place, report, reproduction

CORRUPTIONS = {
    "noise 0.25": ("gaussian", 0.25),
    "noise 0.5": ("gaussian", 0.5),
    "masking 0.3": ("masking", 0.3),
    "masking 0.6": ("masking", 0.6),
}
FACTORS = (1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0, 5.0)
GAUSSIAN = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5)  # standard deviations, pixels
PATCHES, DISTANCES = (3, 5, 7), (5, 11)
STRENGTHS = (0.3, 0.5, 0.7, 0.9, 1.2, 1.6)  # h, in units of the noise's standard deviation


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Corrupt, tune the filters, train the autoencoders, judge all; return the result."""
    options = reproduction(__doc__ or "")
    options.add_argument("--epochs", type=int, default=4)
    options.add_argument("--test-images", type=int, default=1000)
    options.add_argument("--tuning-images", type=int, default=40)
    options.add_argument(
        "--corruptions",
        nargs="+",
        default=list(CORRUPTIONS),
        choices=list(CORRUPTIONS),
        help="which to compute; others that the result holds, of the same settings, are kept",
    )
    arguments = options.parse_args(argv)
    output = place("denoising_filters", arguments)
    started = time.time()
    data = load_digits(arguments.data, arguments.quick)
    settings = {
        "epochs": arguments.epochs,
        "test_images": arguments.test_images,
        "tuning_images": arguments.tuning_images,
        "seed": arguments.seed,
        "sha256": data.sha256,
    }
    before = _earlier(output, settings)
    rows = {row["corruption"]: row for row in before.get("rows", [])}
    x_test = data.x_test[: arguments.test_images]
    for name in arguments.corruptions:
        tuning, epochs, seed = arguments.tuning_images, arguments.epochs, arguments.seed
        rows[name] = compare(name, data.x_train, x_test, tuning, epochs, seed)
    ordered = [rows[name] for name in CORRUPTIONS if name in rows]
    result = {
        "row": 5,
        "script": "denoising_filters",
        "evidence": [_evidence(row) for row in ordered],
        "rows": ordered,
        **settings,
    }
    return report(result, data, started - 60 * before.get("minutes", 0.0), output)


def _earlier(output: Path | None, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what the result holds already, if it is of these settings."""
    if output is None or not output.exists():
        return {}
    result = json.loads(output.read_text("utf-8"))
    same = all(result.get(name) == value for name, value in settings.items())
    return result if same else {}


def _evidence(row: dict[str, Any]) -> dict[str, str]:
    classical = (row[name]["gain"] for name in ("gaussian filter", "non-local means"))
    return {
        "what": f"denoising MNIST, {row['corruption']} ({row['corrupted']:.1f} dB): gain in PSNR; "
        "Gaussian filter, non-local means",
        "published": ", ".join(f"{gain:.1f}" for gain in classical) + " dB",
        "here": f"{row['autoencoder']['gain']:.1f} dB",
    }


def compare(
    name: str, x_train: np.ndarray, x_test: np.ndarray, tuning: int, epochs: int, seed: int
) -> dict[str, Any]:
    """Return the gains of the three methods at one corruption."""
    kind, strength = CORRUPTIONS[name]
    corrupted = corrupt(kind, strength, x_test, seed + 1)
    clean = x_train[:tuning]
    spoiled = corrupt(kind, strength, clean, seed + 2)
    before = psnr(corrupted, x_test)
    row: dict[str, Any] = {"corruption": name, "corrupted": round(before, 3)}
    # What non-local means is told of the noise: its root mean square on the tuning images.
    deviation = float(np.sqrt(np.mean((spoiled - clean) ** 2)))
    for method, settings, restore in (
        ("gaussian filter", [{"sigma": sigma} for sigma in GAUSSIAN], gaussian_filter),
        ("non-local means", _non_local_settings(deviation), non_local_means),
    ):
        chosen = tune(restore, settings, spoiled, clean)
        restored = finish(restore(corrupted, **chosen["settings"]), chosen["factor"])
        row[method] = {**chosen, "gain": round(psnr(restored, x_test) - before, 3)}
    restored = autoencoder(kind, strength, x_train, epochs, seed).denoise(corrupted)
    row["autoencoder"] = {"gain": round(psnr(finish(restored, 1.0), x_test) - before, 3)}
    print(row, flush=True)
    return row


def corrupt(kind: str, strength: float, x: np.ndarray, seed: int) -> np.ndarray:
    """Return images corrupted with NumPy's noise, which no method has seen."""
    random = np.random.default_rng(seed)
    if kind == "masking":
        return np.where(random.random(x.shape) < strength, 0.0, x).astype("float32")
    noise = strength * random.standard_normal(x.shape, "float32")
    return np.clip(x + noise, 0.0, 1.0)


def psnr(restored: np.ndarray, clean: np.ndarray) -> float:
    """Return the mean over images of 10 log10(1 / mean squared error), in dB."""
    errors = np.mean((restored.astype("float64") - clean) ** 2, axis=1)
    return float(np.mean(-10.0 * np.log10(np.maximum(errors, 1e-12))))


def finish(restored: np.ndarray, factor: float) -> np.ndarray:
    """Return a filter's output times a factor, in the range of images."""
    return np.clip(factor * restored, 0.0, 1.0)


def tune(
    restore: Callable[..., np.ndarray],
    grid: list[dict[str, Any]],
    spoiled: np.ndarray,
    clean: np.ndarray,
) -> dict[str, Any]:
    """Return the settings and the factor of the best mean PSNR on the tuning images."""
    best, chosen = -np.inf, {}
    for settings in grid:
        restored = restore(spoiled, **settings)
        for factor in FACTORS:
            reached = psnr(finish(restored, factor), clean)
            if reached > best:
                best, chosen = reached, {"settings": settings, "factor": factor}
    return chosen


def gaussian_filter(x: np.ndarray, sigma: float) -> np.ndarray:
    """Return images smoothed by a Gaussian of this standard deviation, in pixels."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(x.reshape(-1, 28, 28), (0, sigma, sigma), mode="constant")
    return smooth.reshape(len(x), -1)


def non_local_means(x: np.ndarray, **settings: Any) -> np.ndarray:
    """Return images smoothed by the average of pixels whose neighbourhoods are alike."""
    from skimage.restoration import denoise_nl_means

    images = x.reshape(-1, 28, 28)
    smooth = [denoise_nl_means(image, fast_mode=True, **settings) for image in images]
    return np.stack(smooth).reshape(len(x), -1)


def _non_local_settings(deviation: float) -> list[dict[str, Any]]:
    """Return the grid; with a known noise, and without (sigma 0), which suits masking better."""
    return [
        {"patch_size": patch, "patch_distance": distance, "h": h * deviation, "sigma": sigma}
        for patch, distance, h, sigma in itertools.product(
            PATCHES, DISTANCES, STRENGTHS, (0.0, deviation)
        )
    ]


def autoencoder(kind: str, strength: float, x: np.ndarray, epochs: int, seed: int) -> Any:
    """Return a trained denoising autoencoder."""
    import keras

    import keras_ae
    from keras_ae import layers

    keras.utils.set_random_seed(seed)
    corruption: layers.Corruption = layers.MaskingNoise(strength, seed=seed)
    if kind == "gaussian":
        corruption = layers.GaussianCorruption(strength, clip=(0.0, 1.0), seed=seed)
    model = keras_ae.create_model(
        "denoising",
        (784,),
        latent_dim=256,
        units=(1024,),
        likelihood=layers.BernoulliLikelihood(),
        corruption=corruption,
        seed=seed,
    )
    steps = epochs * -(-len(x) // 128)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps)))
    model.fit(x, batch_size=128, epochs=epochs, verbose=2)
    return model


if __name__ == "__main__":
    main()
