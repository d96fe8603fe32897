"""An export session in random order: `python -m tests.export.session_program SEED CALLS`.

It writes the process' memory in MB after 20 calls and at the end. Warnings are errors.
"""

import ctypes
import gc
import random
import sys
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np

import keras_ae
from keras_ae.export import export_model, load_artifact, measure_latency, verify

FORMATS = ("saved_model", "tflite", "onnx")
SIZES = (1, 2, 5, 17, 40)  # oneDNN keeps a program for each batch size that it has seen
WARM = 20  # calls after which memory should stay as it is


def memory():
    """Return the megabytes that this process takes, without what it has freed."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096 / 1e6


def main(seed, calls):
    warnings.simplefilter("error")
    # Keras' own Variable has the old signature of __array__; its convert_to_numpy meets it.
    warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword")
    order = random.Random(seed)
    x = np.random.default_rng(seed).random((130, 8, 8, 1)).astype("float32")
    folder = Path(tempfile.mkdtemp())
    model = keras_ae.create_model("vae", (8, 8, 1), latent_dim=2, filters=(4,), seed=0)
    convolution = keras.layers.Conv2D
    grouped = keras.Sequential(
        [keras.Input((8, 8, 1)), convolution(4, 3), convolution(8, 3, groups=4, activation="gelu")]
    )
    quiet = {"verbose": False, "overwrite": True}

    def export(subject, name, **options):
        assert export_model(subject, folder / name, sample_data=x, **options, **quiet).proven

    def run():
        with load_artifact(folder / "vae", format=order.choice(FORMATS)) as artifact:
            rows = order.choice(SIZES)
            artifact.encode(x[:rows])
            artifact.reconstruct(x[:rows])

    def refuse():
        with load_artifact(folder / "vae", format="onnx") as artifact:
            try:
                artifact.encode(x[:3, :2])
            except ValueError:
                return
        raise AssertionError("a wrong shape was accepted")

    rare = [
        lambda: export(model, "vae", formats=FORMATS, endpoints=("encode", "reconstruct")),
        lambda: export(grouped, "grouped", formats=("onnx",)),
        lambda: model.export(folder / "one.onnx", format="onnx", endpoint="encode"),
        lambda: verify(folder / "vae", formats=("onnx",)),
        lambda: measure_latency(folder / "vae", (1,), (1,), 2, formats=("onnx",), verbose=False),
    ]
    for number in range(calls):
        if number < 2 * len(rare):  # each of them twice before memory is looked at
            call = rare[number % len(rare)]
        else:
            call = order.choice(rare if number % 20 == 10 else (run, run, refuse))
        call()
        if number + 1 in (WARM, calls):
            sys.stdout.write(f"{memory()}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
