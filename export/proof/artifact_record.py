"""One artifact of a bundle: what it is, and what was found of it and of each output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from keras_ae.export.formats.precisions import is_int8
from keras_ae.export.quality import Measure

_OWN = ("path", "format", "precision", "endpoints", "side_files", "operations", "quantization")
_FOUND = ("errors", "quality")


@dataclass(frozen=True)
class Comparison:
    """One output of an artifact beside the model's, the largest of all batches.

    Args:
        endpoint: String.
        output: String, the tensor's name.
        data: String, "sample" or "drawn".
        batches: Tuple of the batch sizes that were run.
        max_absolute: Largest absolute error; of integers the share that differs; infinite where
            NaN or infinity aren't where they were expected.
        max_relative: Largest error relative to the expected value, where that isn't 0.
        allowed: What the worst element was allowed.
        passed: Whether every element is within what it is allowed.
    """

    endpoint: str
    output: str
    data: str
    batches: tuple[int, ...]
    max_absolute: float
    max_relative: float
    allowed: float
    passed: bool

    @property
    def text(self) -> str:
        """The comparison in one line."""
        return (
            f"{self.endpoint}/{self.output} on {self.data} data: max absolute error "
            f"{self.max_absolute:.3g} (allowed {self.allowed:.3g}), max relative "
            f"{self.max_relative:.3g}"
        )


@dataclass(frozen=True)
class ArtifactRecord:
    """An artifact on its way through an export, a check or a measurement.

    The build lays it out, the proof adds what it compared, the inspection what is inside, the
    judgement of int8 its measures; the manifest keeps it, and later checks read it there.

    Args:
        path: String, its place in the bundle.
        format: String.
        precision: String.
        endpoints: Tuple of names.
        side_files: Tuple of the places of the files that belong to it beside the one at its path.
        comparisons: Tuple of `Comparison`, of outputs with the model's.
        measures: Tuple of `Measure`, by which int8 is judged.
        operations: Dict from operation to how often it occurs.
        facts: Dict of what else the manifest says: versions, shares of int8 or float16.
        quantization: Dict from endpoint to tensor to scale, zero point and type.
        error: String, why it could not be run; empty if it could.

    Example:
        >>> record = ArtifactRecord("onnx/encode.onnx", "onnx", "float32", ("encode",))
        >>> ArtifactRecord.from_dict(record.to_dict()) == record
        True
    """

    path: str
    format: str
    precision: str
    endpoints: tuple[str, ...]
    side_files: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    measures: tuple[Measure, ...] = ()
    operations: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    quantization: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def is_int8(self) -> bool:
        """Whether it is judged by what it loses."""
        return is_int8(self.precision)

    @property
    def plain(self) -> ArtifactRecord:
        """The artifact without what was found of it."""
        return ArtifactRecord(
            self.path, self.format, self.precision, self.endpoints, self.side_files
        )

    @property
    def failures(self) -> list[str]:
        """A line for whatever is wrong with it."""
        lines = [self.error] if self.error else []
        lines += [each.text for each in self.comparisons if not each.passed]
        lines += [each.text for each in self.measures if not each.passed]
        return [f"{self.path}: {line}" for line in lines]

    @property
    def max_absolute(self) -> float | None:
        """The largest absolute error that was found; None where nothing was compared."""
        return max((each.max_absolute for each in self.comparisons), default=None)

    @property
    def max_relative(self) -> float | None:
        """The largest relative error that was found; None where nothing was compared."""
        return max((each.max_relative for each in self.comparisons), default=None)

    def owns(self, name: str) -> bool:
        """Whether a file of the bundle, by its place there, belongs to the artifact.

        Example:
            >>> record = ArtifactRecord("saved_model/1", "saved_model", "float32", ("encode",))
            >>> record.owns("saved_model/1/saved_model.pb"), record.owns("saved_model/10")
            (True, False)
        """
        return name in (self.path, *self.side_files) or name.startswith(f"{self.path}/")

    def size(self, files: Mapping[str, Mapping[str, Any]]) -> int:
        """Return the bytes of all its files, of which a manifest lists the sizes."""
        return sum(int(facts["size"]) for name, facts in files.items() if self.owns(name))

    def size_in(self, directory: Path) -> int:
        """Return the bytes of all its files in a bundle."""
        places = (directory / name for name in (self.path, *self.side_files))
        files = (file for place in places for file in (place, *place.rglob("*")))
        return sum(file.stat().st_size for file in files if file.is_file())

    def found(self, **values: Any) -> Self:
        """Return the record with what was found."""
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as the manifest and the processes of an export hold them."""
        record = {name: getattr(self, name) for name in _OWN}
        record |= {
            "endpoints": list(self.endpoints),
            "errors": [asdict(each) for each in self.comparisons],
            "quality": [asdict(each) for each in self.measures],
        }
        side_files = {"side_files": list(self.side_files)} if self.side_files else {}
        error = {"error": self.error} if self.error else {}
        del record["side_files"]
        return {**record, **self.facts, **side_files, **error}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> ArtifactRecord:
        """Make the object that `to_dict` wrote, or a manifest of before it had all of that."""
        known = {*_OWN, *_FOUND, "error"}
        return cls(
            path=record["path"],
            format=record["format"],
            precision=record["precision"],
            endpoints=tuple(record["endpoints"]),
            side_files=tuple(record.get("side_files", ())),
            comparisons=_all(Comparison, record.get("errors", ())),
            measures=_all(Measure, record.get("quality", ())),
            operations=record.get("operations", {}),
            facts={name: value for name, value in record.items() if name not in known},
            quantization=record.get("quantization", {}),
            error=record.get("error", ""),
        )


def _all(kind: Any, records: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    lists = (
        {name: tuple(v) if isinstance(v, list) else v for name, v in r.items()} for r in records
    )
    return tuple(kind(**each) for each in lists)
