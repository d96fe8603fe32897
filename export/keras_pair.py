"""An encoder and a decoder, two Keras models, as the endpoints of one."""

from __future__ import annotations

from typing import Any

from keras_ae.export.endpoints import run_rows
from keras_ae.export.float32_scope import in_float32
from keras_ae.export.keras_model import ReadModel, model_of_layer, read_model
from keras_ae.export.samples import typed
from keras_ae.export.signature import fits

_LATENT = "latent"  # the encoder's output, and the decoder's input


def read_pair(encoder: Any, decoder: Any, x: Any, batch: int | None) -> ReadModel:
    """Return an encoder and a decoder as functions: encode, decode and reconstruct.

    Args:
        encoder: Built Keras model or layer of one input.
        decoder: The same; it takes the first output of the encoder that fits.
        x: Array of examples.
        batch: Integer, the batch size of every file; None for a free one.

    Raises:
        ValueError: They aren't built, have several inputs, or don't fit.
    """
    encoder = model_of_layer("the encoder", encoder, x)
    made = read_model(encoder, x, batch, alone=_LATENT, input_names=["x"])
    with in_float32([encoder]):
        outputs = run_rows(made.functions["call"], typed(made.samples, made.types))
    decoder = model_of_layer("the decoder", decoder, next(iter(outputs.values())))
    for name, each in (("encoder", encoder), ("decoder", decoder)):
        if len(each.inputs or [None, None]) != 1:
            raise ValueError(
                f"`model` must be a pair of built models of one input. Received: {name} "
                f"{each.name!r} with {len(each.inputs or ())} inputs that are known"
            )
    expected = tuple(decoder.inputs[0].shape[1:])
    latents = [name for name, each in outputs.items() if fits(each.shape[1:], expected)]
    if not latents:
        raise ValueError(
            f"`model` must be an encoder and a decoder that fit: the decoder takes {expected}. "
            f"Received: an encoder that returns {[tuple(v.shape[1:]) for v in outputs.values()]}"
        )
    latent = outputs[latents[0]]
    then = read_model(decoder, latent, batch, alone="reconstruction", input_names=[_LATENT])

    def encode(x: Any) -> Any:
        return made.functions["call"](x)

    def decode(latent: Any) -> Any:
        return then.functions["call"](latent)

    def reconstruct(x: Any) -> Any:
        return decode(encode(x)[latents[0]])  # of a mean and a log-variance the mean comes first

    from keras_ae.models._functions import CODE, DATA, described

    models = {"encoder.keras": encoder, "decoder.keras": decoder}
    functions = {
        "encode": described(encode, CODE),
        "decode": described(decode, DATA),
        "reconstruct": described(reconstruct, DATA),
    }
    return ReadModel(
        models,
        functions,
        {**made.tensors, **then.tensors},
        {**made.samples, **then.samples},
        {**made.types, **then.types},
    )
