"""What a fitted model of a table does: fill, draw, score."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.tables import _imputation
from keras_ae.tables._batches import streamed_batches
from keras_ae.tables._frames import as_frame, as_table
from keras_ae.tables._rows import new_rows
from keras_ae.tables._writing import check_target, write_parquet
from keras_ae.tables.parquet_table import ROWS_AT_ONCE, ParquetTable
from keras_ae.tables.table_schema import TableSchema

REST = "rest"  # of a score, what belongs to no column
STATISTICS = ("mean", "most_likely")
ROWS_A_BATCH = 1024


class FittedTable:
    """The methods of `TableModel` that need a schema and a model."""

    schema: TableSchema | None

    @property
    def model(self) -> Any:
        """The Keras model of the codes; None before `fit`."""
        raise NotImplementedError

    def impute(
        self,
        data: Any,
        num_samples: int = 1000,
        statistic: str = "mean",
        seed: int = 0,
        output: str | Path | None = None,
    ) -> Any:
        """Fill what is missing in a table.

        A row's latents are drawn from its posterior and weighted by how well they explain what is
        there (self-normalized importance sampling). A category's cell becomes the likeliest one.

        Args:
            data: A table, as in `fit`.
            num_samples: Integer >= 1, latents a row.
            statistic: String: "mean", the expected number, or "most_likely", the number at the
                likeliest latent.
            seed: Integer >= 0 of the draws.
            output: String or path, optional: a new .parquet file for the filled table, which is
                then written piece by piece; a `ParquetTable`'s columns keep their types.

        Returns:
            A `pandas.DataFrame` of the same rows, with all modelled cells; what was there is
            unchanged. The path, if the table was written to one.

        Raises:
            ValueError: The data don't fit the schema, an argument is out of range, or there is
                something at `output` already.
        """
        _checks.choice("statistic", statistic, STATISTICS)
        target = None if output is None else check_target("output", output)
        likely = statistic == "most_likely"
        fill = functools.partial(_imputation.single, most_likely=likely)
        exact = target is not None
        table, parts = self._imputed(data, [fill], num_samples, seed, exact)
        frames = (frame for (frame,) in parts)
        return _joined(frames) if target is None else write_parquet(target, table, frames)

    def draw_imputations(
        self, data: Any, count: int = 5, num_samples: int = 1000, seed: int = 0
    ) -> list[Any]:
        """Fill what is missing several times, by draws: their spread says how sure it is.

        Args:
            data: A table, as in `fit`.
            count: Integer >= 1, how many tables.
            num_samples: Integer >= 1, latents a row, of which each table takes one by its weight.
            seed: Integer >= 0 of the draws.

        Returns:
            List of `pandas.DataFrame`s.
        """
        count = _checks.integer("count", count, minimum=1)
        random = np.random.default_rng(seed)
        fill = functools.partial(_imputation.resampled, random=random)
        _, parts = self._imputed(data, [fill] * count, num_samples, seed)
        return [_joined(frames) for frames in zip(*parts, strict=True)]

    def generate(self, n: int, seed: int | None = None) -> Any:
        """Return new rows, drawn from the prior and the likelihood, without missing cells.

        Args:
            n: Integer >= 1, number of rows.
            seed: Integer >= 0 or None; one seed gives the same rows again.

        Returns:
            A `pandas.DataFrame` of the types of the table that was trained on. A constant column
            has its value; identifiers are numbers of rows.

        Raises:
            TypeError: `n` or `seed` is not an integer.
            ValueError: One is out of range.
        """
        n, seed = _checks.integer("n", n, minimum=1), _checks.seed("seed", seed)
        schema, model = self._fitted()
        return schema.decode(new_rows(model, schema, n, seed))

    def evaluate(self, data: Any, batch_size: int = 256) -> dict[str, float]:
        """Return the means of the loss and its terms over a table's rows, of their codes.

        Args:
            data: A table, as in `fit`.
            batch_size: Integer >= 1.

        Returns:
            Dict from "loss", "nll", "kl" and the like to nats a row, from sampled latents: the
            same again for the same table and `batch_size`.

        Raises:
            ValueError: The data don't fit the schema.
        """
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        schema, model = self._fitted()
        table = as_table("data", data)
        if isinstance(table, ParquetTable):
            stream = streamed_batches(schema, table, batch_size, ROWS_AT_ONCE, None)
            options = {"x": stream, "steps": stream.steps}
        else:
            options = {"x": schema.encode(table), "batch_size": batch_size}
        logs: dict[str, float] = model.evaluate(**options, verbose=0, return_dict=True)
        return logs

    def score(self, data: Any) -> np.ndarray:
        """Return how strange each row is: nll and KL at the posterior's mean, of its codes.

        Args:
            data: A table, as in `fit`.

        Returns:
            Array of shape (rows,), in nats; higher is stranger.
        """
        schema, model = self._fitted()
        parts = schema._pieces(as_table("data", data))
        return np.concatenate([model.anomaly_score(codes) for _, codes in parts])

    def log_likelihood(self, data: Any, num_samples: int = 1000, seed: int = 0) -> np.ndarray:
        """Return the importance-weighted log-likelihood of each row's cells, in their own units.

        Args:
            data: A table, as in `fit`.
            num_samples: Integer >= 1, latents a row.
            seed: Integer >= 0.

        Returns:
            Array of shape (rows,), in nats.
        """
        schema, model = self._fitted()
        x = schema.encode(data)
        of_codes = model.log_likelihood(x, num_samples=num_samples, seed=seed)
        return of_codes + schema.log_jacobian(x).sum(axis=1)

    def attribute(self, data: Any) -> Any:
        """Return what each column contributes to each row's score.

        Args:
            data: A table, as in `fit`.

        Returns:
            A `pandas.DataFrame` of the same rows, with a column for each that is modelled and
            "rest", the KL ("rest_" where the table has a "rest"); a row's sum is its score, and a
            missing cell's share is 0.

        Raises:
            ValueError: The data don't fit the schema.
        """
        import pandas as pd

        schema, model = self._fitted()
        endpoint = model.endpoint("score_terms", lambda x: model.score_terms(x))
        frame = as_frame("data", data)
        terms, rest = endpoint.predict([schema.encode(frame)], ROWS_A_BATCH)
        names = [column.name for column in schema.modelled]
        name = REST + "_" * (REST in names)
        return pd.DataFrame(terms, frame.index, names).assign(**{name: rest})

    def _fitted(self) -> tuple[TableSchema, Any]:
        if self.model is None or self.schema is None:
            raise ValueError(
                "A TableModel must be fitted before it is used: call fit(data). "
                "Received: one that isn't"
            )
        return self.schema, self.model

    def _imputed(
        self,
        data: Any,
        fills: Sequence[_imputation.Fill],
        num_samples: Any,
        seed: Any,
        exact: bool = False,
    ) -> tuple[Any, Iterator[list[Any]]]:
        """Return a table, and the filled frames of its pieces, one for each way to fill."""
        schema, model = self._fitted()
        num_samples = _checks.integer("num_samples", num_samples, minimum=1)
        seed = _checks.seed("seed", _checks.integer("seed", seed, minimum=0))
        table = as_table("data", data)
        parts = _imputation.filled_pieces(model, schema, table, fills, num_samples, seed, exact)
        return table, parts


def _joined(frames: Iterable[Any]) -> Any:
    """Return pieces of a table as one data frame."""
    import pandas as pd

    frames = list(frames)
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
