"""Columns of numbers: centred and scaled in float64, before anything is rounded to float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.tables._cells import DATE, LARGEST_WHOLE, NUMBER, Cells, problem
from keras_ae.tables.kinds.kind import Array, Kind, Record

MICROSECONDS_A_DAY = 86_400e6


def numbers_of(cells: Cells, type_: str = NUMBER) -> Array:
    """Return the cells as float64.

    Raises:
        ValueError: They aren't of the type.
    """
    if cells.type != type_ and not cells.missing.all():
        raise problem(cells.name, f"hold {type_}", cells.type)
    return cells.values if cells.is_numeric else np.full(len(cells.values), np.nan)


class _Numbers(Kind):
    def _too_large(self, value: float) -> tuple[str, str]:
        return "hold whole numbers below 2**53", f"{value:.0f}: make it text, or leave it out"


class Numeric(_Numbers):
    """Real numbers, which the model sees as (value - mean) / standard deviation."""

    name = "numeric"
    type = NUMBER

    def record(self, cells: Cells) -> Record:
        """Return center and scale, the range, and how many decimals all values have."""
        values = numbers_of(cells, self.type)
        values = values[~np.isnan(values)]
        decimals = _decimals(values)
        if decimals == 0 and np.abs(values).max() > LARGEST_WHOLE:
            raise problem(cells.name, *self._too_large(values[np.argmax(np.abs(values))]))
        moved = self._forward(cells.name, values)
        center = float(moved.mean())
        scale = float(moved.std())
        return {
            "center": center,
            "scale": scale if scale > 0 else 1.0,
            "low": float(values.min()),
            "high": float(values.max()),
            "decimals": decimals,
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

    def _forward(self, name: str, values: Array) -> Array:
        del name
        return values

    def _backward(self, values: Array) -> Array:
        return values


def _decimals(values: Array) -> int | None:
    """Return how many decimals say all the values; None if a few don't."""
    for decimals in range(MOST_DECIMALS + 1):
        if (np.round(values, decimals) == values).all():
            return decimals
    return None


MOST_DECIMALS = 6
MINIMUM_SCALE = 1e-2  # of a Gaussian column, in standard deviations of the column


class Positive(Numeric):
    """Positive numbers of several sizes: a log-normal. The model sees standardized logs."""

    name = "positive"

    def log_jacobian(self, record: Record, codes: Array) -> Array:
        """Return -log(scale) - log(value)."""
        log_values = record["center"] + record["scale"] * codes
        return np.where(np.isnan(codes), 0.0, -np.log(record["scale"]) - log_values)

    def _forward(self, name: str, values: Array) -> Array:
        low = np.nanmin(values, initial=np.inf)
        if low <= 0:
            raise problem(
                name, "hold numbers > 0, as those that the schema was made of", f"{low:g}"
            )
        return np.log(values)

    def _backward(self, values: Array) -> Array:
        return np.exp(values)


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

    def record(self, cells: Cells) -> Record:
        """Return center and scale, the range, and whether all dates are whole days or seconds."""
        found = super().record(cells)
        values = cells.present
        found["days"] = bool((values % MICROSECONDS_A_DAY == 0).all())
        found["seconds"] = bool((values % 1e6 == 0).all())
        return found

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

    def record(self, cells: Cells) -> Record:
        """Return the mean and the range."""
        values = self._counts(cells)
        values = values[~np.isnan(values)]
        mean = float(values.mean())
        return {
            "mean": mean if mean > 0 else 1.0,
            "low": float(values.min()),
            "high": float(values.max()),
        }

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
            received = f"{values[wrong][0]:g} in row {np.flatnonzero(wrong)[0]}"
            raise problem(cells.name, "hold whole numbers >= 0", received)
        if np.nanmax(values, initial=0.0) > LARGEST_WHOLE:
            raise problem(cells.name, *self._too_large(np.nanmax(values)))
        return values
