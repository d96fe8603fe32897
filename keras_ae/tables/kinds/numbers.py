"""Columns of numbers: centred and scaled in float64, before anything is rounded to float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.tables._cells import DATE, LARGEST_WHOLE, NUMBER, Cells, problem
from keras_ae.tables._facts import MICROSECONDS_A_DAY, Facts, Numbers
from keras_ae.tables._moments import Moments
from keras_ae.tables.kinds.kind import Array, Kind, Record


def numbers_of(cells: Cells, type_: str = NUMBER) -> Array:
    """Return the cells as float64.

    Raises:
        ValueError: They aren't of the type.
    """
    if cells.type != type_ and not cells.missing.all():
        raise problem(cells.name, f"hold {type_}", cells.type)
    return cells.values if cells.is_numeric else np.full(len(cells.values), np.nan)


class _Numbers(Kind):
    type = NUMBER

    def _facts(self, facts: Facts) -> Numbers:
        """Return the facts of numbers, or raise a ValueError if the column has none, or merges."""
        if facts.type != self.type or facts.numbers is None:
            raise problem(facts.name, f"hold {self.type}", facts.type)
        if facts.numbers.merge:
            low, high = facts.numbers.low, facts.numbers.high
            raise problem(facts.name, *self._too_large(max(low, high, key=abs)))
        return facts.numbers

    def _too_large(self, value: float) -> tuple[str, str]:
        return "hold whole numbers below 2**53", f"{value:.0f}: make it text, or leave it out"


MINIMUM_SCALE = 1e-2  # of a Gaussian column, in standard deviations of the column


class Numeric(_Numbers):
    """Real numbers, which the model sees as (value - mean) / standard deviation."""

    name = "numeric"

    def record(self, facts: Facts) -> Record:
        """Return center and scale, the range, and how many decimals all values have."""
        numbers = self._facts(facts)
        moments = self._moments(facts.name, numbers)
        scale = moments.deviation
        return {
            "center": moments.mean,
            "scale": scale if scale > 0 else 1.0,
            "low": numbers.low,
            "high": numbers.high,
            "decimals": numbers.decimals,
        }

    def encode(self, record: Record, cells: Cells) -> Array:
        """Return (value - center) / scale."""
        values = self._forward(cells.name, numbers_of(cells, self.type))
        codes: Array = (values - record["center"]) / record["scale"]
        return codes

    def decode(self, record: Record, codes: Array) -> Array:
        """Return center + scale * code, rounded to as many decimals as all values had."""
        values = self._backward(record["center"] + record["scale"] * codes.astype("float64"))
        return values if record["decimals"] is None else np.round(values, record["decimals"])

    def likelihood(self, record: Record) -> Any:
        """Return a Gaussian whose scale the decoder predicts."""
        del record
        from keras_ae import layers

        return layers.GaussianLikelihood(layers.PredictedScale(MINIMUM_SCALE))

    def log_jacobian(self, record: Record, codes: Array) -> Array:
        """Return minus the log of the scale."""
        return np.where(np.isnan(codes), 0.0, -np.log(record["scale"]))

    def words(self, record: Record) -> str:
        """Return the range."""
        return f"{record['low']:g} to {record['high']:g}"

    def _moments(self, name: str, numbers: Numbers) -> Moments:
        del name
        return numbers.moments

    def _forward(self, name: str, values: Array) -> Array:
        del name
        return values

    def _backward(self, values: Array) -> Array:
        return values


class Positive(Numeric):
    """Positive numbers of several sizes: a log-normal. The model sees standardized logs."""

    name = "positive"

    def log_jacobian(self, record: Record, codes: Array) -> Array:
        """Return -log(scale) - log(value)."""
        log_values = record["center"] + record["scale"] * codes
        return np.where(np.isnan(codes), 0.0, -np.log(record["scale"]) - log_values)

    def _moments(self, name: str, numbers: Numbers) -> Moments:
        self._check(name, numbers.low)
        return numbers.log_moments

    def _forward(self, name: str, values: Array) -> Array:
        self._check(name, np.nanmin(values, initial=np.inf))
        return np.log(values)

    def _backward(self, values: Array) -> Array:
        return np.exp(values)

    def _check(self, name: str, low: float) -> None:
        if low <= 0:
            expected = "hold numbers > 0, as those that the schema was made of"
            raise problem(name, expected, f"{low:g}")


class Datetime(Numeric):
    """Dates and times, which the model sees as standardized numbers.

    A date beyond the range that the schema was made of, by more than the range's width, has the
    code of that border: far away, and a date that exists.
    """

    name = "datetime"
    type = DATE

    def encode(self, record: Record, cells: Cells) -> Array:
        """Return (date - center) / scale, within the range's width of the range."""
        low, high = record["low"], record["high"]
        width = max(high - low, MICROSECONDS_A_DAY)
        within = np.clip(numbers_of(cells, DATE), low - width, high + width)
        return (within - record["center"]) / record["scale"]

    def decode(self, record: Record, codes: Array) -> Array:
        """Return microseconds since 1970, whole days where all dates were."""
        low, high = record["low"], record["high"]
        width = max(high - low, MICROSECONDS_A_DAY)
        values = record["center"] + record["scale"] * codes.astype("float64")
        values = np.clip(values, low - width, high + width)
        unit = MICROSECONDS_A_DAY if record["days"] else 1e6 if record["seconds"] else 1.0
        return np.rint(values / unit) * unit

    def record(self, facts: Facts) -> Record:
        """Return center and scale, the range, and whether all dates are whole days or seconds."""
        numbers = self._facts(facts)
        found = super().record(facts)
        return {**found, "days": numbers.are_days, "seconds": numbers.are_seconds}

    def _too_large(self, value: float) -> tuple[str, str]:
        date = np.datetime64(int(value), "us")
        return "hold dates from 1684 to 2255", f"{date}: if it stands for no date, make it missing"

    def words(self, record: Record) -> str:
        """Return the range."""
        unit = "D" if record["days"] else "s"
        ends = (np.datetime64(int(record[end]), "us") for end in ("low", "high"))
        return " to ".join(str(end.astype(f"datetime64[{unit}]")) for end in ends)


class Count(_Numbers):
    """Whole numbers >= 0 that count something: a negative binomial. Their codes are themselves."""

    name = "count"

    def record(self, facts: Facts) -> Record:
        """Return the mean and the range."""
        numbers = self._facts(facts)
        if numbers.not_a_count is not None:
            raise self._no_count(facts.name, *numbers.not_a_count)
        mean = numbers.moments.mean
        return {"mean": mean if mean > 0 else 1.0, "low": numbers.low, "high": numbers.high}

    def encode(self, record: Record, cells: Cells) -> Array:
        """Return the counts."""
        del record
        return self._counts(cells)

    def decode(self, record: Record, codes: Array) -> Array:
        """Return whole numbers >= 0."""
        del record
        return np.rint(np.maximum(codes.astype("float64"), 0.0))

    def likelihood(self, record: Record) -> Any:
        """Return a negative binomial around the column's mean."""
        from keras_ae import layers

        return layers.NegativeBinomialLikelihood(unit=record["mean"])

    def words(self, record: Record) -> str:
        """Return the range."""
        return f"{record['low']:g} to {record['high']:g}, mean {record['mean']:.3g}"

    def _counts(self, cells: Cells) -> Array:
        values = numbers_of(cells)
        wrong = (values < 0) | (values != np.rint(values))
        wrong &= ~np.isnan(values)
        if wrong.any():
            place = int(np.flatnonzero(wrong)[0])
            raise self._no_count(cells.name, values[place], place + cells.first_row)
        if np.nanmax(values, initial=0.0) > LARGEST_WHOLE:
            raise problem(cells.name, *self._too_large(np.nanmax(values)))
        return values

    def _no_count(self, name: str, value: float, row: int) -> ValueError:
        return problem(name, "hold whole numbers >= 0", f"{value:g} in row {row}")
