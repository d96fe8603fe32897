"""Run SavedModels in TensorFlow's C++ runtime, as TensorFlow Serving does."""

from __future__ import annotations

import os
import pathlib

import numpy as np

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.reader import Reader, told_in_one_line
from keras_ae.export.formats.saved_model.c_api import Session, library
from keras_ae.export.formats.saved_model.variables_index import check_variables_index
from keras_ae.export.formats.saved_model.wire_format import read_signatures
from keras_ae.export.signature import Signature

_DEFAULT = "serving_default"


class SavedModelReader(Reader):
    """A SavedModel in TensorFlow's C++ runtime, on the CPU. Its endpoints are its signatures.

    TensorFlow must be installed, but is not imported. `serving_default`, which is one of the other
    endpoints under the name that clients ask for by default, can be run but isn't listed.

    Args:
        path: Path of a SavedModel, or of a folder of versions of which the highest is taken.
        threads: Integer, threads within an operation; None is the runtime's own choice. The
            first SavedModel of a process decides for all.

    Raises:
        MissingDependencyError: TensorFlow is not installed.
        ExportError: the loader refuses the SavedModel.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        library()
        path = newest_version(path)
        with told_in_one_line(path, "can't be opened in TensorFlow"):
            check_variables_index(path)
            self._session = Session(path, threads)
            self._graph_signatures = read_signatures(self._session.meta_graph)
        signatures = {name: found.signature for name, found in self._graph_signatures.items()}
        unlisted = {name: signatures.pop(name) for name in [_DEFAULT] if name in signatures}
        super().__init__(path, signatures, unlisted=unlisted)

    def _run(self, signature: Signature, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        names = self._graph_signatures[signature.name]
        feeds = {names.inputs[name]: array for name, array in arrays.items()}
        fetches = [names.outputs[tensor.name] for tensor in signature.outputs]
        with told_in_one_line(self.path, "failed in TensorFlow"):
            results = self._session.run(feeds, fetches)
        return {
            tensor.name: result for tensor, result in zip(signature.outputs, results, strict=True)
        }

    def _close(self) -> None:
        self._session.close()


def newest_version(path: str | os.PathLike[str]) -> pathlib.Path:
    """Return the folder with `saved_model.pb`: `path`, or its highest version.

    Raises:
        ExportError: neither holds one.
    """
    path = pathlib.Path(path)
    if (path / "saved_model.pb").is_file():
        return path
    versions = [
        file.parent for file in path.glob("*/saved_model.pb") if file.parent.name.isdigit()
    ]
    if not versions:
        raise ExportError(
            f"{path} is not a SavedModel: neither it nor a folder <version> in it has a file "
            "saved_model.pb"
        )
    return max(versions, key=lambda version: int(version.name))
