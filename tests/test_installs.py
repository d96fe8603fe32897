"""An installation of one extra, made by pip in a new environment, does what it is for."""

import os
import subprocess
import sys

import numpy as np
import pytest

from keras_ae.export.staging import read_arrays
from tests.environments import REFERENCE, ROOT

pytestmark = pytest.mark.slow  # pip downloads and installs


def run(*command, cwd):
    """Return the stdout of a command that sees nothing of this environment."""
    hidden = ("KERAS", "PYTHON", "PYTEST", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=kept, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The folder of an environment with `keras-ae[runtime]`, as committed, and nothing else."""
    folder = tmp_path_factory.mktemp("runtime")
    run("git", "clone", "--quiet", ROOT, "source", cwd=folder)
    # This Python's pip installs there: another one, and bytecode of all, takes as long again.
    run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=folder)
    pip(folder, "install", "--quiet", "--no-compile", "./source[runtime]")
    return folder


def pip(folder, *arguments):
    """Return the stdout of a pip command about the new environment."""
    python = folder / "venv" / "bin" / "python"
    return run(sys.executable, "-m", "pip", "--python", python, *arguments, cwd=folder)


def test_the_runtimes_extra_brings_no_framework(environment):
    listed = pip(environment, "freeze")
    packages = {line.split("==")[0].split(" ")[0].lower() for line in listed.splitlines()}
    assert {"keras-ae", "numpy", "onnxruntime", "ai-edge-litert"} <= packages
    assert not packages & {"keras", "tensorflow", "jax", "scipy", "scikit-learn", "matplotlib"}


@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_it_loads_and_proves_what_another_machine_exported(kind, environment):
    code = f"""
import numpy as np
from keras_ae.export import load_artifact, verify

golden = np.load("x.npy")
with load_artifact({str(REFERENCE)!r}, format={kind!r}) as artifact:
    np.save("latent.npy", artifact.encode(golden))
print(verify({str(REFERENCE)!r}, formats=({kind!r},)).proven)
"""
    golden = read_arrays(REFERENCE / "golden.npz")["sample"]
    np.save(environment / "x.npy", golden["inputs"]["x"])
    said = run(environment / "venv/bin/python", "-c", code, cwd=environment)
    assert said == "True\n"
    latent = np.load(environment / "latent.npy")
    np.testing.assert_allclose(latent, golden["outputs"]["encode"]["latent"], 1e-4, 1e-5)


def test_its_command_line_proves_a_bundle(environment):
    command = environment / "venv/bin/keras-ae"
    said = run(command, "verify", REFERENCE, "--formats", "tflite,onnx", cwd=environment)
    assert "proven" in said
    assert "failed" not in said
