"""The run for a GPU: its budget, its arithmetic, and one small run on the CPU."""

import argparse
import json
import subprocess
import sys

import gpu
import gpu_parts
import pytest

from benchmarks.reproduce import burda_mnist
from tests.environments import ROOT

SPEED = ROOT / "benchmarks" / "speed"
CELLS = [
    {"workload": "dense_vae", "batch": batch, "examples": 1, "precision": "float32"}
    for batch in (1, 2, 3)
]


@pytest.fixture
def now(monkeypatch):
    """Give a list of the present time alone, and have the parts read it."""
    time = [1000.0]
    monkeypatch.setattr(gpu_parts.time, "monotonic", lambda: time[0])
    return time


def options(tmp_path, **others):
    some = {"data": tmp_path / "x.npz", "output": tmp_path / "gpu.json", "peers_folder": None}
    return argparse.Namespace(rounds=1, small=True, **some, **others)


def test_parts_share_the_budget():
    assert gpu.ends(["iwae", "training"], 90.0) == {"training": 70.0, "iwae": 90.0}
    whole = gpu.ends(list(gpu.PARTS), gpu.BUDGET)
    assert list(whole) == list(gpu.PARTS)
    assert whole["iwae"] == gpu.BUDGET <= 480


def test_a_cell_that_has_no_time_is_said(tmp_path, now, monkeypatch):
    def measure(study, names, rounds, shared, peers, limit, time_left, together):
        now[0] += 40
        rows = [{**cell, "name": "ours_jax"} for cell in study.grid]
        return {"what": "w", "rows": rows, "absent": [], "versions": {"ours_jax": {}}}

    monkeypatch.setattr(gpu_parts.studies, "measure", measure)
    study = gpu_parts.studies.Study("train", CELLS, {"ours_jax": "ours_jax"}, "", {})
    clock = gpu_parts.Clock(100.0, now[0], end=100.0)
    states = [
        (len(part["rows"]), len(part["absent"]))
        for part in gpu_parts.measured(study, lambda row: {"more": 1}, options(tmp_path), clock)
    ]
    assert states == [(1, 0), (2, 0), (2, 1)]
    (part,) = [*gpu_parts.measured(study, lambda row: {"more": 1}, options(tmp_path), clock)][-1:]
    assert part["rows"] == [{**CELLS[0], "name": "ours_jax", "more": 1}]
    assert [each["batch"] for each in part["absent"]] == [2, 3]
    assert part["absent"][0]["reason"] == "not begun: 0 s left, a cell takes 40 s"


def test_the_run_that_time_ends_keeps_its_checkpoint(tmp_path, now, monkeypatch):
    def run(command, timeout, **how):
        asked = burda_mnist._arguments(command[3:])
        assert (asked.objective, asked.k, asked.quick) == ("iwae", 5, True)
        assert asked.output.parent == asked.checkpoint == tmp_path / "gpu_iwae_k5"
        now[0] += timeout
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(gpu_parts.subprocess, "run", run)
    clock = gpu_parts.Clock(100.0, now[0], end=100.0)
    (nothing,) = gpu_parts.iwae(options(tmp_path), clock)
    assert nothing["rows"] == []
    reason = "ended when its time was up, after 0 of 3,280 epochs"
    assert nothing["absent"] == [{"name": "all", "reason": reason}]
    folder = tmp_path / "gpu_iwae_k5"
    known = {"epoch": 13, "minutes": 1.0, "model": "epoch_00013.keras", "settings": {"k": 5}}
    state = {**known, "curve": [{"epoch": 4, "nll": 99.0}, {"epoch": 13, "nll": 95.5}]}
    (folder / "state.json").write_text(json.dumps(state))
    (part,) = gpu_parts.iwae(options(tmp_path), clock)
    assert part["rows"][-1] == {"epoch": 13, "nll": 95.5}
    assert part["checkpoint"] == {"folder": folder.name, **known}
    assert "after 13 of 3,280 epochs" in part["absent"][0]["reason"]


def test_shares_are_of_the_card_s_peak():
    row = {"device": "NVIDIA H200", "ratio": 2.0}
    bfloat16 = gpu_parts.shares(row, "bfloat16", 989.5e11)
    assert (bfloat16["share_of_peak"], bfloat16["peak_of"]) == (pytest.approx(0.1), "bfloat16")
    float32 = gpu_parts.shares(row, "float32", 494.5e11)
    assert (float32["share_of_peak"], float32["peak_of"]) == (pytest.approx(0.1), "tf32")
    unknown = gpu_parts.shares({"device": "cpu"}, "float32", 5e12)
    assert (unknown["tflops"], unknown["share_of_peak"], unknown["ratio"]) == (5.0, None, None)


def test_goals_are_judged_by_what_was_measured():
    assert [each["reached"] for each in gpu.goals({})] == [None] * 3
    cell = {"workload": "dense_vae", "precision": "float32", "name": "stock_jax"}
    rows = [{**cell, "batch": 128, "ratio": 12.0}, {**cell, "batch": 1024, "ratio": 0.9}]
    scored = [{"name": "ours_jax", "ratio": 0.025}, {"name": "pythae", "ratio": 1.0}]
    parts = {"training": {"rows": rows}, "log_likelihood": {"rows": scored}}
    found = [(each["found"], each["reached"]) for each in gpu.goals(parts)]
    assert found == [(12.0, True), (0.9, False), (40.0, False)]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (["--budget", "0"], "--budget must be a number of seconds > 0. Received: 0"),
        (["--rounds", "0"], "--rounds must be at least 1. Received: 0"),
        (["--data", "none.npz"], "--data must be an .npz file. Received: none.npz"),
    ],
)
def test_a_bad_argument_is_refused(digits, monkeypatch, capsys, bad, says):
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--data", str(digits), *bad])
    with pytest.raises(SystemExit):
        gpu.main()
    assert says in capsys.readouterr().err


def test_all_parts_are_written_one_after_the_other(tmp_path, digits, now, monkeypatch):
    seen = []

    def measure(study, names, *_, **options):
        (cell,) = study.grid
        now[0] += 1
        seen.append(set(written()["parts"]) if output.exists() else set())
        figures = {"device": "NVIDIA H200", "device_mib": 9.0, "work": 8, "seconds": 2.0}
        rows = [{**cell, **figures, "name": name, "ratio": 3.0, "loss": 1.0} for name in names]
        absent = [{**cell, "name": "torch", "reason": "no torch"}]
        return {"what": "w", "rows": rows[:2], "absent": absent, "versions": {}}

    def written():
        return json.loads(output.read_text("utf-8"))

    output = tmp_path / "gpu.json"
    monkeypatch.setattr(gpu_parts.studies, "measure", measure)
    monkeypatch.setattr(
        gpu_parts.subprocess, "run", lambda *_, **how: argparse.Namespace(returncode=0)
    )
    monkeypatch.setattr(gpu, "machine", lambda peak: {"gpu": "NVIDIA H200"})
    command = ["gpu.py", "--data", str(digits), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", command)
    gpu.main()
    result = written()
    parts = result["parts"]
    assert list(parts) == result["asked_for"]["parts"] == list(gpu.PARTS)
    assert seen == [set()] + [{"training"}] * 12
    cells = {
        (row["workload"], row["batch"], row["precision"]) for row in parts["training"]["rows"]
    }
    assert len(cells) == len(gpu.MODELS) * len(gpu.BATCHES) * len(gpu.PRECISIONS) == 12
    assert all(row["share_of_peak"] > 0 for row in parts["training"]["rows"])
    assert parts["log_likelihood"]["rows"][0]["passes_a_second"] == 4.0
    assert len(parts["training"]["absent"]) == 12
    assert [each["found"] for each in result["goals"]] == [3.0, 3.0, pytest.approx(1 / 3)]
    assert parts["iwae"]["absent"][0]["reason"].startswith("ended by itself, after 0 of")


@pytest.mark.slow
def test_a_small_training_accounts_for_all(tmp_path, digits):
    """The other parts are run whole in test_speed.py and test_reproduce.py."""
    output = tmp_path / "out" / "gpu.json"
    command = [sys.executable, str(SPEED / "gpu.py"), "--data", str(digits), "--small"]
    command += ["--models", "dense_vae", "--precisions", "float32", "--output", str(output)]
    done = subprocess.run([*command, "--parts", "training"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(output.read_text("utf-8"))
    assert not output.with_suffix(".part").exists()
    assert list(result["parts"]) == ["training"]
    part = result["parts"]["training"]
    there = {row["name"]: row for row in part["rows"]}
    missing = {each["name"]: each["reason"] for each in part["absent"]}
    assert set(there) | set(missing) == set(gpu_parts.CONTESTANTS)
    assert not set(there) & set(missing)
    assert all(missing.values())
    ours, stock = there["ours_jax"], there["stock_jax"]
    assert (ours["device"], ours["share_of_peak"], ours["ratio"]) == ("cpu", None, 1.0)
    assert ours["tflops"] > 0
    assert stock["ratio"] == pytest.approx(stock["seconds"] / ours["seconds"])
    assert result["goals"][0]["found"] == stock["ratio"]
    assert 300 < ours["loss"] < 543  # 543 at the start
    assert result["seconds"] < result["budget_seconds"]
