"""Attack with some of the hostile files and tell of each in a line: it may end the process.

python -m benchmarks.attacks.file_worker SEED FIRST STEP COUNT
"""

from __future__ import annotations

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    """Announce each attack before it begins, and tell what came of it."""
    from benchmarks.attacks import hostile_bundles, hostile_files

    tell = os.fdopen(os.dup(1), "w", encoding="utf-8")
    hostile_files.originals()
    hostile_bundles.originals()
    seed, first, step, count = map(int, sys.argv[1:])
    for index in range(first, count, step):
        print(json.dumps([index]), file=tell, flush=True)
        kind, case, what, text = hostile_files.attack(seed, index)
        print(json.dumps([index, kind, case, what, text[:300]]), file=tell, flush=True)


if __name__ == "__main__":
    main()
