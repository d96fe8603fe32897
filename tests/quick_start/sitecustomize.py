"""Python imports this first in processes that tests start, which then start in half the time.

Keras and TensorFlow import what they could use, such as JAX, wherever it is installed. Here they
find it only if it is the backend or something else has imported it; Keras on JAX finds TensorFlow
likewise, which it imports to set a seed that nothing draws from. The processes that run the tests
themselves don't have this. The garbage collector looks less often, too.
"""

import gc
import os
import sys

UNASKED = {"jax", "matplotlib", "sklearn", "tensorflow"}
ASKERS = {"keras", "tensorflow"}


class Unasked:
    """A finder that tells Keras and TensorFlow of no module that they only import in case."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Raise ModuleNotFoundError for those modules to those packages; leave the rest."""
        if name in UNASKED and name != os.environ.get("KERAS_BACKEND", "tensorflow"):
            frame = sys._getframe(1)
            while frame.f_globals["__name__"].startswith("importlib"):
                frame = frame.f_back
            if frame.f_globals["__name__"].partition(".")[0] in ASKERS:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Unasked)
for absent in os.environ.get("KERAS_AE_TEST_ABSENT", "").split():
    sys.modules[absent] = None  # how Python marks what isn't installed
gc.set_threshold(50_000, 20, 100)
