"""What an OpenVINO file holds, read from its .xml alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.weight import Weight, is_matrix

# Which inputs of an operation may be kernels.
KERNELS = {
    "Convolution": (1,),
    "ConvolutionBackpropData": (1,),
    "GroupConvolution": (1,),
    "GroupConvolutionBackpropData": (1,),
    "MatMul": (0, 1),
    "GRUCell": (2, 3),
    "GRUSequence": (3, 4),
    "LSTMCell": (3, 4),
    "LSTMSequence": (4, 5),
}
# What stands between a stored kernel and its use, with the same numbers in another form.
SAME_NUMBERS = {"Convert", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}
# What makes the numbers of an int8 kernel of its integers.
_SCALED = {"Multiply", "Subtract"}
# What the CPU's own graph calls products, and the types in which it computes them in 8 bits.
_PRODUCTS = {"Convolution", "Deconvolution", "FullyConnected", "MatMul", "RNNCell", "RNNSeq"}
_INTEGERS = {"i8", "u8"}
_BITS = {"i4": 4, "u4": 4, "i8": 8, "u8": 8, "f16": 16, "bf16": 16, "f32": 32, "f64": 64}
_OWN = "opset"  # how the names of OpenVINO's own sets of operations begin
Node = ElementTree.Element


def operations(path: str | Path) -> Counter[str]:
    """Count the operations of the graph and the bodies in it, with their set if it isn't stock."""
    return Counter(
        node.get("type", "")
        if node.get("version", "").startswith(_OWN)
        else f"{node.get('version')}.{node.get('type')}"
        for nodes, _ in _graphs(path)
        for node in nodes.values()
    )


def forbids(operation: str, precision: str) -> str | None:
    """Return why an OpenVINO file must not hold an operation; None where it may."""
    del precision
    domain, _, name = operation.rpartition(".")
    if name in {"ReadValue", "Assign"}:
        return "it keeps a state from call to call"
    if domain:
        return f"it is of the set {domain}, which not every OpenVINO has"
    return None


def weights(path: str | Path) -> Iterator[Weight]:
    """Yield what products multiply with, whatever its shape, and all other stored matrices."""
    for number, (nodes, sources) in enumerate(_graphs(path)):
        kernels = {
            _stored(nodes, sources, source)
            for key, node in nodes.items()
            for place in KERNELS.get(node.get("type", ""), ())
            if (source := sources.get((key, place))) is not None
        }
        for key, node in nodes.items():
            data = node.find("data")
            if node.get("type") != "Const" or data is None:
                continue
            sizes = [int(size) for size in data.get("shape", "").split(",") if size.strip()]
            kind = _kind(node)
            if key in kernels or (is_matrix(sizes) and kind in _BITS):
                yield Weight((number, key), math.prod(sizes), _BITS.get(kind, 32))


def products(path: str | Path) -> Iterator[bool]:
    """Yield for each product that OpenVINO will compute whether it does in 8 bits."""
    from keras_ae.export.formats.openvino.openvino_reader import OpenVINOReader

    with OpenVINOReader(path) as reader:
        nodes = reader.runtime_graph()
    for node in nodes:
        facts = node.get_rt_info()
        if facts["layerType"].astype(str) in _PRODUCTS:
            yield facts["runtimePrecision"].astype(str) in _INTEGERS


def _stored(nodes: dict[str, Node], sources: dict[tuple[str, int], str], key: str) -> str:
    """Return the node whose numbers a node has; of an int8 kernel, that of its integers."""

    def behind(kinds: set[str]) -> str:
        found = key
        while nodes[found].get("type") in kinds and (found, 0) in sources:
            found = sources[found, 0]
        return found

    integers = behind(SAME_NUMBERS | _SCALED)
    return integers if _kind(nodes[integers]) in _INTEGERS else behind(SAME_NUMBERS)


def _kind(node: Node) -> str:
    data = node.find("data")
    return "" if data is None else data.get("element_type", "")


def _graphs(path: str | Path) -> Iterator[tuple[dict[str, Node], dict[tuple[str, int], str]]]:
    """Yield the graph and each body in it: nodes by number, and where each input comes from."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ExportError(f"{path} is not an OpenVINO file: {error}") from error
    for graph in root.iter():
        layers, edges = graph.find("layers"), graph.find("edges")
        if layers is None or edges is None:
            continue
        nodes = {node.get("id", ""): node for node in layers.findall("layer")}
        sources = {
            (edge.get("to-layer", ""), int(edge.get("to-port", 0))): edge.get("from-layer", "")
            for edge in edges.findall("edge")
        }
        yield nodes, sources
