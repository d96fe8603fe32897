"""A bundle of a table's detector without training or conversion, and rows for it."""

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
from onnx import TensorProto, helper

from keras_ae.export.bundle.manifest import write_manifest

COLUMNS = ("a", "b", "c")
THRESHOLD = 1.5


def write_bundle(folder, columns=COLUMNS, threshold=THRESHOLD, batch=None):
    """Write a bundle whose `detect` scores a row by its mean square; `encode` has two numbers."""
    (folder / "onnx").mkdir(parents=True)
    names = {"detect": ("score", "decision", "is_anomaly"), "encode": ("latent",)}
    for endpoint, outputs in names.items():
        _save(folder / "onnx" / f"{endpoint}.onnx", endpoint, outputs, threshold, batch)
    x = {"name": "x", "shape": [batch, len(COLUMNS)], "dtype": "float32"}
    kinds = {"is_anomaly": "bool"}
    endpoints = [
        {
            "name": endpoint,
            "inputs": [x],
            "outputs": [
                {
                    "name": name,
                    "shape": [batch, 2] if name == "latent" else [batch],
                    "dtype": kinds.get(name, "float32"),
                }
                for name in sorted(outputs)
            ],
        }
        for endpoint, outputs in names.items()
    ]
    artifacts = [
        {
            "path": f"onnx/{endpoint}.onnx",
            "format": "onnx",
            "precision": "float32",
            "endpoints": [endpoint],
        }
        for endpoint in names
    ]
    record = {"endpoints": endpoints, "artifacts": artifacts, "threshold": threshold}
    record |= {"batch": batch} | ({} if columns is None else {"columns": list(columns)})
    write_manifest(folder, record)
    return folder


def _save(path, endpoint, outputs, threshold, batch):
    first = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], "float32")
    constants = [
        helper.make_tensor("threshold", TensorProto.FLOAT, (), [threshold]),
        helper.make_tensor("weight", TensorProto.FLOAT, (3, 2), first.ravel()),
        helper.make_tensor("axes", TensorProto.INT64, (1,), [1]),
    ]
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["squares"]),
        helper.make_node("ReduceMean", ["squares", "axes"], ["score"], keepdims=0),
        helper.make_node("Sub", ["threshold", "score"], ["decision"]),
        helper.make_node("Greater", ["score", "threshold"], ["is_anomaly"]),
    ]
    if endpoint == "encode":
        nodes = [helper.make_node("MatMul", ["x", "weight"], ["latent"])]
    taken = {each for node in nodes for each in node.input}
    made = [
        helper.make_tensor_value_info(
            name,
            TensorProto.BOOL if name == "is_anomaly" else TensorProto.FLOAT,
            [batch, 2] if name == "latent" else [batch],
        )
        for name in outputs
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, len(COLUMNS)])
    graph = helper.make_graph(
        nodes, endpoint, [x], made, [each for each in constants if each.name in taken]
    )
    opset = helper.make_opsetid("", 18)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=9)
    helper.set_model_props(model, {"keras_ae.endpoint": endpoint})
    onnx.save(model, path)


def numbers(rows, seed=0):
    """Return the model's columns of a table, float32."""
    values = np.random.default_rng(seed).normal(size=(rows, len(COLUMNS))).astype("float32")
    return dict(zip(COLUMNS, values.T, strict=True))


def write_rows(path, table, **options):
    """Write a Parquet file of columns; return what was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = table if isinstance(table, pa.Table) else pa.table(table)
    pq.write_table(made, path, **options)
    return made
