"""The speed benchmark: its arithmetic, its tables, its processes, and one whole small run."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
SPEED = ROOT / "benchmarks" / "speed"


@pytest.fixture(autouse=True)
def _import_as_scripts_do(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(SPEED), *sys.path])


@pytest.fixture
def digits(tmp_path):
    """Write the bundled digits as the images that the benchmark reads."""
    import keras_ae

    x = keras_ae.datasets.load_dataset("digits-subset").x_train
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=(x.reshape(-1, 28, 28) * 255).round().astype("uint8"))
    return path


def counted_flops(model, batch):
    """Count a forward pass as TensorFlow's profiler does, from the graph itself."""
    import tensorflow as tf

    function = tf.function(lambda x: model(x, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec((batch, *model.input_shape[1:])))
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    profile = tf.compat.v1.profiler.profile(concrete.graph, options=options)
    return profile.total_float_ops / batch


@pytest.mark.parametrize("name", ["dense_vae", "deep_ae", "conv_vae"])
def test_flops_are_those_of_the_network(name):
    from contestants import stock_keras
    from workloads import WORKLOADS, _products

    workload = WORKLOADS[name]
    encoder, decoder = stock_keras.build(workload, 0)
    kernels = [w for w in [*encoder.weights, *decoder.weights] if w.path.endswith("kernel")]
    products = _products(workload)
    heads = 1 if workload.variational else 0
    assert len(products) == len(kernels) - heads
    if not workload.convolutional:
        assert sum(products) == sum(int(np.prod(kernel.shape)) for kernel in kernels)
    # Biases and activations are in TensorFlow's count: a few per cent, never less than products.
    counted = counted_flops(encoder, 2) + counted_flops(decoder, 2)
    assert 2 * sum(products) <= counted < 2.15 * sum(products)


def test_all_contestants_start_from_the_same_network():
    from contestants import fused_tensorflow, ours, stock_keras
    from workloads import WORKLOADS

    for name in ("dense_vae", "deep_ae", "conv_vae"):
        workload = WORKLOADS[name]
        mine = ours.build(workload, 0).count_params()
        stock = sum(each.count_params() for each in stock_keras.build(workload, 0))
        fused = fused_tensorflow.initial_weights(workload, np.random.default_rng(0))
        extra = 1 if workload.variational else 0  # beta, which is not trained
        assert mine - extra == stock == sum(weight.size for weight in fused)


def test_summary_is_of_medians_and_of_pairs():
    import rounds

    mine = [{"seconds": each} for each in (2.0, 4.0, 9.0)]
    base = [{"seconds": each} for each in (1.0, 4.0, 3.0)]
    result = rounds.summary(mine, base)
    assert (result["seconds"], result["fastest"], result["slowest"]) == (4.0, 2.0, 9.0)
    assert result["ratio"] == pytest.approx(4 / 3)
    assert result["paired_ratio"] == pytest.approx(2.0)


def test_nobody_wins_by_not_learning():
    import training

    rows = [{"loss": each} for each in (100.0, 101.0, 102.0, 120.0)]
    training._judge_losses(rows)
    assert [row["learned"] for row in rows] == [True, True, True, False]


def test_everybody_is_first_in_turn_and_who_fails_is_left_out():
    import rounds
    from team import WorkerError

    order, absent = [], {}

    def turn(name):
        order.append(name)
        if name == "b" and len(order) > 3:
            raise WorkerError("b ended")
        return {"seconds": 1.0}

    figures = rounds.alternate({name: name for name in "abc"}, 3, turn, absent)
    assert "".join(order) == "abc" + "bca" + "ca"
    assert set(figures) == {"a", "c"}
    assert absent == {"b": "b ended"}


def test_a_document_s_tables_are_replaced():
    import report_tables

    machine = {"processor": "X", "cores": 2, "memory_gib": 8, "system": "Linux"}
    machine["matmul_gflops"] = 70.0
    part = {"what": "Seconds.", "table": [{"what": "help", "seconds": 0.25}]}
    result = {"machine": machine, "date": "2026-01-01", "parts": {"start_up": part}}
    page = "a\n<!-- speed: start_up -->\nold\n<!-- end of start_up -->\nb\n"
    filled = report_tables.fill(page, result)
    assert "old" not in filled
    assert "| help | 0.25 |" in filled
    assert report_tables.fill(filled, result) == filled
    with pytest.raises(ValueError, match="latency"):
        report_tables.fill("<!-- speed: latency -->\n<!-- end of latency -->", result)


def test_the_front_page_shows_the_best_of_keras_options():
    import report_tables

    ratios = {"ours": 1.0, "stock": 2.5, "stock_jit": 1.5, "stock_nojit_32": 1.25, "torch": 1.6}
    rows = [{"name": name, "ratio": ratio} for name, ratio in ratios.items()]
    cell = {"model": "dense_vae", "batch": 128, "rows": rows}
    lines = report_tables.front_page({"cells": [cell]}).splitlines()
    assert lines[0] == "| seconds an epoch, times ours | dense vae, 128 |"
    assert [line.split(" | ")[1].rstrip(" |") for line in lines[2:]] == [
        "1.00",
        "2.50",
        "1.25",
        "1.60",
        "-",
    ]


def test_numbers_have_no_exponent():
    from report_tables import number

    values = (None, 0.0, 1.2345, 12345.6, 0.0123, 0.00012)
    assert [number(each) for each in values] == ["", "0", "1.23", "12,346", "0.0123", "0.0001"]


def test_the_table_of_the_scaling_part_is_in_range_and_repeats():
    from workloads import make_table

    table = make_table(500, 32)
    assert table.dtype == np.float32
    assert 0 <= table.min() < 0.05
    assert 0.95 < table.max() <= 1
    np.testing.assert_array_equal(table, make_table(500, 32))


def test_a_bad_argument_is_refused(tmp_path):
    command = [sys.executable, str(SPEED / "run.py"), "--data", str(tmp_path / "none.npz")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--data must be an .npz file" in done.stderr


@pytest.mark.slow
def test_a_whole_run(tmp_path, digits):
    output = tmp_path / "speed.json"
    command = [sys.executable, str(SPEED / "run.py"), "--data", str(digits), "--peers"]
    command += ["--only", "ours", "stock", "fused", "--models", "dense_vae", "--batches", "128"]
    command += ["--rounds", "2", "--examples", "1000", "--parts", "training", "latency"]
    done = subprocess.run([*command, "--output", str(output)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(output.read_text())
    (cell,) = result["parts"]["training"]["cells"]
    rows = {row["name"]: row for row in cell["rows"]}
    assert set(rows) == {"ours", "stock", "fused"}
    assert cell["absent"] == {}
    losses = [row["loss"] for row in rows.values()]
    assert max(losses) < 1.1 * min(losses)
    assert max(losses) < 300  # 543 at the start
    assert all(len(row["each"]) == 2 and min(row["each"]) > 0 for row in rows.values())
    assert rows["ours"]["ratio"] == 1
    assert result["sha256"]
    assert "Keras, `fit`, default options" in output.with_suffix(".md").read_text()


@pytest.mark.slow
def test_likelihoods_and_scaling_are_measured(tmp_path, digits):
    import log_likelihood
    import roster
    import scaling

    ours = roster.chosen(["ours"], [])
    part = log_likelihood.measure(ours, tmp_path, 1, digits, samples=20, train=512)
    (row,) = part["rows"]
    assert row["work"] == 400 * 20
    assert row["passes_per_second"] == pytest.approx(400 * 20 / row["seconds"])
    assert 100 < row["nll"] < 400
    rows = scaling.measure(ours, tmp_path, 1, sizes=(1_000, 2_000))["rows"]
    assert [each["rows"] for each in rows] == [1_000, 2_000]
    assert all(each["above_import_mib"] > 0 for each in rows)


@pytest.mark.slow
def test_a_worker_that_dies_is_reported(tmp_path):
    import roster
    import team

    broken = roster.Contestant("broken", "nobody", "no_such_contestant")
    with team.workers([broken], tmp_path) as workers:
        said, absent = team.greet(workers)
    assert said == {}
    assert "no_such_contestant" in absent["broken"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "precision"), [("tensorflow", "bfloat16"), ("jax", "float32")]
)
def test_the_gpu_script_s_measurements_run(backend, precision, digits):
    import gpu

    task = {"do": "train", "model": "dense_vae", "precision": precision, "batch": 64}
    answer = gpu.ask(backend, {**task, "examples": 256, "epochs": 2, "data": str(digits)})
    assert answer["images_per_second"] > 0
    assert np.isfinite(answer["loss"])
    assert gpu.vendor_peak("NVIDIA H100 80GB HBM3", precision) in (494.7, 989.4)
    assert gpu.vendor_peak("a card unknown", precision) is None


def test_the_matrix_peak_is_a_rate():
    import gpu_worker

    assert gpu_worker.matrix_peak("tensorflow", "float32", size=64, products=2)["tflops"] > 0
