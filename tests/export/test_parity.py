"""What counts as equal: numbers, integers, truth values, infinity, complex numbers."""

import json

import numpy as np
import pytest

from keras_ae.export.bundle.manifest import json_numbers
from keras_ae.export.exact_cast import is_exact
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.tolerance import Tolerance, read_tolerances
from keras_ae.export.proof.parity import compare, spread_of
from keras_ae.export.quality import judge

FLOAT32, ODD = Tolerance(), [np.nan, np.inf, -np.inf]


def passes(expected, received, spread=0.0, allowed=FLOAT32, **options):
    return compare("o", expected, received, allowed, spread, **options)[3]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_what_is_not_finite_must_be_where_it_is_expected(dtype):
    values = np.array([*ODD, 1.0], dtype)
    assert passes(values, values.copy())
    for place in range(4):
        for other in (*ODD, 0.0, -3.4e38):
            changed = values.copy()
            changed[place] = other
            same = np.array_equal(changed, values, equal_nan=True)
            assert passes(values, changed) == same, (place, other)
            assert passes(changed, values) == same


def test_both_parts_of_complex_numbers_count():
    expected = np.array([1 + 1j, np.inf + 2j], "complex64")
    assert not passes(expected, np.array([1 - 9j, np.inf + 2j], "complex64"))
    assert not passes(expected, np.array([1 + 1j, np.inf + 3j], "complex64"))
    assert passes(expected, expected + np.array([5e-6j, 0], "complex64"))
    assert spread_of(np.array([1 + 1j, 2 + 9j])) == 8.0


def test_floats_may_be_off_by_a_share_of_the_spread():
    expected = np.array([0.0, 255.0], "float32")
    off = expected + np.array([1e-3, 0], "float32")
    assert not passes(expected, off)
    assert passes(expected, off, spread_of(expected))
    given = read_tolerances({"float32": {"absolute": 0.5}})
    wide = FORMATS["onnx"].tolerance("float32", given)
    assert passes(expected, expected + np.float32(0.4), allowed=wide)
    assert not passes(expected, expected + np.float32(0.6), allowed=wide)


def test_integers_are_equal_but_for_ties_of_the_floats_they_come_from():
    expected = np.arange(1000)
    one, many = expected.copy(), expected.copy()
    one[3] += 1
    many[::100] += 1  # 1 %
    assert not passes(expected, one)
    assert passes(expected, one, rounded=True)
    assert not passes(expected, many, rounded=True)
    assert passes(expected, many, allowed=FORMATS["onnx"].tolerance("float16"), rounded=True)
    assert compare("o", expected, many, FLOAT32, 0.0)[:3] == (0.01, 0.01, 0.0)
    truth = expected > 500
    assert not passes(truth, ~truth, rounded=True)


def test_bytes_of_images_may_be_the_next_ones():
    expected = np.array([0, 7, 255], "uint8")
    assert passes(expected, np.array([1, 6, 255], "uint8"), rounded=True)
    assert not passes(expected, np.array([2, 7, 255], "uint8"), rounded=True)
    assert not passes(expected, np.array([255, 7, 255], "uint8"), rounded=True)
    assert not passes(expected, np.array([1, 7, 255], "uint8"))


def test_shape_and_type_must_agree():
    for received in (np.zeros(3, "float32"), np.zeros(2, "float64")):
        with pytest.raises(ValueError, match="must be float32"):
            compare("o", np.zeros(2, "float32"), received, FLOAT32, 0.0)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (3, TypeError, "`tolerances` must be a dict such as"),
        ({"int8_static": {"absolute": 1}}, ValueError, "`limits` say"),
        ({"float32": 1e-3}, TypeError, "from name to number"),
        ({"float32": {"atol": 1e-3}}, ValueError, "absolute, relative, of_spread, share"),
        ({"float32": {"absolute": -1}}, ValueError, "`absolute` must be"),
        ({"float32": {"share": 2}}, ValueError, "`share` must be"),
    ],
)
def test_bad_tolerances(given, error, message):
    with pytest.raises(error, match=message):
        read_tolerances(given)
    assert FORMATS["tflite"].tolerance("float16").of_spread == 1e-3


def test_a_manifest_is_json_whatever_the_numbers():
    record = {"a": (1.0, np.inf), "b": [{"c": -np.inf}, np.nan], "d": "text", "e": None}
    text = json.dumps(json_numbers(record), allow_nan=False)
    expected = {"a": [1.0, "inf"], "b": [{"c": "-inf"}, "NaN"], "d": "text", "e": None}
    assert json.loads(text) == expected


@pytest.mark.parametrize("odd", [*ODD, 5.0])
def test_int8_is_judged_beside_infinity(odd):
    expected = {"o": np.array([[1.0], [2.0], [-np.inf]], "float32")}
    received = {"o": np.array([[1.01], [2.0], [odd]], "float32")}
    (measure,) = judge("call", expected, received)
    assert measure.passed == (odd == -np.inf)


def test_int8_integers_are_judged_by_how_many_agree():
    expected = {"place": np.arange(100)}
    (measure,) = judge("call", expected, {"place": np.arange(100) % 98})
    assert (measure.name, measure.value, measure.passed) == ("decision_agreement", 0.98, True)


@pytest.mark.parametrize(
    ("values", "dtype", "exact"),
    [
        ([2**24], "float32", True),
        ([2**24 + 1], "float32", False),
        ([2**63 - 1], "float32", False),
        ([-1], "uint8", False),
        ([255], "uint8", True),
        ([256], "uint8", False),
        ([0.1], "float32", True),
        ([1e300], "float32", False),
        ([np.inf], "float32", True),
        ([3.0], "int64", True),
        ([3.5], "int64", False),
        ([np.nan], "int64", False),
        ([2**53 + 1], "float64", False),
        ([0, 1], "bool", True),
        ([0, 2], "bool", False),
        ([True], "float32", True),
    ],
)
def test_a_cast_is_exact_or_it_is_not(values, dtype, exact):
    assert is_exact(np.array(values), dtype) == exact


def test_unsigned_numbers_beyond_the_signed_ones_are_seen():
    large = np.array([2**64 - 1], "uint64")
    assert not is_exact(large, "int64")
    assert not is_exact(large, "float64")
    assert not is_exact(np.array([-1]), "uint64")
