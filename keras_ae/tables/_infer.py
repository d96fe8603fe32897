"""Which kind a column is of, judged by its cells, however many pieces they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_ae import _checks
from keras_ae.tables._cells import CATEGORY, DATE, NUMBER, ORDERED, TEXT, Cells, problem
from keras_ae.tables._facts import Facts, Numbers
from keras_ae.tables._reading import (
    Different,
    as_dates,
    as_numbers,
    as_words,
    different,
    is_text,
    known,
    read_cells,
    without_arrow,
)
from keras_ae.tables._text import Text, to_number
from keras_ae.tables.kinds import KINDS
from keras_ae.tables.table_column import TableColumn

NAMED = ("binary", "categorical", "ordinal", "identifier")  # of these kinds text stays text
OF_CATEGORIES = ("binary", "categorical", "ordinal", "constant")  # these keep pandas' own type
MAX_CATEGORIES = 1000  # of a column: beyond, it is no longer a column of categories
FEWEST_IDENTIFIERS = 20  # different values in as many rows: fewer may be chance
SKEW = 1.0  # of positive numbers that a logarithm makes less skewed


class Column:
    """A column whose kind is found piece by piece.

    Args:
        name: The column's name.
        kind: Its kind, if the user says it.
        order: Its categories, lowest first, if the user says them: an ordinal.

    Raises:
        ValueError: They can't be.
    """

    def __init__(self, name: str, kind: str | None = None, order: Any = None) -> None:
        self._name, self._kind = name, kind
        self._order = None if order is None else _levels(name, order)
        self._words = kind in NAMED
        if self._order is not None:
            self._words = any(isinstance(one, str) for one in self._order)
            if kind not in (None, "ordinal"):
                raise problem(name, "be ordinal, as it has an order", f"kinds[{name!r}]={kind!r}")
        # By the type of cells: what text says is known only when all of it was seen.
        self._facts: dict[str, Facts] = {}
        self._failed: dict[str, ValueError] = {}
        self._types: set[str] = set()
        self._text: Text | None = None
        self._nothing = 0  # rows of pieces that hold nothing

    def see(self, series: Any, first_row: int = 0) -> None:
        """Take the next piece in, a pandas column.

        Args:
            series: The piece.
            first_row: The number of its first row.

        Raises:
            ValueError: It can't be used.
        """
        plain = without_arrow(series)
        if is_text(plain):
            dtype = str(plain.dtype) if plain is series else known(series.dtype, str(plain.dtype))
            self._see_text(different(plain, first_row), dtype)
            return
        cells = read_cells(self._name, series, self._words, first_row)
        if cells.missing.all() and cells.levels is None:
            self._nothing += len(cells.values)
            return
        self._types.add(cells.type)
        self._of(cells.type).see(cells)

    def _see_text(self, found: Different, dtype: str) -> None:
        self._types.add(TEXT)
        self._of(TEXT).see(as_words(self._name, found, dtype))
        if self._words:
            return
        text = self._text = self._text or Text(self._name)
        text.see(found.values, found.counts, found.rows)
        if text.may_be_dates:
            self._try(DATE, lambda: as_dates(self._name, found, text.date_type))
        if text.may_be_numbers:
            numbers = [to_number(value) for value in found.values]
            self._try(NUMBER, lambda: as_numbers(self._name, found, numbers))

    def _try(self, type: str, read: Callable[[], Cells]) -> None:
        """Take text in as dates or numbers, which it may turn out not to say."""
        try:
            self._of(type).see(read())
        except ValueError as error:
            self._failed.setdefault(type, error)

    def _of(self, type: str) -> Facts:
        return self._facts.setdefault(type, Facts(self._name, type))

    def column(self) -> TableColumn:
        """Return what the column is.

        Raises:
            ValueError: It can't be used, or not as the kind that the user says.
        """
        facts, kind = self._whole(), self._kind
        if self._order is not None:
            _order(facts, self._order)
            kind = "ordinal"
        kind = kind or kind_of(facts)
        _check_kind(facts, kind)
        record = KINDS[kind].record(facts)
        if facts.dtype in (CATEGORY, ORDERED) and kind in OF_CATEGORIES:
            record["levels"] = list(facts.levels or ())
        return TableColumn(
            self._name, kind, _dtype_of(facts, kind), facts.missing / facts.rows, record
        )

    def _whole(self) -> Facts:
        """Return what was seen of all pieces, as cells of the one type that they are."""
        if len(self._types) > 1:
            received = " and ".join(sorted(self._types))
            expected = "hold values of one type: convert it, or leave it out"
            raise problem(self._name, expected, received)
        facts = self._of(next(iter(self._types), NUMBER))
        if self._text is not None and facts.present:
            facts = self._of(self._text.type())
            if facts.type in self._failed:
                raise self._failed[facts.type]
            if facts.type == DATE:
                facts.seen_dtype = self._text.date_type
        facts.rows += self._nothing
        facts.missing += self._nothing
        return facts


def kind_of(facts: Facts) -> str:
    """Return the name of a column's kind.

    Raises:
        ValueError: It has no cells that aren't missing, or too many categories.
    """
    _check_present(facts)
    count = facts.different.count
    if count == 1:
        return "constant"
    if facts.levels is not None:
        return "ordinal" if facts.ordered else "binary" if count == 2 else "categorical"
    if facts.type == DATE:
        return "datetime"
    numbers = facts.numbers
    if count == 2 and (numbers is None or numbers.are_whole):
        return "binary"
    if numbers is not None:
        return _kind_of_numbers(numbers)
    if not facts.different.repeated and count >= FEWEST_IDENTIFIERS and facts.type == TEXT:
        return "identifier"
    if count > MAX_CATEGORIES:
        raise problem(
            facts.name,
            f"have at most {MAX_CATEGORIES:,} categories: pool the rare ones, leave it out, or "
            f"say kinds={{{facts.name!r}: 'identifier'}}",
            f"{facts.different} in {facts.present:,} rows",
        )
    return "categorical"


def _kind_of_numbers(numbers: Numbers) -> str:
    if numbers.are_whole:
        if numbers.are_running and numbers.moments.count >= FEWEST_IDENTIFIERS:
            return "identifier"
        low, high = numbers.low, numbers.high
        # Years are whole and positive, too, but don't begin near 0.
        return "count" if low >= 0 and low <= high - low else "numeric"
    skewness = numbers.moments.skewness
    if numbers.low > 0 and skewness > SKEW and abs(numbers.log_moments.skewness) < skewness:
        return "positive"
    return "numeric"


def _check_present(facts: Facts) -> None:
    if not facts.present:
        raise problem(facts.name, "have a cell that isn't missing, or be left out", "none")


def _check_kind(facts: Facts, kind: str) -> None:
    """Raise a ValueError if a column has numbers that merge, or too many categories."""
    _check_present(facts)
    numbers = facts.numbers if facts.type == NUMBER and kind != "identifier" else None
    if numbers is not None and numbers.merge:
        received = f"{numbers.largest:.0f}: make it text, leave it out, or say "
        received += f"kinds={{{facts.name!r}: 'identifier'}}"
        raise problem(facts.name, "hold whole numbers below 2**53", received)
    count = len(facts.levels) if facts.ordered and facts.levels else facts.different.count
    if kind in ("categorical", "ordinal") and count > MAX_CATEGORIES:
        received = f"{count:,}" if facts.ordered else f"{facts.different}"
        raise problem(facts.name, f"have at most {MAX_CATEGORIES:,} categories", received)


def _order(facts: Facts, levels: tuple[Any, ...]) -> None:
    """Give a column's categories the order that the user says."""
    known = set(levels)
    strange = [value for value in facts.different.values if value not in known]
    if strange:
        shown = (", ".join(map(_checks.shown, values)) for values in (levels, strange))
        raise problem(facts.name, f"have the categories {next(shown)}", next(shown))
    facts.levels, facts.ordered = levels, True


def _levels(name: str, order: Any) -> tuple[Any, ...]:
    """Return an order of categories: text, numbers or truths, each once."""
    argument = f"orders[{name!r}]"
    levels = tuple(_checks.items(argument, order, "a sequence of categories"))
    wrong = [level for level in levels if not isinstance(level, (str, int, float))]
    if wrong or len(set(levels)) < len(levels):
        raise ValueError(
            f"`{argument}` must be text or numbers, each once. Received: {_checks.shown(order)}"
        )
    return levels


def _dtype_of(facts: Facts, kind: str) -> str:
    """Return what pandas calls the type of decoded values."""
    if kind == "identifier" and facts.type not in (NUMBER, TEXT):
        return "int64"  # decoded ones are numbered
    if facts.dtype in (CATEGORY, ORDERED) and kind not in OF_CATEGORIES:
        return "float64" if facts.type == NUMBER else "str"
    return facts.dtype
