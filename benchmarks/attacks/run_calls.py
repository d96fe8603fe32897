"""Right calls of what reads and writes files, or trains: datasets, training and estimators."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.attacks.calls import Call
from benchmarks.attacks.model_calls import examples, model_of
from benchmarks.attacks.outcome import Accepted
from keras_ae import datasets, estimators, training
from keras_ae.layers import KLPenalty

TABLE = np.random.default_rng(0).normal(size=(40, 6))
LABELS = np.arange(40) % 2


def run_calls() -> list[Call]:
    """Return the calls of the three packages."""
    folder = Path(tempfile.mkdtemp())
    return [*_datasets(folder), *_training(folder), *_estimators(folder)]


def _datasets(folder: Path) -> list[Call]:
    def call(name: str, **given: Any) -> Call:
        # An error about a file names the file.
        return Call("datasets", name, getattr(datasets, name), lambda: dict(given), unnamed=True)

    np.save(folder / "x.npy", examples(8))
    np.savez(folder / "x.npz", X=examples(8))
    (folder / "x.csv").write_text("a,b\n" + "1,2\n" * 8, "utf-8")
    (folder / "images").mkdir()
    _image(folder / "images" / "1.png")
    x = examples(8)
    data = datasets.Dataset("d", x, None, x[:0], None, source="here")
    return [
        Call("datasets", "Dataset", datasets.Dataset, lambda: _dataset(x), unnamed=True),
        Call("datasets", ".limited", data.limited, lambda: {"max_examples": 3, "seed": 0}),
        Call("datasets", ".split", data.split, lambda: {"test_fraction": 0.2, "seed": 0}),
        Call("datasets", "binarize", datasets.binarize, lambda: {"x": x, "seed": 0}),
        call(
            "load_dataset",
            name_or_path=str(folder / "x.csv"),
            test_fraction=0.2,
            seed=0,
            label=None,
            max_examples=4,
        ),
        call("read_csv", path=folder / "x.csv", label=None),
        call("read_images", path=folder / "images"),
        call("read_npy", path=folder / "x.npy"),
        call("read_npz", path=folder / "x.npz"),
        call("stream_dataset", path=folder / "x.npy", batch_size=2, shuffle=2, seed=0),
    ]


def _dataset(x: np.ndarray) -> dict[str, Any]:
    return {
        "name": "d",
        "x_train": x,
        "y_train": np.arange(8) % 2,
        "x_test": x,
        "y_test": np.arange(8) % 2,
        "source": "here",
        "feature_names": tuple("abcdef"),
        "class_names": ("a", "b"),
        "sha256": None,
        "factors_train": None,
        "factors_test": None,
        "factor_names": None,
        "categorical_factors": (),
    }


def _image(path: Path) -> None:
    from PIL import Image

    Image.new("L", (4, 4)).save(path)


def _training(folder: Path) -> list[Call]:
    def call(name: str, **given: Any) -> Call:
        return Call("training", name, getattr(training, name), lambda: dict(given))

    config = training.TrainingConfig(
        data=str(folder / "x.npy"), latent_dim=2, units=(3,), epochs=1
    )
    options = {each.name: getattr(config, each.name) for each in dataclasses.fields(config)}
    pictures = {"x": examples(8), "directory": str(folder / "pictures"), "every": 1}
    (folder / "options.yaml").write_text("epochs: 1\n", "utf-8")
    started = {"config": config, "overwrite": False, "resume": False}
    return [
        call("BetaWarmup", epochs=2, start=0.0, penalty=KLPenalty()),
        call("CyclicBeta", epochs_per_cycle=2, ramp=0.5, penalty=KLPenalty()),
        call("CollapseMonitor", x=examples(8), threshold=0.01, minimum=1, patience=1),
        call("LatentTraversal", **pictures, dimensions=(0, 1), values=(-1.0, 1.0), log_dir=None),
        call("ReconstructionGrid", **pictures, labels=np.arange(8), log_dir=None),
        call(
            "ShuffledBatches", x=examples(8), batch_size=2, seed=0, initial_epoch=0, paired=False
        ),
        call("TrainingConfig", **options),
        _prepared("prepare", training.prepare, started, folder),
        _prepared("run", _run, {**started, "callbacks": (), "verbose": 0}, folder),
        Call(
            "training",
            "read_options",
            training.read_options,
            lambda: {"path": folder / "options.yaml"},
            unnamed=True,
        ),
        Call(
            "training",
            "saved_config",
            training.saved_config,
            lambda: {"directory": folder},
            unnamed=True,
        ),
        _fitted("BetaWarmup", training.BetaWarmup, {"epochs": 2, "start": 0.0}),
        _fitted("CyclicBeta", training.CyclicBeta, {"epochs_per_cycle": 2, "ramp": 0.5}),
        _fitted("CollapseMonitor", training.CollapseMonitor, {"x": examples(8)}),
        _fitted("LatentTraversal", training.LatentTraversal, {**pictures, "dimensions": (0, 1)}),
        _fitted("ReconstructionGrid", training.ReconstructionGrid, {**pictures, "labels": None}),
        _fitted(
            "ShuffledBatches",
            training.ShuffledBatches,
            {"x": examples(8), "batch_size": 2, "seed": 0},
        ),
    ]


def _run(**arguments: Any) -> None:
    """Begin a run: training is stood for by an exception."""
    import keras

    class Stop(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
            raise Accepted

    callbacks = arguments.pop("callbacks")
    given = [Stop()] if isinstance(callbacks, tuple) and not callbacks else callbacks
    training.run(**arguments, callbacks=given)


def _prepared(name: str, function: Any, given: dict[str, Any], folder: Path) -> Call:
    def arguments() -> dict[str, Any]:
        return {**given, "directory": Path(tempfile.mkdtemp(dir=folder)) / "out"}

    return Call("training", name, function, arguments, unnamed=True)


def _fitted(name: str, make: Any, given: dict[str, Any]) -> Call:
    """Return the call of a callback's or stream's constructor that is then used in `fit`."""
    model = model_of()

    def call(**arguments: Any) -> None:
        made = make(**arguments)
        endless = name == "ShuffledBatches"
        data, callbacks = (made, []) if endless else (examples(8), [made])
        steps = 1 if endless else None
        model.fit(
            data, epochs=1, batch_size=8, steps_per_epoch=steps, verbose=0, callbacks=callbacks
        )

    return Call("training", f"fit with {name}", call, lambda: dict(given))


def _estimators(folder: Path) -> list[Call]:
    small = {"options": {"units": (3,)}, "latent_dim": 2, "steps": 2, "batch_size": 8}
    small |= {"learning_rate": 1e-3, "random_state": 0, "verbose": 0}
    detector = estimators.AnomalyDetector(members=1, **small).fit(TABLE)
    transformer = estimators.AutoencoderTransformer(**small).fit(TABLE)

    def fitted(make: Any) -> Any:
        def call(X: Any, **arguments: Any) -> Any:  # noqa: N803 - scikit-learn's name
            return make(**arguments).fit(X)

        return call

    def method(name: str, **given: Any) -> Call:
        owner = transformer if "transform" in name else detector
        return Call("estimators", f".{name}", getattr(owner, name), lambda: dict(given))

    table = TABLE.copy()
    anomalies = {"model": "vae", "scoring": "elbo", "contamination": "auto", "members": 1}
    members = detector.detection_model_.members
    return [
        Call(
            "estimators",
            "AnomalyDetector.fit",
            fitted(estimators.AnomalyDetector),
            lambda: {"X": TABLE, **anomalies, **small},
        ),
        Call(
            "estimators",
            "AutoencoderTransformer.fit",
            fitted(estimators.AutoencoderTransformer),
            lambda: {"X": TABLE, "model": "autoencoder", **small},
        ),
        *[
            method(name, X=table)
            for name in ("score_samples", "decision_function", "predict", "detect", "attribute")
        ],
        method("evaluate", X=table, labels=LABELS),
        method("save", path=folder / "detector.kae", overwrite=True),
        Call(
            "estimators",
            ".load",
            estimators.AnomalyDetector.load,
            lambda: {"path": folder / "detector.kae"},
            unnamed=True,
        ),
        method("transform", X=table),
        method("inverse_transform", X=table[:, :2]),
        Call(
            "estimators",
            "DetectionModel",
            estimators.DetectionModel,
            lambda: {"members": members, "scoring": estimators.EvidenceBound(), "location": None},
        ),
        Call(
            "estimators",
            "DetectionModel.run",
            detector.detection_model_.run,
            lambda: {"name": "detect", "x": table},
        ),
        Call(
            "estimators",
            "DetectionModel.set_threshold",
            detector.detection_model_.set_threshold,
            lambda: {"value": 1.0},
        ),
        Call(
            "estimators",
            "ImportanceWeightedLikelihood",
            estimators.ImportanceWeightedLikelihood,
            lambda: {"num_samples": 2, "seed": 0},
        ),
    ]
