"""Training in bfloat16 beside float32 on a CPU: seconds an epoch, and the bound in nats.

`create_model("vae", ..., dtype="mixed_bfloat16")`, the convolutional VAE 32-64 at batch 128, and
the same in float32, from several seeds. Epochs take turns in one process, one for each backend;
the first of each model compiles and isn't counted. The bound is that of 2,000 test images after
the last epoch, computed in the model's own precision, and of the same weights in float32.

    python benchmarks/precision.py --data mnist.npz --output benchmarks/results/precision.json
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _runs import load_mnist, parser, report

BATCH = 128
TESTED = 2000
# Images an epoch, epochs, seeds. In a loop on a CPU, JAX's convolutions take 30 times as long.
SIZES = {"tensorflow": (10_000, 6, 3), "jax": (512, 3, 1)}
DTYPES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
UNITS = ("avx512_bf16", "amx_bf16")  # Intel's and AMD's instructions for it


def main() -> None:
    """Measure each backend in a process of its own and report; or be one of those."""
    options = parser(__doc__ or "")
    options.add_argument("--backends", nargs="+", choices=SIZES, default=list(SIZES))
    options.add_argument("--one", choices=SIZES, help="measure this one here, and print JSON")
    arguments = options.parse_args()
    started = time.time()
    if arguments.one:
        print(json.dumps(one(arguments.data, *SIZES[arguments.one])))
        return
    rows = []
    for backend in arguments.backends:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", backend]
        variables = os.environ | {"KERAS_BACKEND": backend}
        done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True)
        made = json.loads(done.stdout.splitlines()[-1])
        rows += [{"backend": backend, **row} for row in made]
        print(made, flush=True)
    what, (processor, units) = (__doc__ or "").splitlines()[0], cpu()
    result = {"what": what, "processor": processor, "units": units, "rows": rows}
    report(result, load_mnist(arguments.data), started, arguments.output)


def one(data: str, examples: int, epochs: int, seeds: int) -> list[dict[str, Any]]:
    """Return a row for each precision, trained in turns."""
    loaded = load_mnist(data)
    x, x_test = loaded.x_train[:examples], loaded.x_test[:TESTED]
    seconds: dict[str, list[list[float]]] = {name: [] for name in DTYPES}
    bounds: dict[str, list[float]] = {name: [] for name in DTYPES}
    in_float32: dict[str, list[float]] = {name: [] for name in DTYPES}
    for seed in range(seeds):
        models = {name: make(dtype, seed) for name, dtype in DTYPES.items()}
        for each in seconds.values():
            each.append([])
        for epoch in range(epochs):
            for name in (list(models), list(reversed(models)))[epoch % 2]:
                start = time.perf_counter()
                models[name].fit(x, batch_size=BATCH, epochs=1, verbose=0)
                seconds[name][-1].append(round(time.perf_counter() - start, 3))
        for name, model in models.items():
            bounds[name].append(bound(model, x_test))
            models["float32"].set_weights(model.get_weights())  # its own first
            in_float32[name].append(bound(models["float32"], x_test))
    medians = {
        name: round(statistics.median(second for run in each for second in run[1:]), 3)
        for name, each in seconds.items()
    }
    return [
        {
            "precision": name,
            "examples": examples,
            "epochs": epochs,
            "seconds_an_epoch": medians[name],
            "times_as_fast": round(medians["float32"] / medians[name], 3),
            "each": seconds[name],
            "test_bound_nats": bounds[name],
            "in_float32_nats": in_float32[name],
        }
        for name in DTYPES
    ]


def bound(model: Any, x: Any) -> float:
    """Return the mean negative evidence bound in nats; each call draws the same noise."""
    logs = model.evaluate(x, batch_size=BATCH, verbose=0, return_dict=True)
    return round(logs["loss"], 3)


def make(dtype: str, seed: int) -> Any:
    """Return the compiled model. The way it is carried out is fixed: epochs are short here."""
    import keras

    import keras_ae

    keras.utils.set_random_seed(seed)
    model = keras_ae.create_model(
        "vae",
        (28, 28, 1),
        latent_dim=16,
        filters=(32, 64),
        likelihood=keras_ae.layers.BernoulliLikelihood(),
        seed=seed,
        dtype=dtype,
    )
    # What "auto" says of a long training of a model that convolves.
    jit = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=8, jit_compile=jit)
    return model


def cpu() -> tuple[str, list[str]]:
    """Return this CPU's name and its instructions for bfloat16; neither where Linux isn't."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return "", []
    lines = dict(line.split(":", 1) for line in text.partition("\n\n")[0].splitlines())
    fields = {name.strip(): value.strip() for name, value in lines.items()}
    flags = fields.get("flags", "").split()
    return fields.get("model name", ""), [name for name in UNITS if name in flags]


if __name__ == "__main__":
    main()
