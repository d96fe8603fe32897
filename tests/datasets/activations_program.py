"""Write activations of 1024 channels: `all`, and print the memory in MB; or `slowly`."""

import sys
import time
from pathlib import Path

import keras
import numpy as np

from keras_ae.datasets import activations


def resident():
    """Return the largest memory so far in MB, mapped pages included."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def batches(path):
    rows = np.load(path)
    for start in range(0, len(rows), 10):
        if start == 20:
            print("writing", flush=True)  # noqa: T201 - what the test waits for
        time.sleep(0.05)
        yield (rows[start : start + 10],)


kind, source, output = sys.argv[1:]
model = keras.Sequential([keras.Input((512,)), keras.layers.Dense(1024, name="wide")])
if kind == "slowly":
    activations(model, "wide", batches(source), output, verbose=False)
else:
    activations(model, "wide", np.zeros((2048, 512), "float32"), output, verbose=False)
    before = resident()
    activations(model, "wide", source, output, verbose=False)
    print(before, resident())  # noqa: T201 - what the test reads
