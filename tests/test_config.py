"""The constructor's arguments are the config."""

import json

import keras
import numpy as np
import pytest

from keras_ae._config import Configured, constructor_arguments, plain


@keras.saving.register_keras_serializable(package="tests")
class Part(Configured, keras.layers.Layer):
    """Keeps whatever it is given."""

    def __init__(self, value, other=None, *, last=1.5, **kwargs):
        super().__init__(**kwargs)
        self.value = value
        self.other = other
        self.last = last


@keras.saving.register_keras_serializable(package="tests")
class Inherits(Part):
    """Has its parent's arguments."""


def again(part):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(part)))
    return keras.saving.deserialize_keras_object(config)


def test_arguments_are_those_of_the_signature():
    assert constructor_arguments(Part) == ["value", "other", "last"]
    assert constructor_arguments(Inherits) == ["value", "other", "last"]
    assert set(Part(1).get_config()) == {"value", "other", "last", "name", "trainable", "dtype"}


@pytest.mark.parametrize("cls", [Part, Inherits])
@pytest.mark.parametrize(
    "value",
    [
        0,
        -2.5,
        None,
        True,
        "text",
        (28, 28, 1),
        [1, 2.0],
        {"loc": 0.0, "scale": [1.0, 2.0], "nested": {"pair": (1, 2)}},
        (),
        [],
        {},
    ],
    ids=repr,
)
def test_plain_values_round_trip(cls, value):
    part = cls(value, other=[value], last=(value, 1), name="part")
    copy = again(part)
    assert type(copy) is cls
    assert copy.name == "part"
    for name in ("value", "other", "last"):  # Keras makes lists of tuples
        expected = json.loads(json.dumps(plain(getattr(part, name))))
        assert plain(getattr(copy, name)) == expected
    assert again(copy).get_config() == copy.get_config()


def test_numpy_numbers_become_plain_ones():
    config = json.loads(json.dumps(Part(np.float64(0.5), other=np.int64(3)).get_config()))
    assert config["value"] == 0.5
    assert config["other"] == 3


def test_parts_hold_parts():
    inner = Part(2, name="inner")
    outer = again(Part(inner, other=keras.layers.Dense(3, activation="relu", name="dense")))
    assert type(outer.value) is Part
    assert outer.value.value == 2
    assert outer.value.name == "inner"
    assert outer.value is not inner
    assert outer.other.units == 3
    assert outer.other.activation is keras.activations.relu


def test_functions_keep_their_name():
    part = again(Part(keras.activations.softplus))
    assert part.value is keras.activations.softplus


def test_keras_arguments_are_kept():
    part = again(Part(1, name="part", trainable=False, dtype="mixed_bfloat16"))
    assert part.name == "part"
    assert not part.trainable
    assert part.dtype_policy.name == "mixed_bfloat16"


def test_custom_objects_reach_the_parts():
    class Unregistered(Part):
        pass

    config = Part(Unregistered(4)).get_config()
    copy = Part.from_config(config, custom_objects={"Unregistered": Unregistered})
    assert type(copy.value) is Unregistered
    assert copy.value.value == 4


def test_a_config_is_not_changed_by_reading_it():
    config = Part(Part(1), last=(1, 2)).get_config()
    before = json.dumps(config, sort_keys=True)
    Part.from_config(config)
    assert json.dumps(config, sort_keys=True) == before


def test_an_argument_that_is_not_kept_shows():
    class Forgetful(Part):
        def __init__(self, value, forgotten=0, **kwargs):
            del forgotten
            super().__init__(value, **kwargs)

    with pytest.raises(AttributeError, match="forgotten"):
        Forgetful(1).get_config()


def test_plain_undoes_the_wrapping_of_keras():
    layer = Part([1, {"pair": (2, [3])}])
    assert type(layer.value) is not list
    undone = plain(layer.value)
    assert undone == [1, {"pair": (2, [3])}]
    assert type(undone) is list
    assert type(undone[1]) is dict
    assert type(undone[1]["pair"]) is tuple
    assert type(undone[1]["pair"][1]) is list
    inner = Part(1)
    assert plain(inner) is inner
