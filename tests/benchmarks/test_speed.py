"""The speed benchmark: its arithmetic, its tables, its processes, and one whole small run."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import report_tables
import run
import studies
import team
import whole
from workloads import IMAGE_RECIPES, WORKLOADS, make_table, products

from tests.environments import ROOT

SPEED = ROOT / "benchmarks" / "speed"
RESULTS = [
    ROOT / "benchmarks" / "results" / f"{name}.json" for name in ("speed", "speed_image_recipes")
]


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
    from contestants import keras_fit

    workload = WORKLOADS[name]
    encoder, decoder = keras_fit.stock_networks(workload)
    kernels = [w for w in [*encoder.weights, *decoder.weights] if w.path.endswith("kernel")]
    counts = products(workload)
    heads = 1 if workload.variational else 0
    assert len(counts) == len(kernels) - heads
    if not workload.filters:
        assert sum(counts) == sum(int(np.prod(kernel.shape)) for kernel in kernels)
    # Biases and activations are in TensorFlow's count: a few per cent, never less than products.
    counted = counted_flops(encoder, 2) + counted_flops(decoder, 2)
    assert 2 * sum(counts) <= counted < 2.15 * sum(counts)


@pytest.mark.parametrize("name", ["dense_vae", "deep_ae", "conv_vae"])
def test_all_contestants_start_from_the_same_network(name):
    from contestants import fused_tensorflow, keras_fit

    workload = WORKLOADS[name]
    extra = 1 if workload.variational else 0  # beta, which is not trained
    mine = keras_fit.our_model(workload).count_params() - extra
    assert mine == sum(each.count_params() for each in keras_fit.stock_networks(workload))
    if not workload.filters:
        fused = fused_tensorflow.initial_weights(workload, np.random.default_rng(0))
        assert mine == sum(weight.size for weight in fused)


def test_summary_is_of_the_counted_rounds_and_ratios_are_of_medians():
    mine = [{"seconds": each} for each in (30.0, 2.0, 4.0, 9.0)]
    base = [{"seconds": each} for each in (10.0, 1.0, 4.0, 3.0)]
    result = studies.summary(mine, base)
    assert (result["seconds"], result["fastest"], result["slowest"]) == (4.0, 2.0, 9.0)
    assert result["first"] == 30.0
    assert result["ratio"] == pytest.approx(4 / 3)
    assert "cpu_seconds" not in result
    both = [
        [each | {"cpu_seconds": 2 * each["seconds"]} for each in ways] for ways in (mine, base)
    ]
    result = studies.summary(*both)
    assert (result["cpu_seconds"], result["cpu_ratio"]) == (8.0, pytest.approx(4 / 3))
    half = studies.summary([each | {"work": 2} for each in mine], base)
    assert half["ratio"] == pytest.approx(2 / 3)


def test_nobody_wins_by_not_learning():
    rows = [{"loss": each} for each in (100.0, 101.0, 102.0, 120.0)]
    studies.judge_losses(rows)
    assert [row["learned"] for row in rows] == [True, True, True, False]


def test_everybody_is_first_in_turn_and_who_fails_is_left_out():
    order, failed = [], {}

    def turn(name):
        order.append(name)
        if name == "b" and len(order) > 3:
            raise team.WorkerError("b ended")
        return 1.0

    answers = team.take_turns({name: name for name in "abc"}, 3, turn, failed)
    assert "".join(order) == "abc" + "bca" + "ca"
    assert set(answers) == {"a", "c"}
    assert failed == {"b": "b ended"}


@pytest.mark.parametrize("page", ["docs/performance.md", "README.md"])
def test_the_pages_have_the_tables_of_the_committed_runs(page):
    results = [json.loads(path.read_text("utf-8")) for path in RESULTS]
    text = (ROOT / page).read_text("utf-8")
    assert report_tables.fill(text, *results) == text
    for path, result in zip(RESULTS, results, strict=True):
        assert path.read_text("utf-8") == run.as_json(result) + "\n"
    with pytest.raises(ValueError, match="'energy'"):
        report_tables.fill("<!-- speed: energy -->\n<!-- end of energy -->", *results)


def test_no_recipe_of_images_takes_longer_than_plain_keras():
    """More than 1.05 times, in the committed run."""
    rows = json.loads(RESULTS[1].read_text("utf-8"))["parts"]["image_recipes"]["rows"]
    found = [(row["recipe"], row["name"]) for row in rows]
    assert found == [(recipe, who) for recipe in IMAGE_RECIPES for who in ("ours", "stock")]
    assert all(row["learned"] for row in rows)
    assert all(row["ratio"] >= 1 / 1.05 for row in rows)


@pytest.mark.slow
def test_a_recipe_in_plain_keras_is_stock_keras_with_the_same_loss():
    import keras
    from contestants import keras_fit

    model, to_itself = keras_fit.Stock().recipe("vq_vae")
    assert to_itself
    assert type(model).fit is keras.Model.fit
    assert type(model).train_step is keras.Model.train_step
    assert type(model).compute_loss is keras.Model.compute_loss
    ours, _ = keras_fit.Ours().recipe("vq_vae")
    assert model.count_params() == ours.count_params()
    ours.set_weights(model.get_weights())
    x = np.random.default_rng(0).random((8, 28, 28, 1), "float32")
    assert model.evaluate(x, x, verbose=0) == pytest.approx(
        ours.evaluate(x, verbose=0, return_dict=True)["loss"], rel=1e-5
    )


def test_the_front_page_shows_the_best_of_keras_options():
    known = {"ours": 1.0, "stock": 2.5, "stock_jit": 1.5, "stock_nojit_32": 1.25, "torch": 1.6}
    cell = {"workload": "dense_vae", "batch": 128}
    rows = [{**cell, "name": name, "ratio": ratio} for name, ratio in known.items()]
    text = report_tables.ratios({"rows": rows}, report_tables.FRONT_PAGE, "times ours")
    lines = text.splitlines()
    assert lines[0] == "| times ours | dense vae, 128 |"
    values = [line.split(" | ")[1].rstrip(" |") for line in lines[2:]]
    assert values == ["1.00", "2.50", "1.25", "1.60", "-"]


def test_numbers_have_no_exponent():
    values = (None, 0.0, 1.2345, 12345.6, 0.0123, 0.00012)
    found = [report_tables.number(each) for each in values]
    assert found == ["", "0", "1.23", "12,346", "0.0123", "0.0001"]


def test_the_table_of_the_scaling_part_is_in_range_and_repeats():
    table = make_table(500, 32)
    assert table.dtype == np.float32
    assert 0 <= table.min() < 0.05
    assert 0.95 < table.max() <= 1
    np.testing.assert_array_equal(table, make_table(500, 32))


def test_the_readme_s_example_is_timed_both_ways():
    ours, plain = whole.readme_example((ROOT / "README.md").read_text("utf-8"))
    assert ours[1].replace('"adam")', f'"adam", {whole.PLAIN})') == plain[1]
    assert plain[1].index(whole.PLAIN) < plain[1].index("start =") < plain[1].index("model.fit(")
    assert "encode" not in ours[1]


def test_a_bad_argument_is_refused(tmp_path):
    command = [sys.executable, str(SPEED / "run.py"), "--data", str(tmp_path / "none.npz")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--data must be an .npz file" in done.stderr


@pytest.mark.slow
def test_a_whole_run(tmp_path, digits):
    output = tmp_path / "speed.json"
    command = [sys.executable, str(SPEED / "run.py"), "--data", str(digits)]
    command += ["--only", "ours", "stock", "fused", "--models", "dense_vae", "--batches", "128"]
    command += ["--rounds", "2", "--examples", "1000", "--parts", "training"]
    done = subprocess.run([*command, "--output", str(output)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(output.read_text())
    part = result["parts"]["training"]
    rows = {row["name"]: row for row in part["rows"]}
    assert set(rows) == {"ours", "stock", "fused"}
    assert part["absent"] == []
    losses = [row["loss"] for row in rows.values()]
    assert max(losses) < 1.1 * min(losses)
    assert max(losses) < 300  # 543 at the start
    assert all(len(row["each"]) == 2 and min(row["each"]) > 0 for row in rows.values())
    assert rows["ours"]["ratio"] == 1
    assert "Keras, `fit`, default options" in output.with_suffix(".md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "cell", "precision"),
    [
        ("log_likelihood", {"train": 512, "samples": 20}, "float32"),
        ("latency", {"call": "decode", "images": 8, "batch": 8, "repeats": 2}, "float32"),
        ("scaling", {"workload": "table_vae", "batch": 64, "examples": 512}, "bfloat16"),
        ("image_recipes", {"recipe": "fsq_vae", "batch": 32, "examples": 64}, "float32"),
    ],
)
def test_every_study_has_figures_for_its_columns(tmp_path, digits, name, cell, precision):
    study = dataclasses.replace(studies.STUDIES[name], grid=[cell])
    shared = {"data": str(digits), "precision": precision}
    part = studies.measure(study, ["ours", "stock_jit_32"], 1, shared, tmp_path)
    assert part["absent"] == []
    assert {row["name"] for row in part["rows"]} == set(part["versions"])
    rows = [report_tables.titled(row) for row in part["rows"]]
    assert "keras_ae" in report_tables.table(rows, study.columns)
    assert all(0 < row["import_mib"] <= row["peak_mib"] for row in rows)


@pytest.mark.slow
def test_who_can_t_run_is_reported(tmp_path, digits):
    cell = {"workload": "no_such_network", "batch": 1, "examples": 1}
    study = studies.Study("train", [cell], {"fused": "ours"}, "", {})
    shared = {"data": str(digits), "precision": "float32"}
    part = studies.measure(study, None, 1, shared, tmp_path)
    assert part["rows"] == []
    assert "no_such_network" in part["absent"][0]["reason"]
