"""Virtual environments for what this package is compared with and never depends on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

# Exact, as constraints.txt is for this package: a table names what it was measured with.
PEERS = {
    "torch": ("torch==2.14.1", "numpy==2.4.6"),
    "pythae": ("pythae==0.1.2", "torch==2.14.1", "numpy==2.4.6"),
}
COMPLETE = ".complete"


def default_folder() -> Path:
    """Return the user's cache folder for the environments."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "keras_ae" / "peers"


def python(name: str, folder: Path) -> Path:
    """Return the Python of a peer's environment, made first where it isn't there yet.

    Args:
        name: A key of `PEERS`.
        folder: Where the environments are.
    """
    home = folder / name
    if not (home / COMPLETE).exists():
        _make(name, home)
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make(name: str, home: Path) -> None:
    """Install a peer. Only a whole environment gets the mark, so a broken one is made again."""
    print(f"making {home} with {' '.join(PEERS[name])} (a large download)", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    venv.create(home, with_pip=True)
    executable = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [str(executable), "-m", "pip", "install", "--quiet", *PEERS[name]]
    subprocess.run(install, check=True)
    (home / COMPLETE).write_text("\n".join(PEERS[name]) + "\n", "utf-8")
