"""Which operations of a graph may compute in fewer bits: the networks, and nothing of a score.

What makes an autoencoder large and slow are its layers with weights. What turns their outputs into
nats (logarithms, squares, sums over hundreds of pixels) is cheap and loses everything in 8 bits,
so it stays float32, and so do the units of the data before the first layer and after the last one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Node:
    """One operation of a TFLite or ONNX graph, as far as it reads and makes floats.

    Args:
        operation: String, its type.
        inputs: Tuple of the tensors whose numbers it reads, without constants.
        outputs: Tuple of the tensors it makes.
        weighted: Whether it is a layer: it multiplies by a constant kernel.
        scaled: Whether it reads other constant numbers, such as a mean that it subtracts.
        divides: Whether it takes channels apart, such as a likelihood's locations and scales.
    """

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weighted: bool = False
    scaled: bool = False
    divides: bool = False


def narrow_nodes(
    nodes: Sequence[Node],
    carriers: Collection[str],
    results: Collection[str] = (),
    scaled: bool = False,
) -> set[int]:
    """Return the positions of the layers and of what carries numbers from one to the next.

    A layer is among them, unless its channels are taken apart: quantities of different units have
    no scale in common. Another operation is, if it is a carrier (an activation, a
    reshape, a sum of two branches), reads from operations that are, and all that read it are: one
    wide reader, such as a logarithm, and it is wide itself.

    Args:
        nodes: The graph in the order of computation.
        carriers: Types of operations that may be narrow between layers.
        results: Tensors that may be narrow where nothing reads them: outputs of the graph.
        scaled: Whether carriers may read constants. Not in 8 bits, where all numbers of a tensor
            share a scale: the units of columns differ. Nor may layers then make channels that
            are taken apart.

    Example:
        >>> layer = Node("CONV", ("x",), ("a",), weighted=True)
        >>> last = Node("CONV", ("b",), ("c",), weighted=True)
        >>> graph = [layer, Node("RELU", ("a",), ("b",)), last, Node("LOG", ("c",), ("d",))]
        >>> sorted(narrow_nodes(graph, {"RELU"}))
        [0, 1, 2]
    """
    narrow = {i for i, node in enumerate(nodes) if node.weighted}
    made = {tensor for i in narrow for tensor in nodes[i].outputs}
    for i, node in enumerate(nodes):
        carries = node.operation in carriers and (scaled or not (node.scaled or node.divides))
        if carries and node.inputs and all(tensor in made for tensor in node.inputs):
            narrow.add(i)
            made.update(node.outputs)
    if not scaled:
        narrow -= _divided(nodes, carriers)
    while wide := {i for i in narrow if _is_wide(nodes, i, narrow, results)}:
        narrow -= wide
    return narrow


def places_only(kernel: np.ndarray) -> bool:
    """Whether a kernel of zeros and ones only puts numbers into places, as a triangle's does."""
    return bool(np.isin(kernel, (0.0, 1.0)).all())


def _divided(nodes: Sequence[Node], carriers: Collection[str]) -> set[int]:
    """Return the layers whose channels are taken apart, at once or after a reshape."""
    tensors = {tensor for node in nodes if node.divides for tensor in node.inputs}
    found: set[int] = set()
    for i in reversed(range(len(nodes))):
        node = nodes[i]
        if set(node.outputs) & tensors:
            if node.weighted:
                found.add(i)
            elif node.operation in carriers:
                tensors.update(node.inputs)
    return found


def _is_wide(
    nodes: Sequence[Node], i: int, narrow: Collection[int], results: Collection[str]
) -> bool:
    """Whether a carrier reads from an operation in float32, or is read by one."""
    node = nodes[i]
    if node.weighted:
        return False
    others = [
        j
        for j, other in enumerate(nodes)
        if set(other.outputs) & set(node.inputs) or set(other.inputs) & set(node.outputs)
    ]
    read = any(set(other.inputs) & set(node.outputs) for other in nodes)
    ends = all(tensor in results for tensor in node.outputs)
    return not (all(j in narrow for j in others) and (read or ends))
