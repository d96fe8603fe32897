"""How steps and functions are carried out on a backend: many in one compiled call.

This floor knows Keras and its backends, and nothing of autoencoders. `multi_step_model` is the
model that trains this way, `rule` decides what `compile` leaves "auto", `endpoint` runs a function
of tensors over arrays, and what belongs to one backend is in `on_tensorflow` and `on_jax`.
"""

from keras_ae import _extras

_extras.require("keras")

import keras  # noqa: F401 - before any part: see keras_ae/_registration.py
