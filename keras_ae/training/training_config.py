"""Every option of a training run, in one place."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from keras_ae import _checks, _extras, _files

MAX_MESSAGE_CHARACTERS = 200  # of what a YAML reader says

Check = Callable[[str, Any], Any]


def _option(default: Any, help: str, check: Check) -> Any:
    return dataclasses.field(default=default, metadata={"help": help, "check": check})


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(
            f"`{name}` must be a non-empty string. Received: {name}={_checks.shown(value)}"
        )
    return value


def _integer(minimum: int) -> Check:
    return lambda name, value: _checks.integer(name, value, minimum=minimum)


def _number(**bounds: float) -> Check:
    return lambda name, value: float(_checks.number(name, value, **bounds))


def _sizes(name: str, value: Any) -> tuple[int, ...]:
    """Return sizes from a sequence, or from text such as "400,200"."""
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not all(part.isdecimal() for part in parts):
            raise TypeError(
                f"`{name}` must be positive integers with commas between them. "
                f"Received: {name}={_checks.shown(value)}"
            )
        value = [int(part) for part in parts]
    return _checks.integers(name, value, empty=True)


def _precision(name: str, value: Any) -> str:
    return _checks.choice(name, value, ("float32", "mixed_bfloat16", "mixed_float16"))


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """The options of one training run: what `keras-ae train` takes, and a file may hold.

    Each option's meaning is in its field's metadata, under "help" (`keras-ae train --help`). An
    option that is None is left to the model's recipe, or chosen to suit the data.

    Raises:
        TypeError: An option is of the wrong type.
        ValueError: An option is out of range, or two exclude each other.

    Example:
        >>> config = TrainingConfig(model="vae", latent_dim=2, units="64,32")
        >>> config.units, config.epochs
        ((64, 32), 20)
        >>> TrainingConfig(latent_dim=0)
        Traceback (most recent call last):
        ValueError: `latent_dim` must be an integer >= 1. Received: latent_dim=0
    """

    model: str = _option("vae", "Recipe, one of those that `list` shows.", _text)
    data: str = _option(
        "digits-subset",
        "Data set that `list` shows, an .npz, .npy, .csv or .parquet file, or a folder of images.",
        _text,
    )
    label: str | None = _option(None, "Column of a .csv file that holds labels.", _text)
    window: int | None = _option(
        None, "Train on windows of so many rows of a .csv file, a series over time.", _integer(1)
    )
    stride: int = _option(1, "Rows from one window to the next.", _integer(1))
    time: str | None = _option(
        None,
        "Column of a .csv file with the rows' times, which then must rise by one step.",
        _text,
    )
    max_examples: int | None = _option(None, "Use at most so many examples.", _integer(1))
    test_fraction: float = _option(
        0.2,
        "Share of the data to test on, if none are for that.",
        _number(minimum=0, below=1),
    )
    validation_fraction: float = _option(
        0.1, "Share of the training data to validate on.", _number(minimum=0, below=1)
    )
    normalize: bool | None = _option(
        None,
        "Scale each feature to mean 0 and variance 1 inside the model; nats are then those of "
        "the scaled data. Default: for tables and windows, unless the likelihood needs [0, 1].",
        _checks.boolean,
    )
    latent_dim: int = _option(16, "Size of the latent.", _integer(1))
    network: str | None = _option(
        None,
        "dense; conv, for images and windows; resnet, for images; lstm, gru, tcn or attention, "
        "for windows.",
        _text,
    )
    units: tuple[int, ...] | None = _option(
        None, 'Dense layers of the encoder, such as "400,200".', _sizes
    )
    filters: tuple[int, ...] | None = _option(
        None, 'Convolutions of the encoder, such as "32,64"; "" for none.', _sizes
    )
    activation: str | None = _option(None, "Keras activation of the hidden layers.", _text)
    likelihood: str | None = _option(
        None,
        "bernoulli, continuous_bernoulli, gaussian (one learned scale), gaussian_unit (scale 1), "
        "gaussian_per_output (predicted scales) or laplace.",
        _text,
    )
    beta: float | None = _option(None, "Weight of the KL.", _number(minimum=0))
    free_bits: float | None = _option(
        None, "Nats of KL that each latent dimension has for free.", _number(minimum=0)
    )
    capacity: float | None = _option(None, "KL in nats to aim at.", _number(minimum=0))
    beta_warmup: float | None = _option(
        None, "Epochs over which beta rises from 0.", _number(above=0)
    )
    beta_cycle: float | None = _option(
        None, "Epochs of a cycle in whose first half beta rises from 0.", _number(above=0)
    )
    components: int | None = _option(None, "Normals in the mixture prior.", _integer(1))
    codes: int | None = _option(None, "Codes of vq_vae's codebook, or of each stage.", _integer(2))
    stages: int | None = _option(None, "Codebooks of residual_vq_vae.", _integer(1))
    levels: tuple[int, ...] | None = _option(
        None, 'Levels of fsq_vae: of all numbers of a code, "8", or each, "8,5,5".', _sizes
    )
    categories: int | None = _option(None, "Categories of each variable, gumbel_vae.", _integer(2))
    k: int | None = _option(None, "Active units of an example, topk_sparse's.", _integer(1))
    adversarial_weight: float | None = _option(
        None, "Weight of vae_gan's discriminator in the loss.", _number(minimum=0)
    )
    corruption_rate: float | None = _option(
        None, "Share of values that a denoising model masks.", _number(minimum=0, maximum=1)
    )
    tied: bool | None = _option(
        None, "Tie a stacked model's decoder to its encoder.", _checks.boolean
    )
    pretrain_epochs: int = _option(
        0, "Epochs of layer-wise pretraining for each layer of a stacked model.", _integer(0)
    )
    code_prior_epochs: int = _option(
        0, "Epochs of a prior over the codes of a model of indices, after its own.", _integer(0)
    )
    epochs: int = _option(20, "Epochs.", _integer(1))
    batch_size: int = _option(128, "Examples in a batch.", _integer(1))
    learning_rate: float = _option(1e-3, "Adam's learning rate.", _number(above=0))
    early_stopping: int | None = _option(
        None,
        "Stop after so many epochs without a better validation loss, and keep the best model.",
        _integer(1),
    )
    precision: str = _option("float32", "float32, mixed_bfloat16 or mixed_float16.", _precision)
    jit: bool | None = _option(
        None,
        "Compile with XLA. Default: where a training is long enough to repay it.",
        _checks.boolean,
    )
    steps_per_execution: int | None = _option(
        None,
        "Steps in one compiled call. Default: as many as take about a quarter of a second, 1 in a "
        "training of fewer than 300 steps.",
        _integer(1),
    )
    seed: int = _option(0, "Seed of weights, noise and the order of the data.", _integer(0))

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None or field.default is not None:
                checked = field.metadata["check"](field.name, value)
                object.__setattr__(self, field.name, checked)
        if self.window is None and (self.time is not None or self.stride != 1):
            raise ValueError(
                "`window` must be given with `time` or `stride`: the rows of a window. "
                f"Received: window=None, time={_checks.shown(self.time)}, stride={self.stride}"
            )
        _exclusive(self, "window", "label")
        _exclusive(self, "beta_warmup", "beta_cycle")
        _exclusive(self, "free_bits", "capacity")
        # Under cycles of beta the validation loss rises and falls without the model doing so.
        _exclusive(self, "early_stopping", "beta_cycle")
        if self.early_stopping is not None and not self.validation_fraction:
            raise ValueError(
                "`early_stopping` must come with a `validation_fraction` above 0. "
                f"Received: early_stopping={self.early_stopping}, validation_fraction=0"
            )

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the configuration of options by name; a hyphen in a name counts as an underscore.

        Raises:
            TypeError: An option is unknown (the known ones are listed) or of the wrong type.
            ValueError: An option is out of range.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        named = {str(name).replace("-", "_"): value for name, value in options.items()}
        unknown = [name for name in named if name not in known]
        if unknown:
            raise TypeError(
                f"Options must be among {', '.join(known)}. Received: "
                f"{', '.join(_checks.shown(name)[1:-1] for name in unknown[:10])}"
            )
        return cls(**named)

    def to_options(self) -> dict[str, Any]:
        """Return all options by name, as a file holds them: `from_options` is the inverse."""
        options = dataclasses.asdict(self)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in options.items()
        }


def read_options(path: str | Path) -> dict[str, Any]:
    r"""Return the options in a YAML file.

    Args:
        path: String or path.

    Returns:
        Dictionary from option to value.

    Raises:
        ValueError: The file can't be read or isn't a mapping from options to values.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "options.yaml")
        ...     _ = path.write_text("{model: vae, learning_rate: 1e-3}")
        ...     read_options(path)
        {'model': 'vae', 'learning_rate': 0.001}
    """
    _extras.require("yaml")
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML 1.2's numbers: 1e-3 is one, which PyYAML takes for text. And no merging of maps.

        Merges within merges make gigabytes of 400 bytes, and options have no use for them.
        """

        def flatten_mapping(self, node: Any) -> None:
            if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
                raise yaml.YAMLError("a merge (<<), which options don't need")

    number = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+.0123456789"))
    expected = "expected a YAML file of options, such as `epochs: 20`"
    path = _checks.path("path", path)
    if path.exists():  # else the system says it
        _files.check_file(path, expected.removeprefix("expected "))
    try:
        content = yaml.load(path.read_text("utf-8"), Loader)
    # PyYAML documents no list of what its constructors raise at a tag that doesn't fit its value.
    except Exception as error:
        words = (
            getattr(error, "strerror", None)
            or " ".join(str(error).split())[:MAX_MESSAGE_CHARACTERS]
        )
        raise ValueError(f"{path}: {expected}. Received: {words}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ValueError(f"{path}: {expected}. Received: {type(content).__name__}")
    return content


def _exclusive(config: TrainingConfig, first: str, second: str) -> None:
    if getattr(config, first) is not None and getattr(config, second) is not None:
        raise ValueError(
            f"`{first}` and `{second}` exclude each other: give one of them. "
            f"Received: {first}={_checks.shown(getattr(config, first))}, "
            f"{second}={_checks.shown(getattr(config, second))}"
        )
