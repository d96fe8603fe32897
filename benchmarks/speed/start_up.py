"""How long it takes until the first step: the command line, the imports, the compilation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]

# Each prints the seconds that it measured itself, so that the interpreter's start isn't counted.
IMPORTS = """
import json, time
start = time.perf_counter()
import keras
keras.Model, keras.ops.add
middle = time.perf_counter()
import keras_ae
imported = time.perf_counter()
keras_ae.create_model
ready = time.perf_counter()
print(json.dumps([middle - start, imported - middle, ready - middle]))
"""
FIRST_STEP = """
import json, time
import numpy as np
import keras_ae
x = np.random.default_rng(0).random((128, {features}), "float32")
model = keras_ae.create_model("vae", ({features},), latent_dim=20, units=(400,),
    likelihood=keras_ae.layers.BernoulliLikelihood(), seed=0)
model.compile("adam")
times = []
for _ in range(6):
    start = time.perf_counter()
    model.fit(x, batch_size=128, epochs=1, verbose=0)
    times.append(time.perf_counter() - start)
print(json.dumps([times[0], sorted(times[1:])[2]]))
"""


def measure(count: int) -> dict[str, Any]:
    """Return medians of `count` fresh processes each."""
    helps, imports, steps = [], [], []
    for index in range(count + 1):
        started = time.perf_counter()
        run_python(["-m", "keras_ae", "--help"])
        help_seconds = time.perf_counter() - started
        import_seconds = json.loads(run_python(["-c", IMPORTS]))
        step_seconds = json.loads(run_python(["-c", FIRST_STEP.format(features=784)]))
        if index:  # the first warms the disk's cache
            helps.append(help_seconds)
            imports.append(import_seconds)
            steps.append(step_seconds)
    keras_seconds, added, used = (median(each) for each in zip(*imports, strict=True))
    first, later = (median(each) for each in zip(*steps, strict=True))
    rows = {
        "`python -m keras_ae --help`, as `keras-ae --help`": median(helps),
        "`import keras`": keras_seconds,
        "`import keras_ae` after it": added,
        "`import keras_ae` and its first use, after `import keras`": used,
        "first `fit` of one step (compiles), dense VAE, batch 128": first,
        "the same `fit` again": later,
    }
    return {
        "what": f"Seconds, medians of {count} fresh processes.",
        "table": [{"what": what, "seconds": seconds} for what, seconds in rows.items()],
        "each": {"help": helps, "imports": imports, "first_step": steps},
    }


def run_python(arguments: list[str]) -> str:
    """Return what a new Python process with this package prints; TensorFlow is its backend."""
    variables = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", **os.environ}
    path = [str(ROOT), variables.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed: {done.stderr[-400:]}")
    return done.stdout


if __name__ == "__main__":
    print(json.dumps(measure(5), indent=1))
