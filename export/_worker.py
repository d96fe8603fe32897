"""The child: `python -m keras_ae.export._worker JOB.json` runs one task in a process of its own.

A job names a module and gives arguments for its function `run(tell, **arguments)`. What `tell`
gets is a line of progress on stdout; what `run` returns is written to the job's `result`.
Converters leak memory, keep global counters and may abort; none of it reaches the parent.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from keras_ae.export.errors import ExportError, first_line

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run_job(path: Path, parent: int | None = None) -> int:
    """Run a job, as the child of a process, or of the one that wrote it; return the exit code."""
    job = json.loads(path.read_text("utf-8"))
    _end_with(parent or job["parent"])
    # What libraries print goes to stderr; stdout is for progress alone.
    progress = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(message: str) -> None:
        print(message, file=progress, flush=True)

    result: dict[str, Any] = {}
    try:
        result["value"] = importlib.import_module(job["module"]).run(tell, **job["arguments"])
    except Exception as error:  # noqa: BLE001 - the parent raises it
        traceback.print_exc()
        own = isinstance(error, ExportError)
        result["error"] = ("" if own else f"{type(error).__name__}: ") + first_line(error)
    Path(job["result"]).write_text(json.dumps(result), "utf-8")
    return 1 if "error" in result else 0


def _end_with(parent: int) -> None:
    """End this process when its parent ends, however that ends."""
    if sys.platform == "linux":  # at once, even while a converter holds Python's lock
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if hasattr(os, "getppid") and os.getppid() != parent:
        os._exit(1)

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1])))
