"""Start fresh processes that use the trained models' files, and collect what they say."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import keras

from tests.contract.descriptors import RECIPES
from tests.contract.rows import of_each_kind, runnable
from tests.environments import PYTHONPATH, QUICKLY_COMPILED

SCRIPT = pathlib.Path(__file__).with_name("fresh_process.py")
HERE = keras.backend.backend()
OTHER = {"tensorflow": "jax", "jax": "tensorflow"}[HERE]
HUNG_SECONDS = 1200  # on a busy machine all recipes of another backend have taken 220
# The packages that a machine with JAX alone doesn't have.
TENSORFLOW = ("tensorflow", "tensorflow_probability", "tf_keras", "tensorboard")


@dataclasses.dataclass(frozen=True)
class Kind:
    """A fresh process: its backend, its imports in order, what it does beyond predict.

    A process with "fit" among its uses trains the recipes of which no other is alike.
    """

    backend: str
    imports: str
    uses: tuple[str, ...]

    @property
    def rows(self):
        """The recipes that both this process and the tests' one can run."""
        return [row for row in runnable(RECIPES) if self.backend in row.backends]


KINDS = {
    "keras_first": Kind(HERE, "keras,keras_ae", uses=("evaluate",)),
    "keras_ae_first": Kind(HERE, "keras_ae,keras", uses=("fit",) if HERE == "jax" else ()),
    "other_backend": Kind(OTHER, "keras_ae,keras", uses=("fit",)),
}


def start(kind, rows, folder):
    """Start a process of a kind with the models of rows; JAX has no TensorFlow beside it there."""
    names = ",".join(row.id for row in rows)
    command = [sys.executable, "-W", "ignore", str(SCRIPT), str(folder)]
    command += ["--imports", kind.imports, "--models", names, "--uses", ",".join(kind.uses)]
    command += ["--alike", ",".join(row.id for row in rows if row.alike)]
    environment = {**os.environ, "KERAS_BACKEND": kind.backend, "PYTHONPATH": PYTHONPATH}
    if kind.backend == "jax":
        command += ["--absent", ",".join(TENSORFLOW)]
        environment["XLA_FLAGS"] = QUICKLY_COMPILED
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


# Whose files fresh processes load: from JAX's side one of each kind, as a fresh process with JAX
# loads every recipe's file from TensorFlow too (test_backends.py).
IN_PROCESSES = of_each_kind(RECIPES) if HERE == "jax" else RECIPES


class Processes:
    """The fresh processes that use the trained models; each starts when asked.

    They use the models of the rows that tests ask for; None among the rows asks for all that a
    process of their kind uses.
    """

    def __init__(self, trainings, asked):
        self._trainings = trainings
        self._asked = IN_PROCESSES if None in asked else asked
        self._running = {}
        self._said = {}

    def said(self, name):
        """Return what the process of this name printed."""
        if name not in self._said:
            rows = [row for row in KINDS[name].rows if row in self._asked]
            for row in rows:
                self._trainings[row]  # trained and saved, if it wasn't
            self._running[name] = start(KINDS[name], rows, self._trainings.folder)
            output, errors = self._running[name].communicate(timeout=HUNG_SECONDS)
            assert self._running[name].returncode == 0, errors
            self._said[name] = json.loads(output.splitlines()[-1])
        return self._said[name]

    def report(self, name, row):
        """Return what the process of this name said of a model."""
        return self.said(name)["reports"][row.id]

    def stop(self):
        """End the processes that nobody waited for."""
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
            process.communicate()
