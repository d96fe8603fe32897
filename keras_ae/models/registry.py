"""Models by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype

Recipe = Callable[..., Any]
_RECIPES: dict[str, Recipe] = {}


def register_model(name: str) -> Callable[[Recipe], Recipe]:
    """Register a recipe: a function that composes a model from parts.

    Args:
        name: The name for `create_model`.

    Returns:
        A decorator for a function `recipe(input_shape, latent_dim, ...)` that returns a model; the
        first line of its docstring is what `list_models` says of it.

    Raises:
        TypeError: `name` is not a string.
        ValueError: The name is taken, or the function has no docstring.

    Example:
        >>> @register_model("wide_vae_example")
        ... def wide_vae(input_shape, latent_dim, **options):
        ...     '''A variational autoencoder with one wide hidden layer.'''
        ...     return create_model("vae", input_shape, latent_dim, units=(64,), **options)
        >>> create_model("wide_vae_example", (4,), 2).example_shape
        (4,)
        >>> del _RECIPES["wide_vae_example"]
    """
    _checks.instance("name", name, str, "a string")

    def register(recipe: Recipe) -> Recipe:
        if name in _RECIPES:
            raise ValueError(
                "`name` must be a name that is not registered yet. "
                f"Received: name={_checks.shown(name)}"
            )
        if not inspect.getdoc(recipe):
            raise ValueError(
                "A recipe must have a docstring, whose first line list_models() shows. "
                f"Received: {recipe.__name__} without one"
            )
        _RECIPES[name] = recipe
        return recipe

    return register


def create_model(name: str, input_shape: Any, latent_dim: int, **options: Any) -> Any:
    """Return a model by its name, ready for `compile` and `fit`.

    Args:
        name: One of `list_models()`.
        input_shape: Tuple, an example's shape: (features,) gets a dense network, (height, width,
            channels) a convolutional one; (None, None, channels), images of any size, for
            `spatial_vae` and the quantizers with network="resnet".
        latent_dim: Integer >= 1, size of the latent.
        **options: What the recipe takes: `likelihood`, `preprocessor`, `redraw`, `units`,
            `filters`, `activation`, `seed`, `dtype`, and its own, such as `beta`.

    Returns:
        The model, built.

    Raises:
        TypeError: An option is of the wrong type, or unknown to the recipe.
        ValueError: The name is unknown, or an option is out of range.

    Example:
        >>> model = create_model("vae", input_shape=(28, 28, 1), latent_dim=16)
        >>> model.example_shape
        (28, 28, 1)
    """
    _checks.choice("name", name, sorted(_RECIPES))
    shape = _checks.shape("input_shape", input_shape, any_size=True)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    check_dtype(options.get("dtype"))
    recipe = _RECIPES[name]
    known = inspect.signature(recipe).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in known.values())
    unknown = [] if takes_any else sorted(set(options) - set(known))
    if unknown:
        names = ", ".join(
            option for option in known if option not in ("input_shape", "latent_dim")
        )
        raise TypeError(
            f"Model {name!r} takes the options {names}. Received: {', '.join(unknown)}"
        )
    return recipe(shape, latent_dim, **options)


def list_models() -> dict[str, str]:
    """Return what each registered model is, by name.

    Example:
        >>> list_models()["vae"].split(":")[0]
        'Variational autoencoder'
    """
    return {
        name: (inspect.getdoc(_RECIPES[name]) or "").split("\n")[0] for name in sorted(_RECIPES)
    }
