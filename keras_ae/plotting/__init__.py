"""Figures: how training went, what a model makes of examples, what it makes up, its latent space.

Every function returns a `matplotlib.figure.Figure` that belongs to the caller alone: no pyplot, no
windows, no global state, safe in notebooks, servers and threads.
"""

from keras_ae.plotting.latent_map import latent_map
from keras_ae.plotting.reconstructions import reconstructions
from keras_ae.plotting.samples import samples
from keras_ae.plotting.save import save
from keras_ae.plotting.training_curves import training_curves

__all__ = ["latent_map", "reconstructions", "samples", "save", "training_curves"]
