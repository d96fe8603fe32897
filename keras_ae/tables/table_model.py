"""A model of a table's rows: data frames in, data frames out."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from keras_ae import _checks
from keras_ae.layers import Likelihood
from keras_ae.tables import _imputation, _model_file
from keras_ae.tables._frames import as_frame
from keras_ae.tables._making import trained_model
from keras_ae.tables._rows import filled, new_rows
from keras_ae.tables.bounds import TableBound, TableELBO
from keras_ae.tables.table_schema import TableSchema

REST = "rest"  # of a score, what belongs to no column
STATISTICS = ("mean", "most_likely")
ROWS_AT_ONCE = 1024


class TableModel:
    """A variational autoencoder of a table with columns of all kinds and missing cells.

    Each kind of column has its likelihood: a Gaussian for numbers and dates, a log-normal for
    positive numbers, a negative binomial for counts, a Bernoulli, a categorical, an ordinal. What
    is missing is left out of them.

    Args:
        schema: A `TableSchema`; None to infer one in `fit`.
        latent_dim: Integer >= 1, size of the latent.
        bound: A `TableBound`: `TableELBO()`, which None stands for, `MIWAE()` or `NotMIWAE()`.
        likelihoods: Dict from a column's name to a `Likelihood` of its codes, in the place of its
            kind's, such as `StudentTLikelihood()` for numbers with outliers; None for no other.
        units: Sequence of positive integers, sizes of the encoder's layers; the decoder's are the
            same, the other way round.
        activation: Keras activation of those layers.
        seed: Integer >= 0 or None; one seed gives the same model again.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: One is out of range.

    Example:
        >>> import numpy as np, pandas as pd
        >>> random = np.random.default_rng(0)
        >>> frame = pd.DataFrame({"height": random.normal(170, 10, 200).round(1)})
        >>> frame["weight"] = (frame.height - 100 + random.normal(0, 5, 200)).round(1)
        >>> frame["sport"] = np.where(random.random(200) < 0.5, "yes", "no")
        >>> frame.loc[::10, "weight"] = None
        >>> model = TableModel(latent_dim=2, units=(16,), seed=0).fit(frame, epochs=2)
        >>> print(model.schema)
        height: numeric, 146 to 190
        weight: numeric, 40.4 to 102.4, 10.0% missing
        sport: binary, 2: no, yes
        >>> bool(model.impute(frame, num_samples=50).isna().any().any())
        False
        >>> model.generate(3, seed=0).shape, model.score(frame).shape
        ((3, 3), (200,))

    Reference:
        Nazabal et al., Handling Incomplete Heterogeneous Data using VAEs, 2020.
    """

    def __init__(
        self,
        schema: TableSchema | None = None,
        latent_dim: int = 8,
        bound: TableBound | None = None,
        likelihoods: Mapping[str, Likelihood] | None = None,
        units: Sequence[int] = (128, 64),
        activation: Any = "relu",
        seed: int | None = None,
    ) -> None:
        if schema is not None:
            _checks.instance("schema", schema, TableSchema, "a TableSchema or None")
        self.schema = schema
        self.latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
        expected = "a TableBound or None"
        self.bound = _checks.instance("bound", bound or TableELBO(), TableBound, expected)
        expected = "a dict from columns to Likelihoods"
        given = {} if likelihoods is None else likelihoods
        self.likelihoods = dict(_checks.instance("likelihoods", given, Mapping, expected))
        for likelihood in self.likelihoods.values():
            _checks.instance("likelihoods", likelihood, Likelihood, expected)
        self.units = _checks.integers("units", units, empty=True)
        self.activation = activation
        self.seed = _checks.seed("seed", seed)
        self.model: Any = None
        self._loaded = False

    def fit(
        self,
        data: Any,
        epochs: int = 200,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        verbose: Any = 0,
    ) -> Self:
        """Train on a table; missing cells are left out, in the encoder and in the loss.

        Args:
            data: A pandas data frame, one of another library, a dict of columns or a list of
                dicts.
            epochs: Integer >= 1.
            batch_size: Integer >= 1.
            learning_rate: Number > 0, Adam's.
            verbose: As in Keras.

        Returns:
            The model.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: One is out of range, or a column can't be used. Nothing was trained then.
            keras_ae.training.NonFiniteLossError: The loss isn't finite, of too large a rate.
        """
        if self._loaded:
            raise ValueError(
                "A model from a file is complete: train a new one, TableModel(schema, ...). "
                "Received: a model that was loaded"
            )
        epochs = _checks.integer("epochs", epochs, minimum=1)
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        rate = float(_checks.number("learning_rate", learning_rate, above=0))
        schema = TableSchema.infer(data) if self.schema is None else self.schema
        x = schema.encode(data)
        model = trained_model(self, schema, x, epochs, batch_size, rate, verbose)
        self.schema, self.model = schema, model
        return self

    def impute(
        self, data: Any, num_samples: int = 1000, statistic: str = "mean", seed: int = 0
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

        Returns:
            A `pandas.DataFrame` of the same rows, with all modelled cells; what was there is
            unchanged.

        Raises:
            ValueError: The data don't fit the schema, or an argument is out of range.
        """
        _checks.choice("statistic", statistic, STATISTICS)
        schema, x, found = self._conditionals(data, num_samples, seed)
        likely = statistic == "most_likely"
        fill = functools.partial(_imputation.single, schema=schema, most_likely=likely)
        (codes,) = _imputation.completed(x, found, [fill])
        return filled(schema, data, codes)

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
        schema, x, found = self._conditionals(data, num_samples, seed)
        random = np.random.default_rng(seed)
        fill = functools.partial(_imputation.resampled, schema=schema, random=random)
        tables = _imputation.completed(x, found, [fill] * count)
        return [filled(schema, data, codes) for codes in tables]

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

    def score(self, data: Any) -> np.ndarray:
        """Return how strange each row is: nll and KL at the posterior's mean, of its codes.

        Args:
            data: A table, as in `fit`.

        Returns:
            Array of shape (rows,), in nats; higher is stranger.
        """
        schema, model = self._fitted()
        return model.anomaly_score(schema.encode(data))

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
        terms, rest = endpoint.predict([schema.encode(frame)], ROWS_AT_ONCE)
        names = [column.name for column in schema.modelled]
        name = REST + "_" * (REST in names)
        return pd.DataFrame(terms, frame.index, names).assign(**{name: rest})

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Save model and schema to one file, without pickle; `load` is the inverse.

        Args:
            path: String or path of the file.
            overwrite: Whether to replace a file that is there.

        Raises:
            ValueError: There is something already, or the model isn't fitted.
        """
        schema, model = self._fitted()
        _model_file.save(model, schema, path, overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the model that `save` or an export wrote; it is complete: `fit` refuses it.

        Args:
            path: String or path of the file, or of the folder that `export_model` wrote.

        Raises:
            ValueError: The file is missing or isn't such a model.
        """
        model, schema = _model_file.load(path)
        made = cls(schema, latent_dim=model.bottleneck.latent_dim)
        made.model, made._loaded = model, True
        return made

    def _fitted(self) -> tuple[TableSchema, Any]:
        if self.model is None or self.schema is None:
            raise ValueError(
                "A TableModel must be fitted before it is used: call fit(data). "
                "Received: one that isn't"
            )
        return self.schema, self.model

    def _conditionals(self, data: Any, num_samples: Any, seed: Any) -> tuple[Any, Any, Any]:
        schema, model = self._fitted()
        num_samples = _checks.integer("num_samples", num_samples, minimum=1)
        seed = _checks.seed("seed", _checks.integer("seed", seed, minimum=0))
        x = schema.encode(data)
        if not np.isnan(x).any():
            return schema, x, ()
        return schema, x, _imputation.conditionals(model, x, num_samples, seed)
