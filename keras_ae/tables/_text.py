"""What the text of a column says: dates, numbers or words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from keras_ae import _checks
from keras_ae.tables._cells import DATE, NUMBER, TEXT, problem

MISSING_WORDS = {"", "na", "n/a", "#n/a", "nan", "null", "none", "missing", "?", "-", "--", "."}
_CURRENCY = "$€£¥₹"
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?"
)
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_NAME = re.compile(r"0\d+")  # of digits with a zero in front, such as a postcode
# Numbers in a way of writing that isn't understood: "3 %", "(5)", "1.000,50".
_UNCLEAR = re.compile(
    rf"[-+]?[{_CURRENCY}]?\s*([\d.,]+\s*%|\([{_CURRENCY}]?\s*[\d.,]+\)|(\d+|\d{{1,3}}(\.\d{{3}})+),\d+)"
)


class Text:
    """What a column's text says, judged by all of it, however many pieces it comes in.

    Args:
        name: The column's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._names = False  # digits with a zero in front: as numbers they would lose it
        self._understood = self._unclear = self._strange = 0  # cells
        self._first_unclear: tuple[str, int] | None = None
        self._first_strange: tuple[str, int] | None = None
        self._dates = _Dates()

    @property
    def may_be_numbers(self) -> bool:
        """Whether all that was seen are numbers."""
        return not self._names and not self._strange

    @property
    def may_be_dates(self) -> bool:
        """Whether all that was seen are dates."""
        return not self._names and self._dates.possible

    def see(self, texts: Sequence[str], counts: Iterable[int], rows: Iterable[int]) -> None:
        """Look at different texts, each with how many cells have it, and the first one's row."""
        for text, count, row in zip(texts, counts, rows, strict=True):
            bare = text.strip()
            self._names = self._names or _NAME.fullmatch(bare) is not None
            self._dates.see(bare, row)
            if to_number(bare) is not None:
                self._understood += count
                continue
            self._strange += count
            self._first_strange = self._first_strange or (text, row)
            if _UNCLEAR.fullmatch(bare):
                self._unclear += count
                self._first_unclear = self._first_unclear or (text, row)

    def type(self) -> str:
        """Return which type of cells it is.

        Raises:
            ValueError: It is neither numbers nor words, or only some dates have a time zone.
        """
        if self._names:
            return TEXT
        if self._dates.possible:
            check_zones(self._name, self._dates.zoned)
            return DATE
        if not self._strange:
            return NUMBER
        if self._understood + self._unclear <= (self._understood + self._strange) / 2:
            return TEXT
        text, row = self._first_unclear or self._first_strange or ("", 0)
        raise problem(
            self._name,
            f"hold numbers as 1,000.5 or text, not both: clean it, leave it out, or say "
            f"kinds={{{self._name!r}: 'categorical'}}",
            f"{self._understood:,} numbers as text, and " * bool(self._understood)
            + f"{_checks.shown(text)} in row {row}",
        )

    @property
    def date_type(self) -> str:
        """What `Cells.dtype` is of dates that are written so; those of time zones are in UTC."""
        return f"{TEXT} {self._dates.pattern()}"


class _Dates:
    """Whether text is dates as in ISO 8601, and how they are written."""

    def __init__(self) -> None:
        self.possible = True
        self._days = self._t = True  # whether all are so
        self._seconds = self._fractions = False  # whether any is
        self.zoned: dict[bool, int] = {}  # with or without a time zone: the first row

    def see(self, bare: str, row: int) -> None:
        if not self.possible or not _ISO_DATE.fullmatch(bare):
            self.possible = False
            return
        zoned = len(bare) > len("2024-12-31") and _ZONE.search(bare) is not None
        self.zoned.setdefault(zoned, row)
        self._days &= len(bare) == len("2024-12-31")
        self._t &= "T" in bare
        own = _ZONE.sub("", bare) if zoned else bare
        self._seconds |= len(own) > len("2024-12-31 23:59")
        self._fractions |= "." in own

    def pattern(self) -> str:
        if self._days:
            return "%Y-%m-%d"
        pattern = "%Y-%m-%dT%H:%M" if self._t else "%Y-%m-%d %H:%M"
        pattern += ":%S" * self._seconds + ".%f" * self._fractions
        return pattern + "Z" * (False not in self.zoned)


def check_zones(name: str, zoned: dict[bool, int]) -> None:
    """Raise a ValueError if there are dates with a time zone and without: the rows of each."""
    if len(zoned) > 1:
        received = f"none in row {zoned[False]}, one in row {zoned[True]}"
        raise problem(name, "hold dates that all have a time zone, or none", received)


def to_number(text: str) -> float | None:
    """Return the number that a text says, thousands and currency signs allowed; None for none.

    Example:
        >>> to_number("$1,000.50"), to_number("1 kg"), to_number("1,5")
        (1000.5, None, None)
    """
    text = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "")
    sign, text = (text[0], text[1:]) if text[:1] in "+-" and text[1:] else ("", text)
    bare = text.strip(_CURRENCY + " ")
    if _PLAIN.fullmatch(bare):
        return float(sign + bare) if bare[:1] not in "+-" or not sign else None
    if _THOUSANDS.fullmatch(bare):
        return float(sign + bare.replace(",", ""))
    return None
