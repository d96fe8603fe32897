"""Promise: every public part and recipe has a row, and no row outlives its subject."""

import inspect

import keras_ae
from keras_ae import layers, models
from tests.contract.descriptors import PARTS, RECIPES
from tests.contract.model_rows import MODELS, NETWORKS, POSTERIORS

ROWS = (*PARTS, *NETWORKS, *MODELS, *POSTERIORS)


def without_bases(objects):
    """Leave out the classes that others extend: their promises are kept by those."""
    kinds = [value for value in objects if inspect.isclass(value)]
    return {
        value.__name__
        for value in objects
        if not any(value in kind.__mro__[1:] for kind in kinds if value is not kind)
    }


def test_every_part_has_a_row():
    public = without_bases([getattr(layers, name) for name in layers.__all__])
    classes = [value for value in vars(models).values() if inspect.isclass(value)]
    public |= {value.__name__ for value in classes}
    assert {row.make.__name__ for row in ROWS} == public


def test_every_recipe_has_a_row():
    assert {row.name for row in RECIPES} == set(keras_ae.list_models())


def test_every_argument_refuses_something():
    """A row tries each argument with a bad value; a dtype policy is for Keras to judge."""
    for make in {row.make for row in (*PARTS, *NETWORKS, *MODELS)}:
        parameters = inspect.signature(make).parameters.values()
        names = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD} - {"dtype"}
        rows = [row for row in ROWS if row.make is make]
        assert names <= {bad.argument for row in rows for bad in row.bad}, make.__name__


def test_rows_have_names_of_their_own():
    names = [row.id for row in (*ROWS, *RECIPES)]
    assert len(names) == len(set(names))
