"""Attack the package with wrong arguments, and show what did not end in one clear line.

python benchmarks/attack.py                       # all, in as many processes as there are cores
python benchmarks/attack.py --part methods --show # one part, with every deep end
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


def run_part(part: str, limit: int | None, seed: int):
    """Attack one part, in a folder of its own, with some of the cases or all; return results."""
    from benchmarks.attacks import arguments

    os.chdir(tempfile.mkdtemp())
    chosen = arguments.cases(part)
    if limit is not None and limit < len(chosen):
        chosen = random.Random(seed).sample(chosen, limit)
    return [arguments.attack(case) for case in chosen]


def main() -> None:
    """Attack, print the table and the list of deep ends."""
    from benchmarks.attacks import arguments

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--part", choices=list(arguments.AREAS), action="append")
    options.add_argument("--limit", type=int, help="so many cases of each part, drawn by the seed")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--show", action="store_true", help="list every deep end")
    given = options.parse_args()
    parts = given.part or list(arguments.AREAS)
    fresh = multiprocessing.get_context("spawn")  # TensorFlow hangs in a fork
    with ProcessPoolExecutor(min(len(parts), os.cpu_count() or 1), fresh) as pool:
        found = [pool.submit(run_part, part, given.limit, given.seed) for part in parts]
        results = [each for one in found for each in one.result()]
    print(arguments.table(results))
    for each in results if given.show else ():
        if each.outcome == "deep":
            print(f"{each.area}: {each.case}: {each.text[:200]}")


if __name__ == "__main__":
    main()
