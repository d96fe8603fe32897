"""The wording of argument errors, and which values pass."""

from fractions import Fraction

import numpy as np
import pytest

from keras_ae import _checks

BOOLEANS = (True, False, np.True_)
NOT_NUMBERS = ("1", None, [1.0], 1j, *BOOLEANS)
NOT_INTEGERS = (1.0, 2.5, np.float32(1.0), *NOT_NUMBERS)


def raised(kind, check, *arguments, **options):
    with pytest.raises(kind) as error:
        check("size", *arguments, **options)
    return str(error.value)


@pytest.mark.parametrize("value", [0, -3, 2.5, np.float32(0.5), np.int64(4), Fraction(1, 3)])
def test_numbers_become_python_s(value):
    number = _checks.number("size", value)
    assert number == pytest.approx(float(value), rel=0, abs=0)
    assert type(number) is (int if isinstance(value, (int, np.integer)) else float)


@pytest.mark.parametrize("value", NOT_NUMBERS)
def test_what_is_not_a_number(value):
    message = raised(TypeError, _checks.number, value, minimum=0)
    assert message == f"`size` must be a number >= 0. Received: size={value!r}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf, np.float32("nan")])
def test_numbers_are_finite(value):
    message = raised(ValueError, _checks.number, value)
    assert message == f"`size` must be a number. Received: size={value!r}"


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "words"),
    [
        ({"minimum": 0}, (0, 1), (-1e-9,), ">= 0"),
        ({"maximum": 1}, (1, -5), (1.0001,), "<= 1"),
        ({"above": 0}, (1e-9,), (0, -1), "> 0"),
        ({"below": 1}, (0.999,), (1, 2), "< 1"),
        ({"minimum": 0, "below": 1}, (0, 0.5), (1, -0.1), ">= 0 and < 1"),
        ({"above": 0, "maximum": 2}, (2, 1), (0, 2.1), "> 0 and <= 2"),
    ],
)
def test_bounds_of_numbers(bounds, inside, outside, words):
    for value in inside:
        assert _checks.number("size", value, **bounds) == value
    for value in outside:
        message = raised(ValueError, _checks.number, value, **bounds)
        assert message == f"`size` must be a number {words}. Received: size={value!r}"


@pytest.mark.parametrize("value", [1, 7, np.int32(3), np.uint8(255)])
def test_integers_become_python_s(value):
    whole = _checks.integer("size", value, minimum=1)
    assert whole == value
    assert type(whole) is int


@pytest.mark.parametrize("value", NOT_INTEGERS)
def test_what_is_not_an_integer(value):
    message = raised(TypeError, _checks.integer, value, minimum=1)
    assert message == f"`size` must be an integer >= 1. Received: size={value!r}"
    assert raised(TypeError, _checks.integer, value).startswith("`size` must be an integer. ")


def test_integers_have_bounds():
    message = raised(ValueError, _checks.integer, 0, minimum=1)
    assert message == "`size` must be an integer >= 1. Received: size=0"
    message = raised(ValueError, _checks.integer, 8, minimum=1, maximum=7)
    assert message == "`size` must be an integer >= 1 and <= 7. Received: size=8"
    assert _checks.integer("size", 7, maximum=7) == 7
    assert _checks.integer("size", -5) == -5


@pytest.mark.parametrize("value", [None, 0, 1, 2**31 - 1, np.int64(5)])
def test_seeds_pass(value):
    seed = _checks.seed("seed", value)
    assert seed == value
    assert type(seed) in (int, type(None))


def test_what_is_not_a_seed():
    assert "integer >= 0. Received: size=-1" in raised(ValueError, _checks.seed, -1)
    assert f"<= {2**31 - 1}. Received: size={2**31}" in raised(ValueError, _checks.seed, 2**31)
    for value in (1.0, "0", True):
        assert "must be an integer" in raised(TypeError, _checks.seed, value)


@pytest.mark.parametrize("value", [(28, 28, 1), [3], (np.int64(5), 2)])
def test_shapes_become_tuples_of_integers(value):
    result = _checks.shape("size", value)
    assert result == tuple(value)
    assert {type(size) for size in result} == {int}


def test_what_is_not_a_shape():
    expected = "`size` must be a tuple of positive integers, without the batch axis"
    for value in (28, "28", None, (28, None), (1.5,), (True,), ["28"]):
        message = raised(TypeError, _checks.shape, value)
        assert message == f"{expected}. Received: size={value!r}"
    for value in ((), (0,), (28, -1)):
        message = raised(ValueError, _checks.shape, value)
        assert message == f"{expected}. Received: size={value!r}"


def test_shapes_have_ranks():
    assert _checks.shape("size", (2, 3, 4), ranks=(1, 3)) == (2, 3, 4)
    message = raised(ValueError, _checks.shape, (2, 3), ranks=(1, 3))
    assert message.endswith("batch axis, of length 1 or 3. Received: size=(2, 3)")


def test_sequences_of_integers():
    assert _checks.integers("size", [400, np.int64(200)]) == (400, 200)
    assert _checks.integers("size", (), empty=True) == ()
    expected = "`size` must be a non-empty sequence of positive integers. Received: size="
    assert raised(ValueError, _checks.integers, ()) == f"{expected}()"
    assert raised(ValueError, _checks.integers, [4, 0]) == f"{expected}[4, 0]"
    for value in (4, "44", None, {4}, (4.0,), (True, 4)):
        assert raised(TypeError, _checks.integers, value) == f"{expected}{value!r}"
    for value in (4, "", (4.0,)):
        message = raised(TypeError, _checks.integers, value, empty=True)
        assert message.startswith("`size` must be a possibly empty sequence of positive integers.")


def test_instances():
    assert _checks.instance("size", "a", (str, int), "a string or an integer") == "a"
    message = raised(TypeError, _checks.instance, 1.0, (str, int), "a string or an integer")
    assert message == "`size` must be a string or an integer. Received: size=1.0"
    assert _checks.instance("size", None, str | None, "a string or None") is None


def test_booleans():
    assert _checks.boolean("size", True) is True
    assert _checks.boolean("size", False) is False
    for value in (1, 0, None, "True"):
        message = raised(TypeError, _checks.boolean, value)
        assert message == f"`size` must be True or False. Received: size={value!r}"
