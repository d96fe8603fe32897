"""The command line as a whole: help, exit codes, one line an error."""

import json
import os
import subprocess
import sys

import keras
import pytest

from keras_ae import cli
from keras_ae.commands import listing
from keras_ae.datasets import list_datasets
from keras_ae.models import list_models

HEAVY = ("keras", "tensorflow", "jax", "matplotlib", "sklearn")


@pytest.mark.parametrize("command", [[], ["demo"], ["train"]])
def test_help_answers_without_the_heavy_packages(command):
    code = (
        "import sys; from keras_ae.cli import main; "
        f"code = main({[*command, '--help']}); "
        f"print([name for name in {HEAVY} if name in sys.modules]); sys.exit(code)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    usage, *_, loaded = result.stdout.splitlines()
    assert usage.startswith(" ".join(["Usage: keras-ae", *command]))
    assert loaded == "[]"


@pytest.mark.parametrize("start", ["module", "script"])
def test_another_backend_is_refused_in_one_line(start, tmp_path):
    script = tmp_path / "keras-ae"  # as pip installs it
    script.write_text("import sys; from keras_ae.cli import main; sys.exit(main())")
    command = {"module": ["-m", "keras_ae"], "script": [str(script)]}[start]
    result = subprocess.run(
        [sys.executable, *command, "list"],
        env={**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "keras-ae: KERAS_BACKEND must be tensorflow or jax for keras_ae. "
        "Received: KERAS_BACKEND=torch\n"
    )


def run(capsys, *arguments):
    code = cli.main(arguments)
    output, errors = capsys.readouterr()
    return code, output, errors


def test_no_arguments_show_the_commands(capsys):
    code, output, errors = run(capsys)
    assert (code, errors) == (0, "")
    use = (
        "evaluate",
        "generate",
        "reconstruct",
        "denoise",
        "export",
        "verify",
        "latency",
        "report",
    )
    for command in ("demo", "list", "train", *use):
        assert f"\n  {command} " in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "No such command 'trian'"),
        (["train", "--epoch", "3"], "No such option: --epoch"),
        (["train", "--epochs", "few"], "'--epochs'"),
        (["demo", "--epochs=1.5"], "'--epochs'"),
        (["generate"], "Missing argument 'model'"),
        (["generate", "m.keras", "--n", "0"], "'--n'"),
        (["train", "--epochs"], "'--epochs' requires an argument"),
        (["list", "models"], "unexpected extra argument"),
    ],
)
def test_a_bad_argument_is_one_line_and_exit_code_2(capsys, arguments, message):
    code, output, errors = run(capsys, *arguments)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("keras-ae: ")
    assert message in errors


def test_the_value_received_is_told(capsys):
    assert "Received: 'few'" in run(capsys, "train", "--epochs", "few")[2]
    assert "Received: '1.5'" in run(capsys, "demo", "--epochs=1.5")[2]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (OSError(28, "No space left on device", "m.keras"), 1, "m.keras: No space left on device"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (KeyError("oops"), 1, "KeyError: 'oops' (set KERAS_AE_TRACEBACK=1 to see where)"),
        (RuntimeError("two\n  lines"), 1, "RuntimeError: two lines (set KERAS_AE_TRACEBACK=1 to"),
        (KeyboardInterrupt(), 130, "Interrupted"),
    ],
)
def test_a_failure_is_one_line_and_its_exit_code(capsys, monkeypatch, error, code, line):
    def fail():
        raise error

    monkeypatch.setattr(listing, "start", fail)
    received, output, errors = run(capsys, "list")
    assert (received, output, errors.count("\n")) == (code, "", 1)
    assert errors.startswith(f"keras-ae: {line}")


def test_a_traceback_can_be_asked_for(capsys, monkeypatch):
    monkeypatch.setattr(listing, "start", lambda: 1 / 0)
    monkeypatch.setenv("KERAS_AE_TRACEBACK", "1")
    assert "in list_all" in run(capsys, "list")[2]


def test_list_shows_models_and_data(capsys):
    code, output, errors = run(capsys, "list")
    assert (code, errors) == (0, "")
    for name in (*list_models(), *list_datasets()):
        assert f"\n  {name} " in output
    assert max(map(len, output.splitlines())) <= 96


def test_list_for_machines(capsys):
    _, output, _ = run(capsys, "list", "--json")
    assert json.loads(output) == {"models": list_models(), "data": list_datasets()}


@pytest.mark.slow
def test_an_error_after_keras_is_loaded_is_one_line_in_a_process_of_its_own():
    command = [sys.executable, "-m", "keras_ae", "train", "--data", "no-such-data"]
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("keras-ae: no-such-data: expected one of digits-subset, digi")
    assert result.stderr.count("\n") == 1
