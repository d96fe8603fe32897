"""What a model computes, as functions of named tensors that say what they take and return."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

Function = Callable[..., Any]
CODE, DATA, SCORE = "code", "data", "score"  # kinds of functions, by what they return


def model_functions(model: Any) -> dict[str, Function]:
    """Return the functions of an `Autoencoder` and those that its bottleneck has, by name."""
    bottleneck = model.bottleneck

    def features(x: Any) -> Any:
        return model.encoder(model._preprocessed(x))

    def decoded(latent: Any) -> Any:
        return {"reconstruction": model._to_data(model.decoder(latent))}

    def encode(x: Any) -> Any:
        return {"latent": bottleneck.encode(features(x))}

    def decode(latent: Any) -> Any:
        return decoded(bottleneck.unscaled(latent))

    def reconstruct(x: Any) -> Any:
        return decode(encode(x)["latent"])

    def score(x: Any, epsilon: Any = None) -> Any:
        # The sum of `score_terms`, without each output's share: a graph of fewer operations.
        target, parameters, rest = judged(model, x, epsilon)
        nll = -model.likelihood.log_prob(target, parameters)
        return {"score": nll if rest is None else nll + rest}

    scored = ["x"] if bottleneck.score_noise is None else ["x", "epsilon"]
    found = {
        "encode": described(encode, CODE),
        "decode": described(decode, DATA),
        "reconstruct": described(reconstruct, DATA),
        "score": described(score, SCORE, scored),
    }
    for name, function in bottleneck.functions_of_features().items():
        found[name] = _after(features, function)
    for name, function in bottleneck.functions_to_latent().items():
        found[name] = _before(decoded, function)
    for name, function in bottleneck.functions_of_codes().items():
        found[name] = described(function, CODE)
    return found


def judged(model: Any, x: Any, epsilon: Any = None) -> tuple[Any, Any, Any]:
    """Return what a score judges: target, parameters without noise, and what the code adds."""
    target = model._preprocessed(x)
    latent, rest = model.bottleneck.score(model.encoder(target), epsilon)
    return target, model.decoder(latent), rest


def described(
    function: Function, kind: str | None, input_names: Sequence[str] | None = None
) -> Function:
    """Return a function with what exporters ask of it.

    Args:
        function: Function of tensors to a dict of named tensors.
        kind: "code", "data" or "score"; None of what can't be compared with the input.
        input_names: Names of the tensors that it takes; None for its parameters'.
    """
    names = inspect.signature(function).parameters if input_names is None else input_names
    function.kind = kind  # type: ignore[attr-defined]
    function.input_names = list(names)  # type: ignore[attr-defined]
    return function


def _after(features: Function, function: Function) -> Function:
    """Return a bottleneck's function of features, and of other named tensors, as one of x."""

    def of_x(x: Any, *others: Any) -> Any:
        return function(features(x), *others)

    others = list(inspect.signature(function).parameters)[1:]
    return described(of_x, CODE, ["x", *others])


def _before(decode: Function, function: Function) -> Function:
    """Return a bottleneck's function of named tensors to a latent as one to data."""

    def to_data(*tensors: Any) -> Any:
        return decode(function(*tensors))

    return described(to_data, DATA, list(inspect.signature(function).parameters))
