"""Write operations that a converter lacks with others that compute the same.

On the graph of a SavedModel's endpoint, in the process that converts it: what is served by
TensorFlow stays as the model made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_ae.export._traced_graph import concrete_function
from keras_ae.export.formats.saved_model.operations import operations
from keras_ae.export.formats.saved_model.saved_model_format import SavedModelFormat

Rewrite = Callable[..., Any]  # of an operation's inputs
_MUST_COMPILE, _NOT_INLINED = "_XlaMustCompile", "_noinline"


def source_place(directory: str | Path) -> str:
    """Return the path of the SavedModel in a bundle, which every converter reads."""
    return str(Path(directory, SavedModelFormat().place))


def load_source(directory: str | Path) -> Any:
    """Return the SavedModel in a bundle; its signatures hold no variables, the object does."""
    import tensorflow as tf

    return tf.saved_model.load(source_place(directory))


def frozen(concrete: Any, rewrites: Mapping[str, Rewrite]) -> Any:
    """Return a concrete function with its variables as constants and its operations rewritten.

    Functions that XLA must compile become part of the graph: Keras computes grouped convolutions
    in one, which a converter would leave as a call.

    Args:
        concrete: TensorFlow's concrete function.
        rewrites: Dict from the type of an operation to a function of its inputs.

    Returns:
        A concrete function without variables, its inputs and outputs in the same order.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    made = convert_variables_to_constants_v2(concrete, False, aggressive_inlining=True)
    graph = made.graph.as_graph_def()
    if _let_inline(graph):
        made = convert_variables_to_constants_v2(
            _function_of(graph, made), False, aggressive_inlining=True
        )
        graph = made.graph.as_graph_def()
    wanted = [node for node in graph.node if _needs(node, rewrites)]
    for node in wanted:
        operation = made.graph.get_operation_by_name(node.name)
        _replace(graph, node, rewrites[node.op], list(operation.inputs))
    return _function_of(graph, made) if wanted else made


def _let_inline(graph: Any) -> bool:
    """Take away what keeps functions of a graph from becoming part of it; return if there was."""
    bodies = graph.library.function
    nodes = [*graph.node, *(node for body in bodies for node in body.node_def)]
    compiled = [each for each in (*nodes, *bodies) if _MUST_COMPILE in each.attr]
    for each in compiled:
        for name in (_MUST_COMPILE, _NOT_INLINED):
            each.attr.pop(name, None)
    if not compiled:
        return False
    # TensorFlow knows the functions by name, and refuses others of the same names.
    names = {body.signature.name: f"{body.signature.name}_inlined" for body in bodies}
    for body in bodies:
        body.signature.name = names[body.signature.name]
    for node in nodes:
        for attribute in node.attr.values():
            for called in (attribute.func, *attribute.list.func):
                if called.name in names:
                    called.name = names[called.name]
    return True


def rewritten_saved_model(
    path: str, endpoints: Mapping[str, Sequence[str]], rewrites: Mapping[str, Rewrite], to: str
) -> str:
    """Return the path of a SavedModel without the operations: itself, if it has none of them.

    Args:
        path: Path of the SavedModel.
        endpoints: Dict from signature to the names of its inputs, in order.
        rewrites: Dict from the type of an operation to a function of its inputs.
        to: Path to write to, if need be.
    """
    import tensorflow as tf

    if not rewrites.keys() & operations(path).keys():
        return path  # told by the file's bytes, which is quicker than loading it
    loaded = tf.saved_model.load(path)
    bodies = [loaded.signatures[name].graph.as_graph_def() for name in endpoints]
    nodes = [node for graph in bodies for node in graph.node]
    nodes += [n for graph in bodies for body in graph.library.function for n in body.node_def]
    if not any(_needs(node, rewrites) for node in nodes):
        return path
    signatures = {
        name: _named(loaded.signatures[name], inputs, rewrites)
        for name, inputs in endpoints.items()
    }
    # A gradient of the user's own would hold on to tensors of the graph that was read.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(tf.Module(), to, signatures=signatures, options=options)
    return to


def frozen_signature(
    signature: Any, inputs: Sequence[str], rewrites: Mapping[str, Rewrite]
) -> tuple[Any, list[Any], list[str]]:
    """Return a signature of a loaded SavedModel as `frozen` does a function.

    Args:
        signature: The signature.
        inputs: Names of its inputs, in the order that the function shall take them.
        rewrites: Dict from the type of an operation to a function of its inputs.

    Returns:
        The function, the specs of its inputs and the names of its outputs, in their orders.
    """
    import tensorflow as tf

    arguments = signature.structured_input_signature[1]
    specs = [tf.TensorSpec(arguments[name].shape, arguments[name].dtype, name) for name in inputs]

    def whole(*tensors: Any) -> Any:
        return signature(**{spec.name: each for spec, each in zip(specs, tensors, strict=True)})

    concrete = concrete_function(whole, specs)
    return frozen(concrete, rewrites), specs, sorted(concrete.structured_outputs)


def _named(signature: Any, inputs: Sequence[str], rewrites: Mapping[str, Rewrite]) -> Any:
    """Return a signature, rewritten, as a function of the same names."""
    made, specs, outputs = frozen_signature(signature, inputs, rewrites)

    def call(*tensors: Any) -> Any:
        return dict(zip(outputs, made(*tensors), strict=True))

    return concrete_function(call, specs)


def _needs(node: Any, rewrites: Mapping[str, Rewrite]) -> bool:
    """Whether an operation is to be rewritten; of products of matrices only those of int8."""
    import tensorflow as tf

    return node.op in rewrites and (
        node.op != "BatchMatMulV3" or node.attr["Tout"].type == tf.int32.as_datatype_enum
    )


def _function_of(graph: Any, like: Any) -> Any:
    """Return a graph as a function with the inputs and outputs of another one."""
    import tensorflow as tf

    def load() -> None:
        tf.import_graph_def(graph, name="")

    wrapped = tf.compat.v1.wrap_function(load, [])
    ends = ([tensor.name for tensor in tensors] for tensors in (like.inputs, like.outputs))
    inputs, outputs = ([wrapped.graph.get_tensor_by_name(name) for name in side] for side in ends)
    return wrapped.prune(inputs, outputs)


def _replace(graph: Any, node: Any, function: Rewrite, inputs: Sequence[Any]) -> None:
    """Put a function's operations into a graph in the place of one operation."""
    import tensorflow as tf

    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in inputs]
    body = concrete_function(function, specs).graph
    sources = dict(
        zip((tensor.op.name for tensor in body.inputs), map(str, node.input), strict=False)
    )
    place = str(node.name)

    def moved(name: str) -> str:
        operation, _, index = name.lstrip("^").partition(":")
        if operation in sources:
            return sources[operation]
        mark = "^" if name.startswith("^") else ""
        return f"{mark}{place}/{operation}" + (f":{index}" if index else "")

    for each in body.as_graph_def().node:
        if each.name not in sources:
            copy = graph.node.add()
            copy.CopyFrom(each)
            copy.name = moved(each.name)
            _set_inputs(copy, [moved(name) for name in each.input])
    (end,) = body.outputs
    node.op = "Identity"
    node.attr.clear()
    node.attr["T"].type = end.dtype.as_datatype_enum
    _set_inputs(node, [moved(end.name)])


def _set_inputs(node: Any, names: Sequence[str]) -> None:
    del node.input[:]
    node.input.extend(names)
