"""A page about a model, for people: what it was trained on, how good it is, what it makes.

`write` takes a model and examples. `keras-ae report` writes the same page about a saved model.
"""

from keras_ae import _extras

_extras.require("keras", "matplotlib", "jinja2")

from keras_ae.report.write import write

__all__ = ["write"]
