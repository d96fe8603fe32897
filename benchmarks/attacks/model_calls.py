"""Right calls of the models' methods, and of the constructors of models and layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import keras_ae
from benchmarks.attacks.calls import Call
from keras_ae import layers, models
from tests.contract.descriptors import PARTS, RECIPES
from tests.contract.model_rows import MODELS, NETWORKS

SHAPE = (6,)


def examples(count: int = 4) -> np.ndarray:
    """Return vectors in (0, 1)."""
    return np.random.default_rng(0).uniform(0.1, 0.9, (count, *SHAPE)).astype("float32")


def model_of(name: str = "vae") -> Any:
    """Return a tiny compiled model."""
    model = keras_ae.create_model(name, SHAPE, 2, units=(3,), seed=0)
    model.compile("adam", steps_per_execution=1, jit_compile=False)
    return model


def model_calls() -> list[Call]:
    """Return the calls of the methods."""
    calls = []
    for name, kind in (("vae", "variational"), ("autoencoder", "plain"), ("stacked", "stacked")):
        calls += _methods(kind, model_of(name), _common() | _training())
    vae = model_of("vae")
    calls += _methods("variational", vae, _variational(vae) | _making())
    mixture = model_of("mixture_vae")
    calls += _methods("mixture", mixture, _common() | _variational(mixture))
    weighted = model_of("iwae")
    calls += _methods("importance", weighted, _training())
    denoising = model_of("denoising")
    methods = {"denoise": lambda: {"x": examples(), "batch_size": 2}}
    calls += _methods("denoising", denoising, methods | _training())
    stacked = model_of("stacked")
    calls += _methods("stacked", stacked, {"pretrain": _pretraining})
    return calls


def maker_calls() -> list[Call]:
    """Return the calls of the constructors and of the functions that make models."""
    calls = [
        Call(_area(row.make), row.id, row.make, row.arguments)
        for row in (*PARTS, *NETWORKS, *MODELS)
    ]
    for row in RECIPES:
        if len(row.shape) == 1 and not row.note:
            calls.append(
                Call("models", f"create_model {row.id}", models.create_model, _recipe(row))
            )
    calls += [
        Call("models", "default_likelihood", models.default_likelihood, _shape),
        Call("models", "register_model", models.register_model, lambda: {"name": "new"}),
        Call("models", "compose", models.compose, _composed),
    ]
    return calls


def _area(make: Any) -> str:
    return "models" if make.__module__.startswith("keras_ae.models") else "layers"


def _shape() -> dict[str, Any]:
    return {"input_shape": SHAPE}


def _composed() -> dict[str, Any]:
    return {
        "model": models.DenoisingAutoencoder,
        "input_shape": SHAPE,
        "bottleneck": layers.DenseBottleneck(2),
        "likelihood": layers.BernoulliLikelihood(),
        "preprocessor": None,
        "units": (3,),
        "filters": None,
        "activation": "relu",
        "seed": 0,
        "dtype": None,
        "corruption": layers.MaskingNoise(0.1),
        "redraw": None,
    }


def _recipe(row: Any) -> Callable[[], dict[str, Any]]:
    def arguments() -> dict[str, Any]:
        options = {"units": (3,), "likelihood": None, "activation": "relu", "seed": 0}
        return {
            "name": row.name,
            "input_shape": row.shape,
            "latent_dim": 2,
            **options,
            **row.options(),
        }

    return arguments


def _methods(kind: str, model: Any, methods: dict[str, Any]) -> list[Call]:
    return [
        Call("methods", f"{kind}.{name}", _restored(model, name), arguments)
        for name, arguments in methods.items()
    ]


def _restored(model: Any, name: str) -> Callable[..., Any]:
    """Return a method after which the model is as before: compiled and untrained."""
    method = getattr(model, name)
    weights = model.get_weights()

    def call(**arguments: Any) -> Any:
        try:
            return method(**arguments)
        finally:
            if name == "compile":
                model.compile("adam", steps_per_execution=1, jit_compile=False)
            model.stop_training = False
            model.set_weights(weights)

    return call


def _common() -> dict[str, Any]:
    """Return the right arguments of the methods that every model has."""

    def batched() -> dict[str, Any]:
        return {"x": examples(), "batch_size": 2}

    return {
        **dict.fromkeys(("encode", "reconstruct", "anomaly_score"), batched),
        "decode": lambda: {"latent": examples()[:, :2], "batch_size": 2},
        "predict": lambda: {**batched(), "verbose": 0, "steps": None, "callbacks": None},
    }


def _training() -> dict[str, Any]:
    def fit() -> dict[str, Any]:
        return {
            "x": examples(),
            "y": None,
            "batch_size": 2,
            "epochs": 1,
            "verbose": 0,
            "callbacks": None,
            "validation_split": 0.0,
            "validation_data": (examples(),),
            "shuffle": True,
            "class_weight": None,
            "sample_weight": np.ones(4),
            "initial_epoch": 0,
            "steps_per_epoch": None,
            "validation_steps": None,
            "validation_batch_size": None,
            "validation_freq": 1,
        }

    def evaluate() -> dict[str, Any]:
        return {
            "x": examples(),
            "y": None,
            "batch_size": 2,
            "verbose": 0,
            "sample_weight": None,
            "steps": None,
            "callbacks": None,
            "return_dict": True,
        }

    def on_batch() -> dict[str, Any]:
        return {"x": examples(), "y": None, "sample_weight": None, "return_dict": True}

    def compiled() -> dict[str, Any]:
        return {
            "optimizer": "adam",
            "loss": None,
            "loss_weights": None,
            "metrics": None,
            "weighted_metrics": None,
            "run_eagerly": False,
            "steps_per_execution": "auto",
            "jit_compile": "auto",
            "auto_scale_loss": True,
        }

    return {
        "fit": fit,
        "evaluate": evaluate,
        "train_on_batch": lambda: {**on_batch(), "class_weight": None},
        "test_on_batch": on_batch,
        "compile": compiled,
    }


def _variational(model: Any) -> dict[str, Any]:
    methods = {
        "posterior": lambda: {"x": examples(), "batch_size": 2},
        "interpolate": lambda: {
            "start": examples(),
            "end": examples(),
            "steps": 3,
            "batch_size": 2,
        },
        "log_likelihood": lambda: {
            "x": examples(),
            "num_samples": 2,
            "seed": 0,
            "batch_size": 2,
            "verbose": 0,
        },
        "log_weights": lambda: {"x": examples(), "epsilon": np.zeros((3, 4, 2), "float32")},
    }
    if model.bottleneck.prior.noise_shape is not None:
        methods["generate"] = lambda: {"n": 2, "seed": 0, "batch_size": 2}
    return methods


def _making() -> dict[str, Any]:
    def double(x: Any) -> Any:
        return 2 * x

    return {
        "endpoint": lambda: {"name": "double", "function": double},
        "fix_execution": lambda: {"x": examples(), "batch_size": 2, "epochs": 1},
    }


def _pretraining() -> dict[str, Any]:
    return {
        "x": examples(),
        "epochs": 1,
        "batch_size": 2,
        "optimizer": "adam",
        "corruption": layers.MaskingNoise(0.1),
        "restart": True,
        "checkpoint": None,
        "verbose": 0,
    }
