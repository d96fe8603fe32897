"""One endpoint, as a bundle's README shows how to run it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from keras_ae.export.signature import Signature, TensorInfo

_TAKEN = frozenset({"artifact", "golden", "load_artifact", "numpy", "outputs"})


@dataclass(frozen=True)
class Snippet:
    """The parts of the lines that run an endpoint.

    Args:
        model: String, the model's name in a server's addresses.
        signature: `Signature` of the endpoint.
        files: Tuple of its files of one format, in every precision.
        precisions: Tuple of the precisions.
        reserved: The names that the lines around use, beside those of every snippet.

    Example:
        >>> x, latent = (TensorInfo(name, (None, 2), "float32") for name in ("x", "latent"))
        >>> snippet = Snippet("digits", Signature("encode", (x,), (latent,)))
        >>> print(snippet.load_inputs)
        with numpy.load("golden.npz") as golden:
            x = golden["sample/inputs/x"]
    """

    model: str
    signature: Signature
    files: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    reserved: Collection[str] = ()

    @property
    def load_inputs(self) -> str:
        """The lines that take the endpoint's inputs from the golden vectors."""
        tensors = self.signature.inputs
        loads = ", ".join(f'golden["sample/inputs/{tensor.name}"]' for tensor in tensors)
        variables = ", ".join(map(self.variable, tensors))
        return f'with numpy.load("golden.npz") as golden:\n    {variables} = {loads}'

    @property
    def inputs(self) -> dict[str, str]:
        """The variable of each input, by its name."""
        return {each.name: self.variable(each) for each in self.signature.inputs}

    @property
    def outputs(self) -> dict[str, str]:
        """The variable of each output, by its name."""
        return {each.name: self.variable(each) for each in self.signature.outputs}

    @property
    def listed_files(self) -> str:
        """The files between commas, as a tuple is written."""
        return ", ".join(f'"{file}"' for file in self.files) + ","

    def unpack(self, value: str = 'outputs["{}"]') -> str:
        """Return the line that gives each output its variable."""
        values = ", ".join(value.format(name) for name in self.outputs)
        return f"{', '.join(self.outputs.values())} = {values}"

    def variable(self, tensor: TensorInfo) -> str:
        """Return what a tensor is called: its name, where that is free."""
        taken = tensor.name in _TAKEN or tensor.name in self.reserved
        return f"{tensor.name}_array" if taken else tensor.name
