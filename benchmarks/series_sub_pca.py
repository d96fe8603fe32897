"""A linear autoencoder of windows against Sub-PCA, the principal components of windows.

Both score each point by the mean, over all windows that cover it, of its squared error. At its
optimum the linear autoencoder spans the principal subspace, so that its area under the ROC curve
and its VUS-PR must be Sub-PCA's, to 1e-3. Three generated series, and the EEG that Matplotlib
brings (800 points of 4 channels, in which anomalies are made). As Sub-PCA is used, a series is
fitted and scored as it is, anomalies included. The default detector stands beside.

    python -m benchmarks.series_sub_pca
"""

from __future__ import annotations

import hashlib
import time
import types
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._runs import parser, report

RESULT = Path(__file__).parent / "results" / "series_sub_pca.json"
LENGTH, COMPONENTS = 32, 6
POINTS = 3000
SHIFT_STEPS = 30
RATE, FALL = 0.02, 1e-3  # of Adam, and the share of it that is left at the end
REPEATS = 20  # copies of the windows in an epoch, each a step on all of them
THRESHOLDS = 250
BUFFERS = 9  # widths of the labels' slopes, 0 to LENGTH, over which VUS-PR is a mean
LIMIT = 1e-3


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Compare both on each series and return the result."""
    options = parser(__doc__ or "")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--steps", type=int, default=4000, help="of the linear autoencoder")
    options.add_argument("--detector-steps", type=int, default=1000)
    options.add_argument("--quick", action="store_true", help="write no result")
    arguments = options.parse_args(argv)
    output = arguments.output or (None if arguments.quick else RESULT)
    started = time.time()
    rows = {}
    for name, (series, labels) in all_series(arguments.seed).items():
        rows[name] = compare(
            series, labels, arguments.steps, arguments.detector_steps, arguments.seed
        )
        print(name, rows[name], flush=True)
    largest = max(
        abs(row["linear"][score] - row["sub_pca"][score])
        for row in rows.values()
        for score in ("auroc", "vus_pr")
    )
    result = {
        "row": 6,
        "script": "series_sub_pca",
        "evidence": [
            {
                "what": "linear autoencoder of windows, 4 series: largest difference from Sub-PCA "
                "in AUROC and VUS-PR",
                "published": f"at most {LIMIT:g}",
                "here": f"{largest:.1g}",
            },
            {
                "what": "`SeriesDetector`, one member, mean VUS-PR of these 4 series; Sub-PCA's",
                "published": f"{_mean(rows, 'sub_pca'):.3f}",
                "here": f"{_mean(rows, 'detector'):.3f}",
            },
        ],
        "largest_difference": largest,
        "series": rows,
        "window": LENGTH,
        "components": COMPONENTS,
        "steps": arguments.steps,
        "detector_steps": arguments.detector_steps,
        "seed": arguments.seed,
    }
    data = types.SimpleNamespace(source="eeg.dat of Matplotlib", sha256=_eeg()[1])
    return report(result, data, started, output)  # type: ignore[arg-type]


def all_series(seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return each series (time, channels) and its points' labels, 1 for an anomaly."""
    random = np.random.default_rng(seed)
    time_ = np.arange(POINTS)
    waves = np.stack(
        [np.sin(time_ / 8), np.sin(time_ / 8 + 1) / 2 + 2, np.cos(time_ / 16)], axis=1
    ) + random.normal(0, 0.1, (POINTS, 3))
    walk = np.cumsum(random.normal(size=(POINTS, 2)), axis=0) * 0.05
    walk = np.sin(time_ / 12)[:, np.newaxis] + walk - walk.mean(axis=0)
    made: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, series, change in (
        ("waves, level shifts", waves, _shift),
        ("waves, another rhythm", waves, _rhythm),
        ("waves on a random walk, noise", walk, _noise),
        ("EEG, noise", _eeg()[0], _noise),
    ):
        series, labels = series.copy(), np.zeros(len(series), int)
        for start in range(100, len(series) - 2 * SHIFT_STEPS, len(series) // 6):
            part = slice(start, start + SHIFT_STEPS)
            series[part] = change(series[part], random)
            labels[part] = 1
        made[name] = series, labels
    return made


def compare(
    series: np.ndarray, labels: np.ndarray, steps: int, detector_steps: int, seed: int
) -> dict[str, dict[str, float]]:
    """Return the scores of Sub-PCA, of the linear autoencoder and of the default detector."""
    from sklearn.metrics import roc_auc_score

    from keras_ae.layers import RobustScaling
    from keras_ae.series import SeriesDetector, windows

    scaling = RobustScaling.of(series)
    scaled = (series - scaling.center) / scaling.scale
    model, linear_error = linear(windows(scaled, LENGTH), steps, seed)
    linear_scores = SeriesDetector(LENGTH, model, "reconstruction_error").fit(scaled)
    detector = SeriesDetector(LENGTH, members=1, steps=detector_steps, random_state=seed)
    pca_scores, pca_error = sub_pca(scaled)
    found = {
        "sub_pca": pca_scores,
        "linear": -linear_scores.score_samples(scaled),
        "detector": -detector.fit(series).score_samples(series),
    }
    rows = {
        name: {
            "auroc": round(float(roc_auc_score(labels, scores)), 5),
            "vus_pr": round(vus_pr(labels, scores), 5),
        }
        for name, scores in found.items()
    }
    rows["sub_pca"]["squared_error"] = round(pca_error, 6)
    rows["linear"]["squared_error"] = round(linear_error, 6)
    return rows


def linear(made: np.ndarray, steps: int, seed: int) -> tuple[Any, float]:
    """Return a linear autoencoder that was trained on windows, and its squared error of one."""
    import keras

    import keras_ae

    model = keras_ae.create_model(
        "autoencoder",
        made.shape[1:],
        COMPONENTS,
        units=(),
        likelihood=keras_ae.layers.GaussianLikelihood(1.0),
        seed=seed,
    )
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps, FALL)
    model.compile(keras.optimizers.Adam(rate))
    x = made.astype("float32")
    model.fit(
        np.concatenate([x] * REPEATS),
        batch_size=len(x),
        shuffle=False,
        epochs=max(1, steps // REPEATS),
        verbose=0,
    )
    error = np.square(model.reconstruct(x) - x).sum(axis=(1, 2)).mean()
    return model, float(error)


def sub_pca(series: np.ndarray) -> tuple[np.ndarray, float]:
    """Return each point's mean squared error by scikit-learn's PCA of windows, and a window's."""
    from sklearn.decomposition import PCA

    count = len(series) - LENGTH + 1
    table = np.stack([series[start : start + LENGTH].ravel() for start in range(count)])
    pca = PCA(COMPONENTS, svd_solver="full").fit(table)
    error = np.square(table - pca.inverse_transform(pca.transform(table)))
    each = error.reshape(count, LENGTH, -1).sum(axis=2)
    sums, covering = np.zeros(len(series)), np.zeros(len(series))
    for start in range(count):
        sums[start : start + LENGTH] += each[start]
        covering[start : start + LENGTH] += 1
    return sums / covering, float(error.sum(axis=1).mean())


def vus_pr(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the volume under the precision-recall surface.

    Labels get slopes of sqrt(1 - distance / buffer) on both sides of an anomaly; precision and
    recall count them as parts of points, and recall is weighed by the share of anomalies that are
    touched at all. The area is taken at `THRESHOLDS` quantiles, and its mean over buffers.

    Reference:
        Paparrizos, Boniol, Palpanas, Tsay, Elmore and Franklin, Volume Under the Surface, 2022.
    """
    areas = []
    for buffer in np.linspace(0, LENGTH, BUFFERS).astype(int):
        soft = _sloped(labels, buffer)
        edges = np.flatnonzero(np.diff(np.r_[0, soft > 0, 0]))
        anomalies = list(zip(edges[::2], edges[1::2], strict=True))
        positives = (labels.sum() + soft.sum()) / 2
        area = recall_before = 0.0
        for threshold in np.quantile(scores, np.linspace(1, 0, THRESHOLDS)):
            flagged = scores >= threshold
            hits = float(soft[flagged].sum())
            touched = np.mean([flagged[start:end].any() for start, end in anomalies])
            recall = min(hits / positives, 1.0) * float(touched)
            area += (recall - recall_before) * hits / flagged.sum()
            recall_before = recall
        areas.append(area)
    return float(np.mean(areas))


def _sloped(labels: np.ndarray, buffer: int) -> np.ndarray:
    """Return labels that fall off within `buffer` points of an anomaly."""
    anomalous = np.flatnonzero(labels)
    distance = np.abs(np.arange(len(labels))[:, np.newaxis] - anomalous).min(axis=1)
    slope = np.sqrt(np.maximum(0.0, 1.0 - distance / max(buffer, 1)))
    return np.where(labels > 0, 1.0, slope)


def _shift(part: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return part + np.eye(part.shape[1])[random.integers(part.shape[1])]


def _rhythm(part: np.ndarray, random: np.random.Generator) -> np.ndarray:
    place = np.arange(len(part))[:, np.newaxis]
    return part.mean(axis=0) + 0.7 * np.sin(place / 2) + random.normal(0, 0.1, part.shape)


def _noise(part: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return part + random.normal(0, 1.0, part.shape) * part.std(axis=0)


def _eeg() -> tuple[np.ndarray, str]:
    """Return Matplotlib's recording, (800, 4), and its checksum."""
    from matplotlib.cbook import get_sample_data

    with get_sample_data("eeg.dat") as file:
        content = file.read()
    return np.frombuffer(content, "<f8").reshape(800, 4), hashlib.sha256(content).hexdigest()


def _mean(rows: dict[str, Any], name: str) -> float:
    return float(np.mean([row[name]["vus_pr"] for row in rows.values()]))


if __name__ == "__main__":
    main()
