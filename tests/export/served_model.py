"""A small variational autoencoder as a SavedModel with four endpoints, and what Keras says."""

import atexit
import dataclasses
import functools
import pathlib
import shutil
import tempfile

import numpy as np
from keras import ops

import keras_ae
from keras_ae.export.endpoints import make_endpoints
from keras_ae.export.formats.saved_model.write import write_saved_model
from keras_ae.export.serving import write_serving_kit
from keras_ae.export.signature import Signature, TensorInfo

NAME = "mnist_vae"  # and 16 latent dimensions: as docs/deployment.md has it
ENDPOINTS = ["reconstruct", "posterior", "sample_posterior", "decode"]
SHAPES = {"x": (8, 8, 1), "latent": (16,), "epsilon": (16,)}
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@dataclasses.dataclass(frozen=True)
class Served:
    """A bundle's directory, the examples in it, and the outputs that Keras computes of them."""

    directory: pathlib.Path
    signatures: list[Signature]
    written: list[pathlib.Path]
    examples: dict[str, dict[str, np.ndarray]]
    expected: dict[str, dict[str, np.ndarray]]


def endpoint_of(signature_name):
    """Return the endpoint that a signature is."""
    return "reconstruct" if signature_name == "serving_default" else signature_name


@functools.cache
def served_bundle():
    """Write the SavedModel and its serving kit, once a process; return the `Served`."""
    folder = tempfile.mkdtemp(prefix="keras_ae_served_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    directory = pathlib.Path(folder, NAME)
    model = keras_ae.create_model("vae", SHAPES["x"], latent_dim=16, filters=(4, 8), seed=0)
    tensors = {name: TensorInfo(name, (None, *shape), "float32") for name, shape in SHAPES.items()}
    endpoints = make_endpoints(model.functions(), tensors, ENDPOINTS)
    write_saved_model(endpoints, [model], directory / "saved_model" / "1")
    signatures = [endpoint.signature for endpoint in endpoints.values()]

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
    written = write_serving_kit(directory, NAME, signatures, examples)
    return Served(directory, signatures, written, examples, expected)
