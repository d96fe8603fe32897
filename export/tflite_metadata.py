"""Strings inside a TFLite file: its `metadata` table."""

from __future__ import annotations

import json
from collections.abc import Mapping

NAME = "keras_ae"


def with_metadata(content: bytes, metadata: Mapping[str, str]) -> bytes:
    """Return a TFLite file with one more entry in its metadata: JSON, under the name keras_ae."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    buffer = schema.BufferT()
    buffer.data = json.dumps(dict(metadata), sort_keys=True).encode()
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = NAME, len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def read_metadata(content: bytes) -> dict[str, str]:
    """Return what `with_metadata` wrote; empty where there is none."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    for entry in model.metadata or []:
        if entry.name == NAME.encode():
            return dict(json.loads(bytes(model.buffers[entry.buffer].data)))
    return {}
