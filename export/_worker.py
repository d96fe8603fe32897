"""The child: `python -m keras_ae.export._worker JOB.json` runs one task in a process of its own.

A job names a module and gives arguments for its function `run(tell, **arguments)`. What `tell`
gets is a line of progress on stdout; what `run` returns is written to the job's `result`.
Converters leak memory, keep global counters and may abort; none of it reaches the parent.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    """Run the job that the command line names."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    # What libraries print goes to stderr; stdout is for progress alone.
    progress = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(message: str) -> None:
        print(message, file=progress, flush=True)

    result: dict[str, Any] = {}
    try:
        result["value"] = importlib.import_module(job["module"]).run(tell, **job["arguments"])
    except Exception as error:  # noqa: BLE001 - the parent raises it
        result["error"] = f"{type(error).__name__}: {error}"
    Path(job["result"]).write_text(json.dumps(result), "utf-8")
    return 1 if "error" in result else 0


if __name__ == "__main__":
    sys.exit(main())
