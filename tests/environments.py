"""Places, and variables of the processes that tests run in and start."""

import os
import pathlib

ROOT = pathlib.Path(__file__).parents[1]
REFERENCE = ROOT / "saved_models" / "reference"
# Of processes that import this package from anywhere, and start quickly.
_FIRST = (str(ROOT / "tests" / "quick_start"), str(ROOT))
PYTHONPATH = os.pathsep.join((*_FIRST, *filter(None, [os.environ.get("PYTHONPATH")])))

# JAX compiles hundreds of small programs, each for a few steps: LLVM need not optimize them. On
# TensorFlow XLA compiles what trains for long, which unoptimized takes longer in all.
QUICKLY_COMPILED = "--xla_backend_optimization_level=0"
