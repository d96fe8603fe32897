"""Attack the package with wrong arguments and hostile files; show what didn't end in one line.

python benchmarks/attack.py                         # all arguments and 10,000 files
python benchmarks/attack.py --part methods --show   # one part, with every deep end
python benchmarks/attack.py --part files --limit 500
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

FILES, COUNT = "files", 10_000


def run_part(part: str, limit: int | None, seed: int):
    """Attack the arguments of one part, all or some of the cases; return the results."""
    from benchmarks.attacks import arguments
    from benchmarks.attacks.outcome import SHOWN

    os.chdir(tempfile.mkdtemp())
    chosen = arguments.cases(part)
    if limit is not None and limit < len(chosen):
        chosen = random.Random(seed).sample(chosen, limit)
    results = []
    for case in chosen:
        results.append(arguments.attack(case))
        if not len(results) % SHOWN:
            print(f"{part}: {len(results)} of {len(chosen)}", file=sys.stderr, flush=True)
    return results


def main() -> None:
    """Attack, print the table and the list of deep ends."""
    from benchmarks.attacks import arguments, file_runner

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--part", choices=[*arguments.AREAS, FILES], action="append")
    options.add_argument("--limit", type=int, help="so many cases of each part, drawn by the seed")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--show", action="store_true", help="list every deep end")
    given = options.parse_args()
    parts = given.part or [*arguments.AREAS, FILES]
    jobs = os.cpu_count() or 1
    results = []
    called = [part for part in parts if part != FILES]
    if called:
        fresh = multiprocessing.get_context("spawn")  # TensorFlow hangs in a fork
        with ProcessPoolExecutor(min(len(called), jobs), fresh) as pool:
            found = [pool.submit(run_part, part, given.limit, given.seed) for part in called]
            results += [each for one in found for each in one.result()]
    if FILES in parts:
        results += file_runner.run(given.seed, given.limit or COUNT, jobs)
    print(arguments.table(results))
    for each in results if given.show else ():
        if each.outcome not in ("accepted", "refused"):
            print(f"{each.area}: {each.case}: {each.text[:200]}")


if __name__ == "__main__":
    main()
