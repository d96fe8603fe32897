"""Figures: how training went, what a model makes of examples, what it makes up, its latent space.

Every function that draws returns a `matplotlib.figure.Figure` that belongs to the caller alone: no
pyplot, no windows, no global state, safe in notebooks, servers and threads. `write_report` puts
figures and tables on a page of their own.
"""

from keras_ae import _extras

_extras.require("matplotlib")

from keras_ae.plotting.association_heatmap import association_heatmap
from keras_ae.plotting.code_bars import code_bars
from keras_ae.plotting.column_histogram import column_histogram
from keras_ae.plotting.interpolations import interpolations
from keras_ae.plotting.kl_bars import kl_bars
from keras_ae.plotting.latent_map import latent_map
from keras_ae.plotting.latent_traversals import latent_traversals
from keras_ae.plotting.manifold import manifold
from keras_ae.plotting.missing_bars import missing_bars
from keras_ae.plotting.reconstructions import reconstructions
from keras_ae.plotting.report_picture import ReportPicture
from keras_ae.plotting.report_section import ReportSection
from keras_ae.plotting.report_table import ReportTable
from keras_ae.plotting.roc import roc
from keras_ae.plotting.samples import samples
from keras_ae.plotting.save import save
from keras_ae.plotting.score_histogram import score_histogram
from keras_ae.plotting.scored_series import scored_series
from keras_ae.plotting.training_curves import training_curves
from keras_ae.plotting.worst_rows import worst_rows
from keras_ae.plotting.write_report import write_report

__all__ = [
    "ReportPicture",
    "ReportSection",
    "ReportTable",
    "association_heatmap",
    "code_bars",
    "column_histogram",
    "interpolations",
    "kl_bars",
    "latent_map",
    "latent_traversals",
    "manifold",
    "missing_bars",
    "reconstructions",
    "roc",
    "samples",
    "save",
    "score_histogram",
    "scored_series",
    "training_curves",
    "worst_rows",
    "write_report",
]
