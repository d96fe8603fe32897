"""How many MB each extra installs, with all that it depends on, in a new virtual environment.

    python benchmarks/install_sizes.py

It needs a network to PyPI. The result goes to benchmarks/results/install_sizes.json, and as a
table into the README.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "install_sizes.json"
MARK = "<!-- install sizes -->"
# Extra: what is done with it.
USES = {
    "": "`import keras_ae`; each runtime that is beside it loads its files",
    "runtime": "load, verify and time TFLite and ONNX files, in Python and by `keras-ae`",
    "openvino": "the same of OpenVINO files; with `export`, write them",
    "openvino-int8": "with `export`, write int8 ones too",
    "tensorflow": "build, train and use models on TensorFlow",
    "jax": "the same on JAX, without TensorFlow",
    "cluster": "JAX on several hosts, and Ray: train on them, score Parquet files",
    "probability": "`to_tfp()`, `TFPPrior`",
    "estimators": "`AnomalyDetector`, `AutoencoderTransformer`",
    "plot": "figures, reports, image files",
    "tables": "`keras_ae.tables`",
    "scores": "every score of `evaluate_model`",
    "cli": "the command line",
    "all": "all of these but `runtime`, `openvino`, `openvino-int8`, `jax` and `cluster`",
    "export": "that, and the converters and runtimes of `export_model`",
    "dev": "that, JAX, Ray, OpenVINO, and what the tests need",
}
MEASURED = (
    "",
    "runtime",
    "openvino",
    "openvino-int8",
    "tensorflow",
    "jax",
    "cluster",
    "all",
    "export",
    "dev",
)


def main() -> None:
    """Install, measure, and write result and table."""
    with tempfile.TemporaryDirectory() as source:  # what is committed, and no build beside it
        subprocess.run(["git", "clone", "--quiet", str(ROOT), source], check=True)
        sizes = {extra: installed_bytes(source, extra) for extra in MEASURED}
    result = {
        "what": "bytes that each extra installs into a new virtual environment, without pip",
        "bytes": sizes,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "keras-ae": importlib.metadata.version("keras-ae"),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    page = ROOT / "README.md"
    page.write_text(with_table(page.read_text("utf-8"), sizes), "utf-8")
    print(table(sizes))


def installed_bytes(source: str, extra: str) -> int:
    """Return the size of what pip installs for an extra of the package in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        empty = folder_bytes(Path(folder))
        package = f"{source}[{extra}]" if extra else source
        command = [Path(folder, "bin", "python"), "-m", "pip", "install", "--quiet", package]
        subprocess.run(command, check=True)
        return folder_bytes(Path(folder)) - empty


def folder_bytes(folder: Path) -> int:
    """Return the size of a folder's files; what a link points to isn't counted again."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


def table(sizes: dict[str, int]) -> str:
    """Return the table of extras, in megabytes."""
    lines = ["| extra | for | MB |", "|---|---|--:|"]
    for extra, use in USES.items():
        name = f"`keras-ae[{extra}]`" if extra else "`keras-ae`"
        size = f"{sizes[extra] / 1e6:,.0f}" if extra in sizes else ""
        lines.append(f"| {name} | {use} | {size} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, sizes: dict[str, int]) -> str:
    """Return a page with the table that follows the mark made anew."""
    parts = re.split(rf"({re.escape(MARK)}\n\n)(?:\|.*\n)+", text)
    if len(parts) != 3:
        raise SystemExit(f"README.md: expected one table after {MARK}")
    return parts[0] + parts[1] + table(sizes) + parts[2]


if __name__ == "__main__":
    main()
