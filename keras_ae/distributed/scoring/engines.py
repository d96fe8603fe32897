"""What runs the tasks: each engine by its own name, in a few lines.

An engine that the caller has started is used as it is; otherwise it is started here, on this
machine, and stopped again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from keras_ae import _checks, _extras
from keras_ae.distributed.scoring.local_engine import TRIES, Answer, Task, cores, run_local

Options = Mapping[str, Any]
Results = Iterator[tuple[str, Answer]]


def run_ray(task: Task, names: Sequence[str], workers: int | None, options: Options) -> Results:
    """Run tasks of one CPU each in Ray; `options` are those of `ray.init`."""
    _extras.require("ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    running = ray.is_initialized()
    _check_running("ray", running, workers, options)
    if not running:
        quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
        size = {} if workers is None else {"num_cpus": workers}
        ray.init(**{**quiet, **size, **options})
    waiting: dict[Any, str] = {}
    try:
        remote = ray.remote(num_cpus=1, max_retries=TRIES, scheduling_strategy="SPREAD")(_of(task))
        waiting.update({remote.remote(name): name for name in names})
        while waiting:
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            yield waiting.pop(done), ray.get(done)
    finally:
        for each in waiting:  # after an error
            ray.cancel(each)
        if not running:
            ray.shutdown()


def run_dask(task: Task, names: Sequence[str], workers: int | None, options: Options) -> Results:
    """Run tasks in Dask; `options` are those of `distributed.Client`."""
    _extras.require("distributed")
    import distributed

    try:
        client, running = distributed.get_client(), True
    except ValueError:
        client, running = None, False
    _check_running("dask", running, workers, options)
    if not running:
        size = {} if workers is None else {"n_workers": workers}
        local = {"threads_per_worker": 1, "dashboard_address": None, **size}
        client = distributed.Client(**{**({} if "address" in options else local), **options})
    try:
        futures = client.map(task, names, pure=False, retries=TRIES)
        places = dict(zip((each.key for each in futures), names, strict=True))
        for future, rows in distributed.as_completed(futures, with_results=True):
            yield places[future.key], rows
    finally:
        if not running:
            client.close()


def run_spark(task: Task, names: Sequence[str], workers: int | None, options: Options) -> Results:
    """Run tasks in Spark, which tells of them at the end; `options` are its configuration."""
    _extras.require("pyspark")
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    _check_running("spark", session is not None, workers, options)
    began = None
    if session is None:
        conf = SparkConf().setAll(list(options.items()))
        if not conf.contains("spark.master"):
            conf.setMaster(f"local[{workers or '*'},{TRIES}]")
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            conf.setIfMissing("spark.ui.enabled", "false")
        session = began = SparkSession.builder.config(conf=conf).getOrCreate()
    try:
        tasks = session.sparkContext.parallelize(names, len(names))
        yield from zip(names, tasks.map(_of(task)).collect(), strict=True)
    finally:
        if began is not None:
            began.stop()


def run_beam(task: Task, names: Sequence[str], workers: int | None, options: Options) -> Results:
    """Run tasks in Beam, which tells of them at the end; `options` are its pipeline's.

    Without a runner among them it is Beam's own of Python, in processes of this machine.
    """
    _extras.require("apache_beam")
    import apache_beam
    from apache_beam.options.pipeline_options import PipelineOptions

    local = {
        "runner": "apache_beam.runners.portability.fn_api_runner.FnApiRunner",
        "direct_running_mode": "multi_processing",
        "direct_num_workers": workers or cores(),
    }
    chosen = PipelineOptions.from_dictionary({**({} if "runner" in options else local), **options})
    with apache_beam.Pipeline(options=chosen) as pipeline:
        files = pipeline | apache_beam.Create(list(names)) | apache_beam.Reshuffle()
        _ = files | apache_beam.Map(_of(task))
    yield from ((name, task(name)) for name in names)  # they are there: each is only counted


ENGINES: dict[str, Callable[[Task, Sequence[str], int | None, Options], Results]] = {
    "local": run_local,
    "ray": run_ray,
    "dask": run_dask,
    "spark": run_spark,
    "beam": run_beam,
}


def _of(task: Task) -> Task:
    """Return a task as a plain function, which is what engines take."""

    def score(name: str) -> Answer:
        return task(name)

    return score


def _check_running(engine: str, running: bool, workers: Any, options: Options) -> None:
    """Refuse settings of an engine that is running already."""
    if running and (workers is not None or options):
        raise ValueError(
            f"`workers` and `options` must be None where {engine} is running already: it has its "
            f"own. Received: workers={workers}, options={_checks.shown(dict(options))}"
        )
