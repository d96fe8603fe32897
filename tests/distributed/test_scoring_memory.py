"""The memory of a worker."""

import sys

import numpy as np
import pytest

from tests.distributed.tables import numbers, write_bundle, write_rows
from tests.environments import ROOT
from tests.subprocesses import run

PEAK = r"""
import re, sys
from keras_ae.distributed.scoring.plan import make_scorer
from pathlib import Path
bundle, source, scored = map(Path, sys.argv[1:])
rows = make_scorer(bundle, source, scored, None, None, None, None, None)(source.name)
peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]
print(rows, int(peak) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_doesn_t_grow_with_the_file_or_its_row_groups(tmp_path):
    bundle = write_bundle(tmp_path / "bundle")
    megabytes = []
    for rows in (300_000, 6_000_000):
        path = tmp_path / f"{rows}.parquet"
        write_rows(path, {"id": np.arange(rows), **numbers(rows)}, row_group_size=rows)
        arguments = [bundle, path, tmp_path / "scored"]
        said = run([sys.executable, "-c", PEAK, *map(str, arguments)], cwd=ROOT)
        assert int(said.split()[0]) == rows
        megabytes.append(int(said.split()[1]))
    assert path.stat().st_size > 90e6  # which a reader of whole row groups holds
    assert megabytes[1] - megabytes[0] < 45, megabytes
