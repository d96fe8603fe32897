"""What a model of a table is trained on: bounds of the likelihood of what isn't missing."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keras_ae import _checks


class TableBound(abc.ABC):
    """A lower bound of the log-likelihood of the cells that are there."""

    @abc.abstractmethod
    def options(self, columns: Sequence[Any], sizes: Sequence[int]) -> dict[str, Any]:
        """Return what the recipe `table_vae` is asked for.

        Args:
            columns: Sequence of `Likelihood`s.
            sizes: Sequence of integers, how many columns each is of.
        """


@dataclass(frozen=True)
class TableELBO(TableBound):
    """The evidence bound, of one latent a row: a variational autoencoder of incomplete rows.

    Example:
        >>> TableELBO()
        TableELBO()

    Reference:
        Nazabal et al., Handling Incomplete Heterogeneous Data using VAEs, 2020.
    """

    def options(self, columns: Sequence[Any], sizes: Sequence[int]) -> dict[str, Any]:
        """Return the columns."""
        return {"columns": columns, "sizes": sizes}


@dataclass(frozen=True)
class MIWAE(TableBound):
    """The importance-weighted bound, of several latents a row; cells are missing at random.

    Args:
        num_samples: Integer >= 1, latents a row.

    Raises:
        TypeError: `num_samples` is not an integer.
        ValueError: It is less than 1.

    Example:
        >>> MIWAE(num_samples=20)
        MIWAE(num_samples=20)

    Reference:
        Mattei and Frellsen, MIWAE: Deep Generative Modelling and Imputation of Incomplete Data
        Sets, 2019, equation 5.
    """

    num_samples: int = 20

    def __post_init__(self) -> None:
        _checks.integer("num_samples", self.num_samples, minimum=1)

    def options(self, columns: Sequence[Any], sizes: Sequence[int]) -> dict[str, Any]:
        """Return the columns and the number of latents."""
        return {"columns": columns, "sizes": sizes, "num_samples": self.num_samples}


@dataclass(frozen=True)
class NotMIWAE(MIWAE):
    """MIWAE where a cell may be missing because of its value: which are there counts, too.

    The chance that a cell is missing is a logistic function of its own value, learned with the
    model; `SelfMaskedTableLikelihood` has it.

    Args:
        num_samples: Integer >= 1, latents a row.

    Raises:
        TypeError: `num_samples` is not an integer.
        ValueError: It is less than 1.

    Example:
        >>> NotMIWAE(num_samples=20)
        NotMIWAE(num_samples=20)

    Reference:
        Ipsen, Mattei and Frellsen, not-MIWAE: Deep Generative Modelling with Missing not at Random
        Data, 2021, equation 5.
    """

    def options(self, columns: Sequence[Any], sizes: Sequence[int]) -> dict[str, Any]:
        """Return the likelihood with the model of what is missing, and the number of latents."""
        from keras_ae import layers

        likelihood = layers.SelfMaskedTableLikelihood(columns, sizes)
        return {"likelihood": likelihood, "num_samples": self.num_samples}
