"""Kinds of columns: a further one is a class in a file here, and its row in `KINDS`."""

from keras_ae.tables.kinds.categories import Binary, Categorical, Ordinal
from keras_ae.tables.kinds.kind import Kind
from keras_ae.tables.kinds.left_out import Constant, Identifier
from keras_ae.tables.kinds.numbers import Count, Datetime, Numeric, Positive

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Numeric(),
        Positive(),
        Count(),
        Binary(),
        Categorical(),
        Ordinal(),
        Datetime(),
        Constant(),
        Identifier(),
    )
}

__all__ = ["KINDS", "Kind"]
