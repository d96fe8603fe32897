"""Run a program and return what it prints."""

import os
import subprocess
import sys

from tests.environments import ROOT

LIMIT_SECONDS = 600


def run(command, **environment):
    """Return the program's stdout; RuntimeError with its stderr if it fails."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=environment.pop("cwd", None),
        env={**os.environ, **environment},
        timeout=LIMIT_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def python(*arguments, **environment):
    """Run Python on `arguments` from the project's root, on TensorFlow; return its stdout."""
    command = [sys.executable, *map(str, arguments)]
    return run(command, cwd=ROOT, KERAS_BACKEND="tensorflow", **environment)
