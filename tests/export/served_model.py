"""A small variational autoencoder as a SavedModel with four endpoints, and what Keras says."""

import atexit
import dataclasses
import functools
import pathlib
import shutil
import tempfile

import keras
import numpy as np
import tensorflow as tf
from keras import ops

import keras_ae
from keras_ae.export.serving import write_serving_kit
from keras_ae.export.signature import Signature, TensorInfo

NAME = "mnist_vae"  # and 16 latent dimensions: as docs/deployment.md has it
IMAGE = TensorInfo("x", (None, 8, 8, 1), "float32")
RECONSTRUCTION = dataclasses.replace(IMAGE, name="reconstruction")
LATENT, MEAN, SCALE, EPSILON = (
    TensorInfo(name, (None, 16), "float32") for name in ("latent", "mean", "scale", "epsilon")
)
SIGNATURES = [
    Signature("reconstruct", (IMAGE,), (RECONSTRUCTION,)),
    Signature("posterior", (IMAGE,), (MEAN, SCALE)),
    Signature("sample_posterior", (IMAGE, EPSILON), (LATENT,)),
    Signature("decode", (LATENT,), (RECONSTRUCTION,)),
]
ENDPOINTS = [signature.name for signature in SIGNATURES]
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@dataclasses.dataclass(frozen=True)
class Served:
    """A bundle's directory, the examples in it, and the outputs that Keras computes of them."""

    directory: pathlib.Path
    written: list[pathlib.Path]
    examples: dict[str, dict[str, np.ndarray]]
    expected: dict[str, dict[str, np.ndarray]]


def endpoint_of(signature_name):
    """Return the endpoint that a signature is."""
    return "reconstruct" if signature_name == "serving_default" else signature_name


def functions(model):
    """Return each endpoint as a function of tensors, without sampling layers."""

    def posterior(x):
        mean, scale = model.bottleneck.head(model.encoder(x))
        return {"mean": mean, "scale": scale}

    def sample_posterior(x, epsilon):
        parameters = posterior(x)
        return {"latent": parameters["mean"] + parameters["scale"] * epsilon}

    def decode(latent):
        return {"reconstruction": model.likelihood.mean(model.decoder(latent))}

    def reconstruct(x):
        return decode(posterior(x)["mean"])

    endpoints = (reconstruct, posterior, sample_posterior, decode)
    return {function.__name__: function for function in endpoints}


def checked(function, specs):
    """Return the function of tensors whose shapes the graph itself checks."""

    @functools.wraps(function)
    def entry(*tensors):
        pairs = zip(tensors, specs, strict=True)
        return function(*(tf.ensure_shape(tensor, spec.shape) for tensor, spec in pairs))

    return entry


@functools.cache
def served_bundle():
    """Write the SavedModel and its serving kit, once a process; return the `Served`."""
    folder = tempfile.mkdtemp(prefix="keras_ae_served_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    directory = pathlib.Path(folder, NAME)
    model = keras_ae.create_model("vae", (8, 8, 1), latent_dim=16, filters=(4, 8), seed=0)
    archive = keras.export.ExportArchive()
    archive.track(model)
    graphs = functions(model)
    for name, signature in [("serving_default", SIGNATURES[0])] + [
        (signature.name, signature) for signature in SIGNATURES
    ]:
        specs = [tf.TensorSpec(i.shape, i.dtype, name=i.name) for i in signature.inputs]
        entry = checked(graphs[signature.name], specs)
        archive.add_endpoint(name, entry, input_signature=specs)
    archive.write_out(str(directory / "saved_model" / "1"), verbose=False)

    random = np.random.default_rng(0)
    x = random.uniform(size=(5, 8, 8, 1)).astype("float32")
    noise = random.normal(size=(5, 16)).astype("float32")
    examples = {
        "reconstruct": {"x": x},
        "posterior": {"x": x},
        "sample_posterior": {"x": x, "epsilon": noise},
        "decode": {"latent": noise},
    }
    posterior = model.posterior(x)
    mean, scale = (ops.convert_to_numpy(tensor) for tensor in (posterior.mean, posterior.scale))
    expected = {
        "reconstruct": {"reconstruction": model.reconstruct(x)},
        "posterior": {"mean": mean, "scale": scale},
        "sample_posterior": {"latent": mean + scale * noise},
        "decode": {"reconstruction": model.decode(noise)},
    }
    written = write_serving_kit(directory, NAME, SIGNATURES, examples)
    return Served(directory, written, examples, expected)
