"""Rows for the parts of models of tables."""

from __future__ import annotations

from keras_ae import layers
from tests.contract.rows import Bad, Part

UNIT = (Bad("unit", 0, "a number > 0"), Bad("unit", "a", "a number > 0"))
CATEGORIES = (
    Bad("categories", 1, "an integer >= 2"),
    Bad("categories", 2.5, "an integer >= 2"),
)
TABLE_PARTS = (
    Part(layers.PoissonLikelihood, lambda: {"unit": 3.0}, ((6,),), bad=UNIT),
    Part(layers.NegativeBinomialLikelihood, lambda: {"unit": 3.0}, ((6,),), ((3,),), UNIT),
    Part(
        layers.StudentTLikelihood,
        lambda: {"minimum": 0.01},
        ((6,),),
        ((2,),),
        (Bad("minimum", 0, "a number > 0"), Bad("minimum", "a", "a number")),
    ),
    Part(layers.CategoricalLikelihood, lambda: {"categories": 3}, ((6,),), ((2,),), CATEGORIES),
    Part(layers.OrdinalLikelihood, lambda: {"categories": 3}, ((6,),), ((3,),), CATEGORIES),
    Part(
        layers.SelfMaskedTableLikelihood,  # and what it extends, TableLikelihood
        lambda: {
            "columns": [layers.GaussianLikelihood(0.5), layers.CategoricalLikelihood(3)],
            "sizes": (3, 1),
        },
        ((6,),),
        ((4,),),
        (
            Bad("columns", 3, "a sequence of Likelihoods"),
            Bad("columns", [], "not empty"),
            Bad("columns", ["gaussian"], "a sequence of Likelihoods", received="'gaussian'"),
            Bad("sizes", (1,), "a number for each of the 2 likelihoods", received="(1,)"),
            Bad("sizes", (1, 0), "positive integers"),
        ),
    ),
    Part(
        layers.TableFeatures,
        lambda: {"categories": (0, 0, 3), "units": (0.0, 2.0, 0.0)},
        ((3,),),
        ((8,),),
        (
            Bad("categories", 3, "a sequence of integers"),
            Bad("categories", (), "not be empty"),
            Bad("categories", (-1, 0, 0), "an integer >= 0", received="-1"),
            Bad("units", (1.0,), "a number for each of the 3 columns", received="(1.0,)"),
            Bad("units", (-1.0, 0, 0), "a number >= 0", received="-1.0"),
        ),
    ),
)
