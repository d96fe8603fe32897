"""Strings inside a TFLite file: its `metadata` table."""

from __future__ import annotations

import json
from collections.abc import Mapping

from keras_ae.export.formats.tflite.graph import TFLiteGraph

NAME = "keras_ae"


def with_metadata(content: bytes, metadata: Mapping[str, str]) -> bytes:
    """Return a TFLite file with one more entry in its metadata: JSON, under the name keras_ae."""
    from ai_edge_litert import schema_py_generated as schema

    graph = TFLiteGraph(content)
    entry = schema.MetadataT()
    entry.name = NAME
    entry.buffer = graph.add_buffer(json.dumps(dict(metadata), sort_keys=True).encode())
    graph.model.metadata = [*(graph.model.metadata or []), entry]
    return graph.to_bytes()


def read_metadata(content: bytes) -> dict[str, str]:
    """Return what `with_metadata` wrote; empty where there is none."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    for entry in model.metadata or []:
        if entry.name == NAME.encode():
            return dict(json.loads(bytes(model.buffers[entry.buffer].data)))
    return {}
