"""Write the serving kit of a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from keras_ae import _checks
from keras_ae.export.serving.rest import columnar_body, row_body
from keras_ae.export.serving.settings import batching_config, docker_compose, models_config
from keras_ae.export.serving.warmup import write_warmup_requests
from keras_ae.export.signature import Signature, fits

SAVED_MODEL = Path("saved_model", "1")
WARMUP_BATCHES = (1, 8)
EXAMPLE_ROWS = 2


def write_serving_kit(
    directory: str | Path,
    model_name: str,
    signatures: Sequence[Signature],
    examples: Mapping[str, Mapping[str, np.ndarray]],
    default: str = "reconstruct",
) -> list[Path]:
    """Write what TensorFlow Serving needs to serve a bundle's SavedModel; same inputs, same bytes.

    serving/ gets models.config, batching.config, docker-compose.yml and two example REST bodies an
    endpoint; saved_model/1/assets.extra/ gets warm-up requests for every signature.

    Args:
        directory: String or path, a bundle that holds saved_model/1/saved_model.pb.
        model_name: String, the name in the server's addresses: letters, digits, "_", "-" and ".".
        signatures: Sequence of `Signature`, one an endpoint.
        examples: Dictionary by endpoint of dictionaries by tensor of arrays of shape
            (examples, ...); every input of every endpoint.
        default: String, the endpoint that the signature serving_default is too.

    Returns:
        List of the paths of the files written.

    Raises:
        ValueError: An argument doesn't fit the others, or an example isn't finite.

    Example:
        >>> import tempfile
        >>> from keras_ae.export.signature import TensorInfo
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "saved_model" / "1").mkdir(parents=True)
        >>> (folder / "saved_model" / "1" / "saved_model.pb").touch()  # stands for a real one
        >>> x, y = (TensorInfo(name, (None, 4), "float32") for name in ("x", "reconstruction"))
        >>> kit = write_serving_kit(
        ...     folder,
        ...     "digits",
        ...     [Signature("reconstruct", (x,), (y,))],
        ...     {"reconstruct": {"x": np.eye(4, dtype="float32")}},
        ... )
        >>> [path.name for path in kit][-3:]
        ['reconstruct.row.json', 'reconstruct.columnar.json', 'tf_serving_warmup_requests']
    """
    directory = Path(directory)
    if not (directory / SAVED_MODEL / "saved_model.pb").is_file():
        raise ValueError(
            f"`directory` must hold {SAVED_MODEL.as_posix()}/saved_model.pb. "
            f"Received: directory={_checks.shown(str(directory))}"
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", model_name):
        raise ValueError(
            "`model_name` must be letters, digits, '_', '-' and '.', and start with a letter or a "
            f"digit. Received: model_name={_checks.shown(model_name)}"
        )
    names = [signature.name for signature in signatures]
    if default not in names:
        raise ValueError(
            f"`default` must be one of {names}. Received: default={_checks.shown(default)}"
        )
    inputs = {signature.name: _inputs(signature, examples) for signature in signatures}
    batch = signatures[0].inputs[0].shape[0]

    texts = {
        "models.config": models_config(model_name),
        "batching.config": batching_config(batch),
        "docker-compose.yml": docker_compose(model_name),
    }
    for name in names:
        rows = _rows(inputs[name], batch or EXAMPLE_ROWS)
        texts[f"rest/{name}.row.json"] = row_body(name, rows)
        texts[f"rest/{name}.columnar.json"] = columnar_body(name, rows)
    written = []
    for name, text in texts.items():
        path = directory / "serving" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
        written.append(path)

    warmup = directory / SAVED_MODEL / "assets.extra" / "tf_serving_warmup_requests"
    warmup.parent.mkdir(exist_ok=True)
    requests = [
        (name, _rows(tensors, size))
        for name, tensors in {**inputs, "serving_default": inputs[default]}.items()
        for size in ((batch,) if batch else WARMUP_BATCHES)
    ]
    write_warmup_requests(warmup, model_name, requests)
    return [*written, warmup]


def _inputs(
    signature: Signature, examples: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Return the example of each input, checked: a server doesn't load what it can't warm up."""
    tensors = {}
    for info in signature.inputs:
        array = examples.get(signature.name, {}).get(info.name)
        if (
            array is None
            or array.dtype != info.dtype
            or not fits(array.shape, (None, *info.shape[1:]))
            or array.shape[:1] == (0,)
        ):
            received = "nothing" if array is None else f"{array.dtype} {array.shape}"
            raise ValueError(
                f"`examples` of {signature.name} must hold {info.text}. Received: {received}"
            )
        tensors[info.name] = array
    return tensors


def _rows(tensors: Mapping[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    """Return the first `size` examples, from the first again where there are fewer."""
    return {name: array[np.arange(size) % len(array)] for name, array in tensors.items()}
