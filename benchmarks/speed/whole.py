"""Whole commands in fresh processes: how long until the first step, and what a user gains.

start_up has the command line, the imports and the compilation; in_use `keras-ae train` and
README's example as they come, and Keras' own way: a step a call and no XLA, its default on a CPU.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from team import ROOT, environment

PLAIN = "steps_per_execution=1, jit_compile=False"
KERAS = "import keras; keras.Model, keras.ops.add"
FIT = "model.fit(x, batch_size=128, epochs=1, verbose=0)"
MODEL = """
import numpy as np
import keras_ae
x = np.random.default_rng(0).random((128, 784), "float32")
model = keras_ae.create_model("vae", (784,), latent_dim=20, units=(400,),
    likelihood=keras_ae.layers.BernoulliLikelihood(), seed=0)
model.compile("adam")
"""
# The mark that a script prints before its own seconds; without it the whole process counts.
SECONDS = "seconds of the part that counts: "


def timed(before: str, code: str) -> list[str]:
    """Return the arguments of a Python that times `code` after `before`."""
    end = f"print({SECONDS!r} + str(time.perf_counter() - start))"
    return ["-c", f"import time\n{before}\nstart = time.perf_counter()\n{code}\n{end}"]


def start_up() -> dict[str, tuple[list[str], ...]]:
    """Return what is done before and until the first step."""
    return {
        "`python -m keras_ae --help`, as `keras-ae --help`": (["-m", "keras_ae", "--help"],),
        "`import keras`": (timed("", KERAS),),
        "`import keras_ae` after it": (timed(KERAS, "import keras_ae"),),
        "`import keras_ae` and its first use, after `import keras`": (
            timed(KERAS, "import keras_ae; keras_ae.create_model"),
        ),
        "first `fit` of one step (compiles), dense VAE, batch 128": (timed(MODEL, FIT),),
        "the same `fit` again": (timed(f"{MODEL}{FIT}", FIT),),
    }


def in_use(data: Path) -> dict[str, tuple[list[str], ...]]:
    """Return trainings with their compilation, as they come and Keras' own way."""
    rows = {}
    for batch in (128, 32):
        line = "-m keras_ae train --output run --model vae --units 400 --latent-dim 20 --epochs 5"
        line += f" --likelihood bernoulli --batch-size {batch} --max-examples 30000 --data"
        ours = [*line.split(), str(data.resolve())]
        name = f"`keras-ae train`, dense VAE, 5 epochs of 30,000, batch {batch}: the whole command"
        rows[name] = (ours, [*ours, "--no-jit", "--steps-per-execution", "1"])
    rows["README's example, its `fit`"] = readme_example((ROOT / "README.md").read_text("utf-8"))
    return rows


def readme_example(page: str) -> tuple[list[str], list[str]]:
    """Return a page's first Python block up to the end of `fit`, which alone is timed."""
    block = page.partition("```python\n")[2].partition("```")[0]
    found = re.match(r'(.*compile\("adam")(.*?)(model\.fit\(.*?)model\.encode\(', block, re.DOTALL)
    if found is None:
        raise ValueError('the example must have compile("adam"), model.fit and model.encode')
    before, after, fit = found.groups()
    return timed(before + after, fit), timed(f"{before}, {PLAIN}{after}", fit)


def measure(name: str, rounds: int, data: Path) -> dict[str, Any]:
    """Return medians of the seconds of each row of a part, of fresh processes in turns."""
    if name == "start_up":
        rows, rounds = start_up(), min(rounds, 5)
        what = f"Seconds, medians of {rounds} fresh processes."
    else:
        rows, rounds = in_use(data), min(rounds, 3)
        what = (
            f"Seconds of whole trainings with their compilation, medians of {rounds} fresh "
            f"processes in turns; Keras' way is `{PLAIN}`."
        )
    seconds: dict[str, list[list[float]]] = {row: [] for row in rows}
    for _ in range(rounds):
        for row, ways in rows.items():
            seconds[row].append([run(arguments) for arguments in ways])
    made = []
    for row, turns in seconds.items():
        each = [list(way) for way in zip(*turns, strict=True)]
        names = ("seconds", "plain_seconds")[: len(each)]
        made.append(
            {"what": row, **dict(zip(names, map(median, each), strict=True)), "each": each}
        )
    return {"what": what, "rows": made}


def run(arguments: list[str]) -> float:
    """Return the seconds of a new Python process with this package, or those it has printed."""
    command = [sys.executable, *arguments]
    variables = environment(KERAS_BACKEND="tensorflow")
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True)
        seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[:3])} failed: {done.stderr[-400:]}")
    _, mark, printed = done.stdout.rpartition(SECONDS)
    return float(printed) if mark else seconds
