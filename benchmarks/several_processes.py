"""Training by several processes beside one: examples a second, by size of the batch.

Each way is a process, or two, that trains a dense VAE of 784 features by `fit`: an epoch to
compile, then the epochs that count. The ways take turns, several rounds. Under a distribution, the
same steps are carried out too by calls of their own, and all of an epoch in one call: what would
be gained if `fit` did so. All share the cores of this machine.

    KERAS_BACKEND=jax python benchmarks/several_processes.py \
        --output benchmarks/results/several_processes.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FEATURES, UNITS, LATENT_DIM = 784, (400, 200), 16
EPOCHS = 3  # that count
WAYS = {
    "one process": {"processes": 1},
    "one process, single steps": {"processes": 1, "steps_per_execution": 1},
    "two processes": {"processes": 2},
}


def main() -> None:
    """Measure and report, or be one of the processes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=16_384)
    options.add_argument("--batch-sizes", default="256,2048,8192")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--output", type=Path, help="write the result to this JSON file")
    options.add_argument("--work", help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.work:
        work(json.loads(arguments.work))
        return
    sizes = [int(size) for size in arguments.batch_sizes.split(",")]
    rounds: list[dict[str, dict[str, float]]] = []
    for number in range(arguments.rounds):
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
        rounds.append({way: measure(way, sizes, arguments.rows) for way in WAYS})
    result = {
        "what": (__doc__ or "").splitlines()[0],
        "rows": arguments.rows,
        "epochs": EPOCHS,
        "rounds": rounds,
        "examples_per_second": {
            way: {
                name: round(statistics.median(each[way][name] for each in rounds))
                for name in rounds[0][way]
            }
            for way in WAYS
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "python": platform.python_version(),
    }
    print(json.dumps(result, indent=1))
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def table(result: dict[str, Any]) -> str:
    """Return the table of docs/scale.md."""
    rates = result["examples_per_second"]
    sizes = [name.removeprefix("fit, batch ") for name in rates["one process"]]
    rows = [(way, way, "fit") for way in WAYS]
    rows += [
        (f"two processes, Keras' step alone, {how}", "two processes", how)
        for how in ("a call a step", "a call an epoch")
    ]
    heads = " | ".join(f"batch {int(size):,}" for size in sizes)
    lines = [f"| examples a second | {heads} |", "|---|" + "--:|" * len(sizes)]
    for title, way, how in rows:
        numbers = " | ".join(f"{rates[way][f'{how}, batch {size}']:,}" for size in sizes)
        lines.append(f"| {title} | {numbers} |")
    return "\n".join(lines) + "\n"


def added_ms(result: dict[str, Any], size: int) -> float:
    """Return by how many ms a step of two processes is longer than half of one process' step."""
    rates = result["examples_per_second"]
    alone, together = (
        rates[way][f"fit, batch {size}"] for way in ("one process", "two processes")
    )
    return 1000 * size * (1 / together - 1 / alone / 2)


def measure(way: str, sizes: list[int], rows: int) -> dict[str, float]:
    """Return examples a second, by size of the batch and what carried the steps out."""
    settings = WAYS[way]
    with socket.socket() as found:
        found.bind(("localhost", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "result.json")
        told = {"sizes": sizes, "rows": rows, "file": str(file), **settings}
        command = [sys.executable, __file__, "--work", json.dumps(told)]
        environment = {
            **os.environ,
            "KERAS_BACKEND": "jax",
            "KERAS_DISTRIBUTION_NUM_PROCESSES": str(settings["processes"]),
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"localhost:{port}",
        }
        started = [
            subprocess.Popen(
                command, env={**environment, "KERAS_DISTRIBUTION_PROCESS_ID": str(place)}
            )
            for place in range(settings["processes"])
        ]
        if any(process.wait() for process in started):
            raise SystemExit(f"{way}: a process failed")
        found_rates: dict[str, float] = json.loads(file.read_text())
    return found_rates


def work(settings: dict[str, Any]) -> None:
    """Train, as one of the processes; the first one writes what it measured."""
    import numpy as np

    from keras_ae.distributed import start

    processes = start()
    x = np.random.default_rng(0).random((settings["rows"], FEATURES)).astype("float32")
    rates = {}
    for size in settings["sizes"]:
        model = make_model(settings.get("steps_per_execution"))
        rates[f"fit, batch {size}"] = rate(
            lambda epochs, model=model, size=size: model.fit(
                x, batch_size=size, epochs=epochs, verbose=0
            ),
            len(x),
        )
        if processes.devices > 1:
            rates |= direct(x, size)
    if processes.index == 0:
        Path(settings["file"]).write_text(json.dumps(rates))


def make_model(steps_per_execution: int | None = None) -> Any:
    """Return a compiled model."""
    import keras_ae

    model = keras_ae.create_model("vae", (FEATURES,), latent_dim=LATENT_DIM, units=UNITS, seed=0)
    chosen = {} if steps_per_execution is None else {"steps_per_execution": steps_per_execution}
    model.compile("adam", **chosen)
    return model


def rate(train: Any, rows: int) -> float:
    """Return examples a second of `train(epochs)`, after an epoch that compiles."""
    train(1)
    began = time.perf_counter()
    train(EPOCHS)
    return rows * EPOCHS / (time.perf_counter() - began)


def direct(x: Any, size: int) -> dict[str, float]:
    """Return the rates of Keras' training step itself: a call a step, and one for an epoch."""
    import jax
    import keras
    import numpy as np

    model = make_model(1)
    model._symbolic_build(data_batch=(x[:size], x[:size], np.ones(size, "float32")))
    state = model._get_jax_state(
        trainable_variables=True,
        non_trainable_variables=True,
        optimizer_variables=True,
        metrics_variables=True,
    )
    mesh = keras.distribution.distribution().device_mesh.backend_mesh
    spec = jax.sharding.PartitionSpec
    steps = len(x) // size
    count, place = jax.process_count(), jax.process_index()
    batches = x[: steps * size].reshape(steps, size, -1)[:, place::count]
    layout = jax.sharding.NamedSharding(mesh, spec(None, "batch"))
    data = jax.make_array_from_process_local_data(layout, batches)
    ones = np.ones(batches.shape[:2], "float32")
    weights = jax.make_array_from_process_local_data(layout, ones)

    def one(state: Any, x: Any, weights: Any) -> Any:
        logs, after = model.train_step(state, (x, x, weights))
        return logs["loss"], after

    def all_steps(state: Any, data: Any, weights: Any) -> Any:
        def body(index: Any, carry: Any) -> Any:
            return one(carry[1], data[index], weights[index])

        return jax.lax.fori_loop(0, steps, body, one(state, data[0], weights[0]))

    single = jax.jit(one)
    fused = jax.jit(all_steps)
    parts = [(data[index], weights[index]) for index in range(steps)]

    def train_singly(epochs: int) -> None:
        after = state
        for _ in range(epochs):
            for part in parts:
                loss, after = single(after, *part)
                # More devices than threads would wait for each other, several steps at a time.
                jax.block_until_ready(loss)

    def train_fused(epochs: int) -> None:
        after = state
        for _ in range(epochs):
            loss, after = fused(after, data, weights)
            jax.block_until_ready(loss)

    return {
        f"a call a step, batch {size}": rate(train_singly, steps * size),
        f"a call an epoch, batch {size}": rate(train_fused, (steps + 1) * size),
    }


if __name__ == "__main__":
    main()
