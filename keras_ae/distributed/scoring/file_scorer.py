"""The task: one file, scored beside its place and moved into it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from keras_ae import _files
from keras_ae.distributed.scoring.columns import output_fields, to_columns, to_matrix
from keras_ae.export.artifact import Artifact
from keras_ae.export.bundle.manifest import MANIFEST, digest
from keras_ae.export.errors import ExportError
from keras_ae.export.load_artifact import load_artifact
from keras_ae.export.signature import Signature

RECORD = b"keras_ae.scoring"  # the key in a scored file's metadata
BATCH_ROWS = 2**14  # rows in a call of the runtime: longer ones are no faster
READ_BYTES = 2**20  # of a column at a time; otherwise it is a whole row group's
GROUP_ROWS = 2**17  # rows that are written together; they are in memory until then


@dataclass(frozen=True)
class FileScorer:
    """Score one file: a function of its name that can be pickled, and called again.

    Args:
        bundle: String, absolute path of the bundle.
        manifest: String, sha256 of the bundle's manifest.
        format: String.
        precision: String.
        endpoint: String.
        columns: Tuple of the names of the columns that are the endpoint's input.
        keys: Tuple of the names of the columns that pass through; None for all others.
        source: String, absolute path of the folder of files.
        destination: String, absolute path of the folder of scored files.
    """

    bundle: str
    manifest: str
    format: str
    precision: str
    endpoint: str
    columns: tuple[str, ...]
    keys: tuple[str, ...] | None
    source: str
    destination: str

    def __call__(self, name: str) -> int | str:
        """Write a file's scores, unless they are there already.

        Args:
            name: String, the file's path in the source.

        Returns:
            How many rows the file has; or in words why it can't be scored. That is no exception,
            as engines try those again, and each tells of them in its own way.
        """
        try:
            return self._score(name)
        except (ValueError, TypeError, ExportError, pa.ArrowException) as error:
            place = str(Path(self.source, name))
            text = " ".join(str(error).split())
            return text if place in text or self.bundle in text else f"{place}: {text}"

    def _score(self, name: str) -> int:
        target = Path(self.destination, name)
        if target.exists():  # another try of this task has been here
            return int(pq.read_metadata(target).num_rows)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _files.written_beside(target) as beside:
                rows = self._write(Path(self.source, name), beside)
        except FileNotFoundError:
            if not target.exists():
                raise
            # Another run has finished the file, and cleared what was beside it.
            return int(pq.read_metadata(target).num_rows)
        return rows

    @property
    def record(self) -> dict[str, Any]:
        """What a scored file says of how it was made: all of this but the places."""
        places = ("bundle", "source", "destination")
        # As JSON gives it back: lists, no tuples.
        own: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {name: value for name, value in own.items() if name not in places}

    @property
    def signature(self) -> Signature:
        """The endpoint's tensors."""
        return self._artifact()._reader(self.endpoint).signatures[self.endpoint]

    def passed_through(self, schema: Any) -> list[Any]:
        """Return the fields of a file that its scored file keeps."""
        if self.keys is not None:
            return [schema.field(name) for name in self.keys]
        return [field for field in schema if field.name not in self.columns]

    def _artifact(self) -> Artifact:
        return _opened(self.bundle, self.manifest, self.format, self.precision)

    def _write(self, source: Path, beside: Path) -> int:
        rows = 0
        with pq.ParquetFile(source, buffer_size=READ_BYTES, pre_buffer=False) as file:
            kept = self.passed_through(file.schema_arrow)
            fields = [*kept, *output_fields(self.signature.outputs)]
            metadata = {RECORD: json.dumps(self.record)}
            schema = pa.schema(fields, metadata)
            with pq.ParquetWriter(beside, schema) as writer:
                held: list[Any] = []
                for batch in self._scored(source, file, [each.name for each in kept], schema):
                    held.append(batch)
                    rows += batch.num_rows
                    if sum(each.num_rows for each in held) >= GROUP_ROWS:
                        writer.write_table(pa.Table.from_batches(held, schema))
                        held = []
                if held:
                    writer.write_table(pa.Table.from_batches(held, schema))
        return rows

    def _scored(self, source: Path, file: Any, kept: list[str], schema: Any) -> Iterator[Any]:
        """Yield the record batches of a file's keys and scores."""
        artifact, tensor = self._artifact(), self.signature.inputs[0]
        names = list(dict.fromkeys([*kept, *self.columns]))
        for batch in file.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
            x = to_matrix(str(source), batch, self.columns, tensor)
            outputs = artifact.run(self.endpoint, **{tensor.name: x})
            columns = [batch.column(name) for name in kept]
            yield pa.RecordBatch.from_arrays([*columns, *to_columns(outputs)], schema=schema)


@functools.lru_cache(maxsize=1)
def _opened(bundle: str, manifest: str, format: str, precision: str) -> Artifact:
    """Open a bundle's artifact, once in each process, on one thread.

    Raises:
        ValueError: The bundle isn't the one that the run began with.
    """
    if digest(Path(bundle, MANIFEST)) != manifest:
        raise ValueError(f"{bundle}: expected the bundle that the run began with. It has changed")
    return load_artifact(bundle, format, precision, threads=1)
