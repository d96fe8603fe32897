"""Run OpenVINO files."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import threading
from typing import Any

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.reader import Reader, ordered_signature, told_in_one_line
from keras_ae.export.formats.runtimes import import_runtime
from keras_ae.export.signature import Signature, TensorInfo

# OpenVINO's CPU computes 64-bit integers in 32 bits, without a word.
_LIMITS = np.iinfo("int32")
_ONE_CORE = threading.Lock()


class OpenVINOReader(Reader):
    """An .xml file, with the .bin beside it, in OpenVINO on the CPU. It holds one endpoint.

    What computes in float32 stays so: OpenVINO itself would take bfloat16 where a processor has
    it. The endpoint's and the tensors' names are in the file's `keras_ae`; in other files, the
    endpoint is what is before the first dot of the file's name.

    Args:
        path: Path of the .xml file.
        threads: Integer, threads of the runtime; None is its own choice.

    Raises:
        MissingDependencyError: openvino is not installed.
        ExportError: the file can't be read, or has a tensor that isn't of numbers.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        path = pathlib.Path(path)
        with _ONE_CORE:
            core = _core()
        settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads
        with told_in_one_line(path, "can't be opened in OpenVINO"):
            model = core.read_model(str(path), str(path.with_suffix(".bin")))
            facts = _facts(model)
            compiled = core.compile_model(model, "CPU", settings)
            self._request = compiled.create_infer_request()
            self._inputs = _names(compiled.inputs, facts.get("inputs"))
            self._outputs = _names(compiled.outputs, facts.get("outputs"))
            signature = ordered_signature(
                facts.get("endpoint") or path.name.split(".")[0],
                [_tensor(*each) for each in zip(self._inputs, compiled.inputs, strict=True)],
                [_tensor(*each) for each in zip(self._outputs, compiled.outputs, strict=True)],
            )
        # A request sets its inputs and reads its outputs in steps: one caller at a time.
        self._lock = threading.Lock()
        super().__init__(path, {signature.name: signature})

    def runtime_graph(self) -> list[Any]:
        """Return the operations that OpenVINO makes of the file's on this processor."""
        model = self._request.get_compiled_model().get_runtime_model()
        return list(model.get_ops())

    def _run(self, signature: Signature, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        for name, array in arrays.items():
            wide = array.dtype == np.int64
            if wide and (array.min() < _LIMITS.min or array.max() > _LIMITS.max):
                raise ValueError(
                    f"`{name}` must be from {_LIMITS.min} to {_LIMITS.max}: OpenVINO computes "
                    f"int64 in 32 bits. Received: {array.min()} to {array.max()}"
                )
        feeds = {place: arrays[name] for place, name in enumerate(self._inputs)}
        with self._lock, told_in_one_line(self.path, "failed in OpenVINO"):
            results = self._request.infer(feeds, share_inputs=False, share_outputs=False)
            found = [results[place] for place in range(len(self._outputs))]
        named = dict(zip(self._outputs, found, strict=True))
        return {
            each.name: named[each.name].astype(each.dtype, copy=False)
            for each in signature.outputs
        }

    def _close(self) -> None:
        del self._request


@functools.cache
def _core() -> Any:
    """Return the process's one Core, which is never closed.

    Each Core that compiles for a CPU puts a stack for signal handlers in place of the last one,
    and takes it away when it ends: of two that end in the order in which they began, the second
    leaves the first one's stack in place, which is no memory any more, and the next Ctrl-C is a
    segmentation fault (seen in OpenVINO 2026.4).
    """
    return import_runtime("openvino", "openvino", "run OpenVINO files").Core()


def _facts(model: Any) -> dict[str, Any]:
    """Return what the file says of itself; nothing, if this package didn't write it."""
    if not model.has_rt_info("keras_ae"):
        return {}
    found = json.loads(model.get_rt_info("keras_ae").astype(str))
    return dict(found)


def _names(ports: Any, known: Any) -> list[str]:
    """Return the names of tensors in the file's order."""
    if known is not None:
        return [str(name) for name in known]
    return [port.any_name for port in ports]


def _tensor(name: str, port: Any) -> TensorInfo:
    try:
        dtype = np.dtype(port.element_type.to_dtype()).name
    except RuntimeError as error:
        raise ExportError(f"`{name}` is not of numbers: {error}") from error
    shape = tuple(
        None if size.is_dynamic else int(size.get_length()) for size in port.partial_shape
    )
    return TensorInfo(name, shape, "float32" if dtype == "float16" else dtype)
