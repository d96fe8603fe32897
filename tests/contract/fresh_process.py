"""What a user's next process does with saved models: import, load, predict, evaluate, train on.

Run as a script by `conftest.py`. It imports nothing of these tests, and of the package only what a
user would: `import keras` and `import keras_ae`, in the order given.
"""

import argparse
import importlib
import json
import pathlib
import sys
from importlib.machinery import PathFinder


class Without:
    """A path finder for which some packages aren't installed."""

    def __init__(self, absent):
        self.absent = absent

    def find_spec(self, name, path=None, target=None):
        """Return the spec that Python's own finder returns, or None for what is absent."""
        if name.split(".")[0] in self.absent:
            return None
        return PathFinder.find_spec(name, path, target)


def use(path, uses):
    """Load a model, predict, and use it further: return what it is and says."""
    import keras
    import numpy as np

    model = keras.models.load_model(path)
    x = np.load(path.with_suffix(".npy"))
    target = path.with_suffix(".target.npy")
    y = np.load(target) if target.exists() else None
    report = {
        "class": f"{type(model).__module__}.{type(model).__qualname__}",
        "prediction": model.predict(x, verbose=0).tolist(),
    }
    if "evaluate" in uses:
        # `predict` was a graph; another takes TensorFlow longer to trace than these steps take.
        model.run_eagerly = keras.backend.backend() == "tensorflow"
        report["evaluation"] = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    if "fit" in uses:
        report["history"] = model.fit(x, y, batch_size=4, epochs=3, verbose=0).history
    return report


def main():
    """Use each model of a folder; print the reports by name as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--imports", required=True)
    parser.add_argument("--models", required=True)
    parser.add_argument("--absent", default="")
    parser.add_argument("--uses", default="")
    parser.add_argument("--alike", default="", help="models that are not to be trained")
    options = parser.parse_args()
    absent = set(filter(None, options.absent.split(",")))
    if absent:
        sys.meta_path[sys.meta_path.index(PathFinder)] = Without(absent)
    for name in options.imports.split(","):
        importlib.import_module(name)
    reports = {}
    for name in options.models.split(","):
        uses = set(options.uses.split(","))
        if name in options.alike.split(","):
            uses.discard("fit")
        reports[name] = use(options.folder / f"{name}.keras", uses)
    package = sys.modules["keras_ae"]
    for name in package.__all__:
        getattr(package, name)
    loaded = sorted(absent & {name.split(".")[0] for name in sys.modules})
    sys.stdout.write(json.dumps({"reports": reports, "absent_but_loaded": loaded}) + "\n")


if __name__ == "__main__":
    main()
