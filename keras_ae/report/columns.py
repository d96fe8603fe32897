"""What the columns of a table hold, or the channels of a series: real cells and generated ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae import plotting
from keras_ae.evaluation import association_matrix
from keras_ae.plotting import ReportPicture, ReportSection, ReportTable

Array = np.ndarray[Any, Any]
UNORDERED = ("binary", "categorical")
CATEGORIES = (*UNORDERED, "ordinal")
MAX_COLUMNS = 30  # that have a picture each
MAX_ASSOCIATED = 20  # columns in a matrix, whose names then can be read


@dataclasses.dataclass(frozen=True, eq=False)
class Column:
    """A column, or a channel.

    Args:
        name: String.
        kind: String, as `TableColumn.kind`.
        words: String, what it holds.
        real: Array of its cells: float64 (NaN where missing), datetime64 (NaT) or objects (None).
        generated: Array of generated ones of the same type; None without any.
        order: Sequence of categories in the order in which to draw them; None for the most
            frequent first.
        is_modelled: Whether the model sees it.
    """

    name: str
    kind: str
    words: str
    real: Array
    generated: Array | None = None
    order: Sequence[Any] | None = None
    is_modelled: bool = True


@dataclasses.dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a table or the channels of a series.

    Args:
        columns: Sequence of `Column`s.
        codes: Array of shape (rows, modelled columns): numbers and places of categories, NaN where
            a cell is missing.
        generated: Array like it of generated rows; None without any.
        each: String, what one of them is called: "column" or "channel".
        rows: String, whose cells they are, such as "800 rows of the test part".
    """

    columns: Sequence[Column]
    codes: Array
    generated: Array | None
    each: str
    rows: str


def column_sections(columns: Columns) -> list[ReportSection]:
    """Return histograms and what each column holds, associations, and what is missing."""
    sections = [_histograms(columns), _associations(columns), _missing(columns)]
    return [section for section in sections if section is not None]


def distance(real: Array, generated: Array, kind: str) -> float | None:
    """Return how far generated cells are from real ones, 0 to 1; None where all are missing.

    The Kolmogorov-Smirnov statistic of numbers and dates: the largest difference of their
    distribution functions. The total variation distance of categories: half the sum of the
    differences of their shares.
    """
    pair = [_present(each) for each in (real, generated)]
    if not all(len(each) for each in pair):
        return None
    together, places = np.unique(np.concatenate(pair), return_inverse=True)
    places = places.reshape(-1)
    parts = np.split(places, [len(pair[0])])
    shares = [np.bincount(each, minlength=len(together)) / len(each) for each in parts]
    if kind in CATEGORIES:
        return float(np.abs(shares[0] - shares[1]).sum() / 2)
    return float(np.abs(np.cumsum(shares[0] - shares[1])).max())


def missing_share(cells: Array) -> float:
    """Return the share of missing cells."""
    return 1.0 - len(_present(cells)) / len(cells)


def _present(cells: Array) -> Array:
    if cells.dtype.kind == "O":
        return np.array([str(each) for each in cells if each is not None])
    found: Array = cells[~(np.isnat(cells) if cells.dtype.kind == "M" else np.isnan(cells))]
    return found


def _histograms(columns: Columns) -> ReportSection:
    pictures: list[ReportPicture] = []
    rows: list[tuple[str, ...]] = []
    apart = {
        column.name: distance(column.real, column.generated, column.kind)
        for column in columns.columns
        if column.is_modelled and column.generated is not None
    }
    drawn = [
        column for column in columns.columns if column.is_modelled and len(_present(column.real))
    ]
    for column in drawn[:MAX_COLUMNS]:
        figure = plotting.column_histogram(
            column.real,
            column.generated,
            column.kind,
            column.order,
            title=column.name + (f" ({column.kind})" if columns.each == "column" else ""),
        )
        alt = f"{column.name}, {column.kind}: {column.words}"
        if apart.get(column.name) is not None:
            alt += f"; generated and real differ by {apart[column.name]:.2f}"
        pictures.append(ReportPicture(figure, alt))
    for column in columns.columns:
        gaps = f"{missing_share(column.real):.1%}"
        far = apart.get(column.name)
        told = "" if far is None else f"{far:.3f}"
        rows.append((column.name, column.kind, column.words, gaps, told))
    head: tuple[str, ...] = (columns.each, "kind", "values", "missing", "generated differ by")
    if not apart:
        head, rows = head[:-1], [row[:-1] for row in rows]
    text = f"What each {columns.each} holds, in {columns.rows}."
    if apart:
        text += " Generated cells differ from real ones by the Kolmogorov-Smirnov statistic"
        if {column.kind for column in drawn}.intersection(CATEGORIES):
            text += " of numbers and dates, and the total variation distance of categories"
        text += ": 0 if they are distributed alike, at most 1."
    if len(drawn) > MAX_COLUMNS:
        text += f" The first {MAX_COLUMNS} of {len(drawn)} are drawn."
    title = f"{columns.each.capitalize()}s"
    return ReportSection(title, text, pictures, [ReportTable(head, rows, f"{title} in words")])


def _associations(columns: Columns) -> ReportSection | None:
    modelled = [column for column in columns.columns if column.is_modelled]
    if len(modelled) < 2:
        return None
    shown = modelled[:MAX_ASSOCIATED]
    names = [column.name for column in shown]
    unordered = [place for place, column in enumerate(shown) if column.kind in UNORDERED]
    real = association_matrix(columns.codes[:, : len(shown)], unordered)
    if np.isnan(real).all():  # of too few rows
        return None
    figures: dict[str, tuple[Array, str]] = {"Real": (real, _strongest(real, names, "strongest"))}
    if columns.generated is not None:
        made = association_matrix(columns.generated[:, : len(shown)], unordered)
        figures["Generated"] = (made, _strongest(made, names, "strongest"))
        apart = made - real
        figures["Generated minus real"] = (apart, _strongest(apart, names, "largest difference"))
    pictures = [
        ReportPicture(
            plotting.association_heatmap(matrix, names, title),
            f"Associations of {len(names)} {columns.each}s, {title.lower()}; {words}",
        )
        for title, (matrix, words) in figures.items()
    ]
    text = f"How the {columns.each}s go together: Spearman's rank correlation of numbers"
    if unordered:
        text += (
            ", Cramér's V of categories, the correlation ratio of ranks of one of each. V and the "
            "ratio are never negative, and above 0 by chance in few rows"
        )
    text += ". Grey: not defined, as one has a single value where the other is there."
    if len(shown) < len(modelled):
        text += f" The first {len(shown)} of {len(modelled)} are shown."
    return ReportSection("Associations", text, pictures)


def _strongest(matrix: Array, names: Sequence[str], what: str) -> str:
    """Return which pair of different columns has the largest absolute value."""
    pairs = np.abs(matrix) * (1 - np.eye(len(matrix)))
    if not np.nan_to_num(pairs).any():
        return "none is above 0"
    one, other = map(int, np.unravel_index(np.nanargmax(pairs), pairs.shape))
    return f"{what} {matrix[one, other]:.2f}, {names[one]} and {names[other]}"


def _missing(columns: Columns) -> ReportSection | None:
    shares = {column.name: missing_share(column.real) for column in columns.columns}
    made = {
        column.name: 0.0 if column.generated is None else missing_share(column.generated)
        for column in columns.columns
    }
    if not any(shares.values()) and not any(made.values()):
        return None
    figure = plotting.missing_bars(shares, made if any(made.values()) else None)
    name = max(shares, key=lambda each: shares[each])
    alt = f"Share of missing cells by {columns.each}: most in {name}, {shares[name]:.1%}"
    text = f"What is missing in {columns.rows}."
    if not any(made.values()):
        text += " Generated rows have all cells."
    return ReportSection("Missing cells", text, [ReportPicture(figure, alt)])
