"""A model of a table's rows: data frames in, data frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from keras_ae import _checks
from keras_ae.execution import arguments
from keras_ae.layers import Likelihood
from keras_ae.tables import _model_file
from keras_ae.tables._fitted_table import FittedTable
from keras_ae.tables._frames import as_table
from keras_ae.tables._making import trained_model
from keras_ae.tables.bounds import TableBound, TableELBO
from keras_ae.tables.table_schema import TableSchema


class TableModel(FittedTable):
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
        self._trained: Any = None  # a `Trained`, once there is one
        self._loaded = False

    @property
    def model(self) -> Any:
        """The Keras model of the codes; None before `fit`."""
        return None if self._trained is None else self._trained.model

    def fit(
        self,
        data: Any,
        epochs: int = 200,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        verbose: Any = 0,
        callbacks: Sequence[Any] | None = None,
    ) -> Self:
        """Train on a table; missing cells are left out, in the encoder and in the loss.

        A new model is made, with the schema that there is. A model that was loaded goes on with
        its schema, its weights, its optimizer's state and the order of its batches: an epoch,
        `save`, `load` and an epoch are two epochs.

        Parquet files are trained on in memory that doesn't grow with their rows. Codes of up to 16
        MB (140,000 rows of 30 columns) are held, as those of a data frame are. Of larger files,
        row groups come in random order in each epoch, and as many rows as 16 MB hold are mixed
        with each other, so write row groups of some 10,000 rows. They are read and encoded while
        the model trains on the rows before; one seed gives one order.

        Args:
            data: A pandas data frame, one of another library, a dict of columns, a list of dicts;
                or a `ParquetTable` or its path, for what doesn't fit in memory.
            epochs: Integer >= 1.
            batch_size: Integer >= 1.
            learning_rate: Number > 0, Adam's.
            verbose: As in Keras; the look at a file that makes a schema shows its progress, too.
            callbacks: Sequence of Keras callbacks, optional.

        Returns:
            The model.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: One is out of range, or a column can't be used. Nothing was trained then;
                of a file that is read as it is trained on, with a schema that was given, cells
                are looked at in the first epoch. After any error the model is as it was.
            keras_ae.training.NonFiniteLossError: The loss isn't finite, of too large a rate.
        """
        epochs = _checks.integer("epochs", epochs, minimum=1)
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        rate = float(_checks.number("learning_rate", learning_rate, above=0))
        options = arguments.checked(verbose=verbose, callbacks=callbacks)
        verbose, callbacks = options["verbose"], options["callbacks"] or []
        table = as_table("data", data, verbose=bool(verbose))
        schema = TableSchema.infer(table) if self.schema is None else self.schema
        before = self._trained if self._loaded else None
        self._trained = trained_model(
            self, schema, table, epochs, batch_size, rate, verbose, callbacks, before
        )
        self.schema = schema
        return self

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Save model and schema to one file, without pickle; `load` is the inverse.

        Args:
            path: String or path of the file.
            overwrite: Whether to replace a file that is there.

        Raises:
            ValueError: There is something already, or the model isn't fitted.
        """
        schema, _ = self._fitted()
        _model_file.save(self._trained, schema, path, overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the model that `save` or an export wrote; `fit` trains what `save` wrote further.

        Args:
            path: String or path of the file, or of the folder that `export_model` wrote.

        Raises:
            ValueError: The file is missing or isn't such a model.
        """
        trained, schema = _model_file.load(path)
        latent_dim = trained.model.bottleneck.latent_dim
        made = cls(schema, latent_dim=latent_dim, seed=trained.seed)
        made._trained, made._loaded = trained, True
        return made
