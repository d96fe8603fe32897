"""What a user gains without knowing: `keras-ae train`, and the example on the front page.

Each runs as it comes, and Keras' own way: a step a call and no XLA, its default on a CPU. Whole
trainings in fresh processes, compilation and all.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from start_up import ROOT, run_python

FRONT_PAGE = ROOT / "README.md"
PLAIN = "steps_per_execution=1, jit_compile=False"
TIMER = """
import json, time
import keras_ae.models
cls = keras_ae.models.VariationalAutoencoder
fit = cls.fit
def timed(self, *args, **options):
    start = time.perf_counter()
    try:
        return fit(self, *args, **{**options, "verbose": 0})
    finally:
        print(json.dumps(time.perf_counter() - start))
cls.fit = timed
"""


def measure(count: int, data: Path, examples: int = 30_000, epochs: int = 5) -> dict[str, Any]:
    """Return medians of the seconds of `count` trainings each, in turns."""
    each: dict[str, list[tuple[float, float]]] = {}
    for batch in (128, 32):
        name = f"`keras-ae train`, dense VAE, {epochs} epochs of {examples:,}, batch {batch}"
        print(f"  {name}", file=sys.stderr)
        arguments = (batch, data.resolve(), examples, epochs)
        pairs = [(_command(False, *arguments), _command(True, *arguments)) for _ in range(count)]
        for index, what in enumerate(("the whole command", "its epochs")):
            each[f"{name}: {what}"] = [(ours[index], plain[index]) for ours, plain in pairs]
    print("  README's example", file=sys.stderr)
    each["README's example, its `fit`"] = [(_example(False), _example(True)) for _ in range(count)]
    table = []
    for name, pairs in each.items():
        ours, plain = (median(column) for column in zip(*pairs, strict=True))
        table.append(
            {"what": name, "s": ours, "s, Keras' way": plain, "times as fast": plain / ours}
        )
    return {
        "what": (
            f"Seconds of whole trainings with their compilation, medians of {count} fresh "
            f"processes in turns; Keras' way is `{PLAIN}`."
        ),
        "table": table,
        "each": each,
    }


def _command(
    plain: bool, batch: int, data: Path, examples: int, epochs: int
) -> tuple[float, float]:
    """Return the seconds of `keras-ae train` in all, and those of its epochs."""
    line = f"train --model vae --units 400 --latent-dim 20 --likelihood bernoulli --data {data}"
    line += f" --batch-size {batch} --max-examples {examples} --epochs {epochs}"
    if plain:
        line += " --no-jit --steps-per-execution 1"
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "run")
        started = time.perf_counter()
        run_python(["-m", "keras_ae", *line.split(), "--output", str(output)])
        whole = time.perf_counter() - started
        return whole, float(json.loads((output / "metrics.json").read_text())["training_seconds"])


def _example(plain: bool) -> float:
    """Run the README's first Python block up to the end of `fit`, timed."""
    block = re.search(r"```python\n(.*?)```", FRONT_PAGE.read_text("utf-8"), re.DOTALL)
    if block is None:
        raise ValueError(f"{FRONT_PAGE.name} must have an example in Python. Received: none")
    before, fit, _ = block[1].partition("model.encode(")
    if not fit or "model.fit(" not in before:
        raise ValueError("the example must fit, and then encode. Received: " + block[1])
    if plain:
        before = before.replace('model.compile("adam")', f'model.compile("adam", {PLAIN})')
        if PLAIN not in before:
            raise ValueError('the example must have the line model.compile("adam")')
    return float(json.loads(run_python(["-c", TIMER + before]).splitlines()[-1]))
