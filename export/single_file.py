"""`model.export`, as every Keras model has it, by the way that proves what it writes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae._files import replace_path
from keras_ae.export.endpoints import default_endpoint
from keras_ae.export.export_model import export_model
from keras_ae.export.formats import FORMATS, OPTIONS, SOURCE
from keras_ae.export.formats.precisions import FLOAT32
from keras_ae.export.scratch import scratch_folder

KERAS_NAMES = {each.keras_name: each for each in FORMATS.values()}
ROWS = 64


def export_single(
    model: Any,
    filepath: str | Path,
    format: str = SOURCE.keras_name,
    *,
    endpoint: str | None = None,
    sample_data: Any = None,
    batch: int | None = None,
    opset_version: int | None = None,
    verbose: bool = False,
) -> None:
    """Export one proven artifact to a path.

    Args:
        model: An autoencoder of this package.
        filepath: Path of the SavedModel's directory or of the file; what is there is replaced.
        format: "tf_saved_model", "litert", "onnx" or another format by Keras' name.
        endpoint: The endpoint in the file. None for all of them in a SavedModel or a TFLite file,
            and reconstruct in a file that holds one.
        sample_data: Examples to prove it on; None for draws from the likelihood's range.
        batch: Integer, a fixed batch size, or None.
        opset_version: Integer, ONNX's; None for 18.
        verbose: Whether to show progress.

    Raises:
        ValueError: There is no such format or endpoint.
        ExportError: As for `export_model`.
    """
    _checks.choice("format", format, KERAS_NAMES)
    chosen = KERAS_NAMES[format]
    if endpoint is not None:
        _checks.choice("endpoint", endpoint, model.functions())
    names = list(model.functions())
    if endpoint is None and max(map(len, chosen.layout(names, FLOAT32).values())) == 1:
        endpoint = default_endpoint(names)
    if opset_version is not None and "opset" not in chosen.options:
        readers = [name for name, each in KERAS_NAMES.items() if "opset" in each.options]
        raise ValueError(
            f"`opset_version` must be None for a format other than {', '.join(readers)}. "
            f"Received: opset_version={_checks.shown(opset_version)}, format={format!r}"
        )
    target = _checks.path("filepath", filepath)
    with scratch_folder() as folder:
        bundle = folder / "model"
        report = export_model(
            model,
            bundle,
            formats=(chosen.name,),
            endpoints=None if endpoint is None else (endpoint,),
            sample_data=default_samples(model) if sample_data is None else sample_data,
            batch=batch,
            opset=OPTIONS["opset"] if opset_version is None else opset_version,
            verbose=verbose,
        )
        path = Path(max(report.artifacts, key=lambda each: len(each.endpoints)).path)
        target.parent.mkdir(parents=True, exist_ok=True)
        files = [(path, target)]
        files += zip(chosen.side_files(path), chosen.side_files(target), strict=True)
        for source, place in reversed(files):  # the artifact's own last: it names the others
            beside = place.with_name(f"{place.name}.partial")
            shutil.move(bundle / source, beside)
            replace_path(beside, place)


HIGHEST_COUNT = 10.0  # among samples of counts, which have no end


def default_samples(model: Any) -> np.ndarray:
    """Draw examples that the likelihood allows, in the data's own units."""
    from keras import ops

    from keras_ae.layers.preprocessing import inverse

    random = np.random.default_rng(0)
    shape = (ROWS, *model.example_shape)
    support = model.likelihood.support
    low, high = (0.0, 1.0) if support is None else support
    high = min(high, low + HIGHEST_COUNT)
    drawn = random.standard_normal(shape) if support is None else random.uniform(low, high, shape)
    data = inverse(model.preprocessor, ops.convert_to_tensor(drawn.astype("float32")))
    return np.asarray(ops.convert_to_numpy(data))
