"""Formats of files, told by how their names end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from keras_ae.export.formats.format import WHOLE, Format
from keras_ae.export.formats.precisions import FLOAT32


class FileFormat(Format):
    """A format of one file an endpoint, told by its suffix.

    Attributes:
        suffix: String, how its files end.
    """

    suffix: ClassVar[str]

    def file_name(self, endpoint: str, precision: str) -> str:
        """Return a file's path in a bundle."""
        middle = "" if precision == FLOAT32 else f".{precision}"
        return f"{self.name}/{endpoint}{middle}{self.suffix}"

    def layout(self, endpoints: Sequence[str], precision: str) -> dict[str, tuple[str, ...]]:
        """Return the artifacts of a bundle: a file each, and where it joins, one of all."""
        found: dict[str, tuple[str, ...]] = {
            self.file_name(each, precision): (each,) for each in endpoints
        }
        if self.joins and len(endpoints) > 1:
            found[self.file_name(WHOLE, precision)] = tuple(endpoints)
        return found

    def is_artifact(self, path: Path) -> bool:
        """Whether it is a file with the format's suffix."""
        return path.is_file() and path.suffix == self.suffix

    def find(self, folder: Path) -> dict[str, dict[str, Path]]:
        """Return what its folder in a bundle holds, by the files' names."""
        found: dict[str, dict[str, Path]] = {}
        for file in filter(self.is_artifact, sorted(folder.glob(f"*{self.suffix}"))):
            endpoint, _, precision = file.stem.partition(".")
            found.setdefault(precision or FLOAT32, {})[endpoint] = file
        return found
