"""Killed workers and killed runs lose no row and double none, in every engine, on this machine.

Each engine has an environment of its own, with the package, NumPy, ONNX Runtime and pyarrow; those
of Dask and Spark find these in the one without an engine. Ray is the developers' own, as the extra
`cluster` brings it.
"""

import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_ae.distributed import score_files
from keras_ae.export import load_artifact
from tests.distributed.processes import PROC, Processes, die, wait_for
from tests.environments import ROOT

ROWS, FILES, COLUMNS = 600_000, 12, 20
RUNTIME = ("numpy", "onnxruntime", "pyarrow")
TESTED = ("-c", "constraints.txt")
# What pip installs before this package, which needs none of them itself. Beam has no release
# yet that takes the protobuf and pyarrow of constraints.txt.
PACKAGES = {
    "local": (*TESTED, *RUNTIME),
    "dask": (*TESTED, "distributed>=2026.7,<2027"),
    "spark": (*TESTED, "pyspark>=4.1,<5"),
    "beam": (*RUNTIME, "apache-beam>=2.70,<3"),
}
ON_TOP = {"dask", "spark"}  # of the environment for "local"
ENGINES = ("local", "ray", "dask", "spark", "beam")
NAMES = [f"x{place}" for place in range(COLUMNS)]
pytestmark = [
    pytest.mark.slow,  # pip installs engines
    pytest.mark.skipif(not PROC.is_dir(), reason="processes are found in /proc"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A detector that was fitted on a data frame, exported to ONNX."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("an export runs on TensorFlow")
    import pandas as pd

    from keras_ae.estimators import AnomalyDetector
    from keras_ae.export import export_model

    x = np.random.default_rng(0).normal(size=(500, COLUMNS)).astype("float32")
    frame = pd.DataFrame(x, columns=NAMES)
    detector = AnomalyDetector(steps=50, random_state=0).fit(frame)
    folder = tmp_path_factory.mktemp("exported") / "bundle"
    export_model(detector, folder, formats=("onnx",), sample_data=frame, verbose=False)
    assert json.loads((folder / "manifest.json").read_text())["columns"] == NAMES
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """A folder of Parquet files, with an id in each row."""
    folder = tmp_path_factory.mktemp("rows")
    random = np.random.default_rng(1)
    for place, ids in enumerate(np.split(np.arange(ROWS), FILES)):
        x = random.normal(size=(len(ids), COLUMNS)).astype("float32")
        columns = {"id": ids, **dict(zip(NAMES, x.T, strict=True))}
        pq.write_table(pa.table(columns), folder / f"part-{place:02d}.parquet")
    return folder


@pytest.fixture(scope="module")
def expected(bundle, rows):
    """The scores of all ids, by a plain loop over the files."""
    with load_artifact(bundle, "onnx", threads=1) as artifact:
        scores = []
        for path in sorted(rows.iterdir()):
            table = pq.read_table(path)
            x = np.stack([table.column(name).to_numpy() for name in NAMES], 1)
            scores.append(artifact.detect(x).score)
    return np.concatenate(scores)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Return a function from an engine to the Python of its environment."""
    source = tmp_path_factory.mktemp("committed") / "source"
    clone = ["git", "clone", "--quiet", ROOT, source]  # pip builds where the source is
    subprocess.run(clone, check=True, timeout=120)

    @functools.cache
    def make(engine):
        if engine not in PACKAGES:
            return pathlib.Path(sys.executable)
        folder = tmp_path_factory.mktemp(engine)
        venv = [sys.executable, "-m", "venv", "--without-pip", folder]
        subprocess.run(venv, check=True, timeout=120)
        made = folder / "bin" / "python"
        wanted = [PACKAGES[engine], ("--no-deps", source)]
        if engine in ON_TOP:
            below, own = (site_packages(each) for each in (make("local").parents[1], folder))
            (own / "below.pth").write_text(f"{below}\n")
            wanted.pop()
        pip = [sys.executable, "-m", "pip", "--python", made, "install", "--quiet", "--no-compile"]
        for packages in wanted:
            done = subprocess.run(
                [*pip, *packages], cwd=ROOT, capture_output=True, text=True, timeout=240
            )
            assert done.returncode == 0, done.stderr
        return made

    return make


def site_packages(environment):
    """Return the folder of a virtual environment's packages."""
    (folder,) = environment.glob("lib/python*/site-packages")
    return folder


@pytest.fixture
def short_folder():
    """A folder for Ray's sockets, whose paths may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        yield folder


@pytest.fixture
def processes(short_folder):
    started = Processes()
    yield started
    assert started.end() == 0, "processes were left behind"


@pytest.mark.parametrize("engine", ENGINES)
def test_kills_lose_and_double_no_row(
    engine, python, bundle, rows, expected, processes, short_folder, tmp_path
):
    if engine == "spark" and shutil.which("java") is None:
        pytest.skip("Spark needs a Java, and there is no java here")
    scored = tmp_path / "scored"
    program = pathlib.Path(__file__).with_name("score_program.py")
    command = [python(engine), program, bundle, rows, scored, engine]
    quiet = {"SPARK_LOCAL_IP": "127.0.0.1", "RAY_TMPDIR": short_folder}

    def finished():
        return len(list(scored.glob("part-*.parquet")))

    driver = processes.start(command, tmp_path, **quiet)
    try:
        wait_for(lambda: finished() >= 1)
        for process in wait_for(lambda: processes.writing(scored))[:1]:
            os.kill(process, signal.SIGKILL)
        before = finished()
        wait_for(lambda: finished() >= before + 3 or driver.poll() is not None)
        assert driver.poll() is None, (tmp_path / "stderr").read_text()
    finally:
        driver.kill()
        driver.wait(timeout=240)
    wait_for(lambda: not processes.alive())
    done = finished()
    assert 4 <= done < FILES
    again = processes.start(command, tmp_path, **quiet)
    assert again.wait(timeout=240) == 0, (tmp_path / "stderr").read_text()
    report = json.loads((tmp_path / "stdout").read_text().splitlines()[-1])
    assert (report["skipped"], report["files"]) == (done, FILES - done)
    assert report["frameworks"] == []
    assert_all_scored(scored, expected)
    assert len(list(scored.iterdir())) == FILES


def assert_all_scored(folder, expected):
    """Each id is there once, and its score is the plain loop's, bit for bit."""
    table = pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob("part-*"))])
    ids = table.column("id").to_numpy()
    assert len(ids) == ROWS
    assert (np.bincount(ids, minlength=ROWS) == 1).all()
    scores = np.empty(ROWS, "float32")
    scores[ids] = table.column("score").to_numpy()
    np.testing.assert_array_equal(scores.view("uint32"), expected.view("uint32"))


def test_a_pool_whose_workers_always_die_gives_up(bundle, rows, tmp_path, monkeypatch):
    """Each worker ends as it begins: the run ends too, and says why."""
    from keras_ae.distributed.scoring import local_engine

    monkeypatch.setattr(local_engine, "_begin", die)
    monkeypatch.setattr(local_engine, "cores", lambda: 2)
    with pytest.raises(RuntimeError, match="4 pools of workers died without finishing a file"):
        score_files(bundle, rows, tmp_path / "scored", verbose=False)
