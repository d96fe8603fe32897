"""TensorFlow's C API, called in the installed package's own libraries without importing it.

Its function `TF_LoadSessionFromSavedModel` is the C++ loader that TensorFlow Serving uses. What
Python's loader repairs on the way, it doesn't: this is what a server sees.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
import pathlib
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.runtimes import missing
from keras_ae.export.formats.saved_model.wire_format import TYPES, field

_Pointer = ctypes.c_void_p
_NUMBERS = {name: number for number, name in TYPES.items()}
# Fields of tensorflow/core/protobuf/config.proto.
_DEVICE_COUNT, _THREADS_WITHIN, _THREADS_BETWEEN = 1, 2, 5


class _Buffer(ctypes.Structure):
    _fields_ = (("data", _Pointer), ("length", ctypes.c_size_t), ("free", _Pointer))


class _Output(ctypes.Structure):
    """One output of an operation: what the graph calls "name:0"."""

    _fields_ = (("operation", _Pointer), ("index", ctypes.c_int))


_TEXT, _SIZE, _INT, _INT64 = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int64
_OUTPUTS, _POINTERS = ctypes.POINTER(_Output), ctypes.POINTER(_Pointer)
# tensorflow/c: what each function returns and takes.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "TF_NewStatus": (_Pointer, []),
    "TF_GetCode": (_INT, [_Pointer]),
    "TF_Message": (_TEXT, [_Pointer]),
    "TF_DeleteStatus": (None, [_Pointer]),
    "TF_NewBuffer": (ctypes.POINTER(_Buffer), []),
    "TF_DeleteBuffer": (None, [ctypes.POINTER(_Buffer)]),
    "TF_NewGraph": (_Pointer, []),
    "TF_DeleteGraph": (None, [_Pointer]),
    "TF_GraphOperationByName": (_Pointer, [_Pointer, _TEXT]),
    "TF_NewSessionOptions": (_Pointer, []),
    "TF_SetConfig": (None, [_Pointer, _TEXT, _SIZE, _Pointer]),
    "TF_DeleteSessionOptions": (None, [_Pointer]),
    "TF_LoadSessionFromSavedModel": (
        _Pointer,
        [
            *(_Pointer, _Pointer, _TEXT, ctypes.POINTER(_TEXT), _INT),
            *(_Pointer, ctypes.POINTER(_Buffer), _Pointer),
        ],
    ),
    "TF_CloseSession": (None, [_Pointer, _Pointer]),
    "TF_DeleteSession": (None, [_Pointer, _Pointer]),
    "TF_SessionRun": (
        None,
        [
            *(_Pointer, _Pointer, _OUTPUTS, _POINTERS, _INT, _OUTPUTS, _POINTERS, _INT),
            *(_POINTERS, _INT, _Pointer, _Pointer),
        ],
    ),
    "TF_AllocateTensor": (_Pointer, [_INT, ctypes.POINTER(_INT64), _INT, _SIZE]),
    "TF_DeleteTensor": (None, [_Pointer]),
    "TF_TensorType": (_INT, [_Pointer]),
    "TF_NumDims": (_INT, [_Pointer]),
    "TF_Dim": (_INT64, [_Pointer, _INT]),
    "TF_TensorData": (_Pointer, [_Pointer]),
}


class Session:
    """A SavedModel in TensorFlow's C++ runtime, on the CPU.

    Args:
        path: Path of the folder that holds `saved_model.pb`.
        threads: Integer, threads within an operation; None is the runtime's own choice. The
            first session of a process decides for all: the runtime has one pool.

    Attributes:
        meta_graph: Bytes, the serialized MetaGraphDef.

    Raises:
        MissingDependencyError: TensorFlow is not installed.
        ExportError: the loader refuses the SavedModel.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        self._api = api = library()
        self._graph = graph = api.TF_NewGraph()
        options, buffer = api.TF_NewSessionOptions(), api.TF_NewBuffer()
        try:
            config = _config(threads)
            self._call("TF_SetConfig", options, config, len(config))
            tags = (_TEXT * 1)(b"serve")
            self._session = session = self._call(
                *("TF_LoadSessionFromSavedModel", options, None, os.fsencode(path), tags, 1),
                *(graph, buffer),
            )
            self.meta_graph = ctypes.string_at(buffer.contents.data, buffer.contents.length)
        except ExportError:
            api.TF_DeleteGraph(graph)
            raise
        finally:
            api.TF_DeleteSessionOptions(options)
            api.TF_DeleteBuffer(buffer)
        self._tensors: dict[str, _Output] = {}
        self.close = weakref.finalize(self, _free, api, session, graph)

    def run(self, feeds: Mapping[str, np.ndarray], fetches: Iterable[str]) -> list[np.ndarray]:
        """Return the values of `fetches`.

        Args:
            feeds: Mapping from the graph's names of tensors ("encode_x:0") to arrays.
            fetches: Iterable of the graph's names.

        Raises:
            ExportError: the runtime answers with an error, such as that of a wrong shape.
        """
        api, fetches = self._api, list(fetches)
        given = (_Output * len(feeds))(*map(self._tensor, feeds))
        wanted = (_Output * len(fetches))(*map(self._tensor, fetches))
        inputs, outputs = (_Pointer * len(feeds))(), (_Pointer * len(fetches))()
        try:
            for position, array in enumerate(feeds.values()):
                inputs[position] = _to_tensor(api, array)
            self._call(
                *("TF_SessionRun", self._session, None, given, inputs, len(feeds)),
                *(wanted, outputs, len(fetches), None, 0, None),
            )
            return [_to_array(api, tensor) for tensor in outputs]
        finally:
            for tensor in (*inputs, *outputs):
                if tensor:
                    api.TF_DeleteTensor(tensor)

    def _tensor(self, name: str) -> _Output:
        if name not in self._tensors:
            operation, _, index = name.partition(":")
            pointer = self._api.TF_GraphOperationByName(self._graph, operation.encode())
            if not pointer:
                raise ExportError(f"the graph has no tensor {name}")
            self._tensors[name] = _Output(pointer, int(index or 0))
        return self._tensors[name]

    def _call(self, function: str, *arguments: Any) -> Any:
        """Call a function whose last argument is a status; raise what the status says."""
        api = self._api
        status = api.TF_NewStatus()
        try:
            result = getattr(api, function)(*arguments, status)
            if api.TF_GetCode(status):
                raise ExportError(api.TF_Message(status).decode(errors="replace"))
            return result
        finally:
            api.TF_DeleteStatus(status)


@functools.cache
def library() -> ctypes.CDLL:
    """Return the library of the C API from the installed `tensorflow` package.

    Raises:
        MissingDependencyError: TensorFlow is not installed, or its package lacks the library.
    """
    try:
        spec = importlib.util.find_spec("tensorflow")
    except (ImportError, ValueError):
        spec = None
    folders = map(pathlib.Path, (spec and spec.submodule_search_locations) or [])
    for folder in folders:
        for suffix in ("so.2", "2.dylib"):
            files = [folder / f"libtensorflow_{part}.{suffix}" for part in ("framework", "cc")]
            if all(file.exists() for file in files):
                # Local on purpose: global symbols of its BoringSSL would stand before OpenSSL's,
                # and a later `import ssl` would crash.
                loaded = [ctypes.CDLL(str(file), mode=ctypes.RTLD_LOCAL) for file in files]
                return _declared(loaded[-1])
    raise missing("tensorflow", "load SavedModels in its C++ runtime")


def _declared(api: ctypes.CDLL) -> ctypes.CDLL:
    for name, (returned, arguments) in _FUNCTIONS.items():
        function = getattr(api, name)
        function.restype, function.argtypes = returned, arguments
    return api


def _config(threads: int | None) -> bytes:
    """Return a serialized ConfigProto: no GPU, as for the other formats' runtimes."""
    config = field(_DEVICE_COUNT, field(1, b"GPU") + field(2, 0))
    if threads is not None:
        config += field(_THREADS_WITHIN, threads) + field(_THREADS_BETWEEN, threads)
    return config


def _to_tensor(api: ctypes.CDLL, array: np.ndarray) -> int:
    array = np.asarray(array, order="C")
    sizes = (_INT64 * array.ndim)(*array.shape)
    number = _NUMBERS[array.dtype.name]
    tensor: int = api.TF_AllocateTensor(number, sizes, array.ndim, array.nbytes)
    ctypes.memmove(api.TF_TensorData(tensor), array.ctypes.data, array.nbytes)
    return tensor


def _to_array(api: ctypes.CDLL, tensor: int | None) -> np.ndarray:
    shape = [api.TF_Dim(tensor, axis) for axis in range(api.TF_NumDims(tensor))]
    array = np.empty(shape, TYPES[api.TF_TensorType(tensor)])
    if array.size:
        ctypes.memmove(array.ctypes.data, api.TF_TensorData(tensor), array.nbytes)
    return array


def _free(api: ctypes.CDLL, session: int, graph: int) -> None:
    status = api.TF_NewStatus()
    api.TF_CloseSession(session, status)
    api.TF_DeleteSession(session, status)
    api.TF_DeleteGraph(graph)
    api.TF_DeleteStatus(status)
