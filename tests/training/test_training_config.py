import dataclasses

import pytest
import yaml

from keras_ae.training import TrainingConfig, read_options


def test_options_survive_a_file(tmp_path):
    config = TrainingConfig(units="64, 32", filters=(), beta=4, jit=False, likelihood="laplace")
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config.to_options()))
    assert TrainingConfig.from_options(read_options(path)) == config
    assert (config.units, config.filters, config.beta) == ((64, 32), (), 4.0)


def test_a_file_may_use_hyphens_and_any_notation_of_numbers(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("learning-rate: 1e-3\nbatch_size: 64\nbeta: 2.5E+0\nunits: [64, 32]\n")
    config = TrainingConfig.from_options(read_options(path))
    assert (config.learning_rate, config.batch_size, config.beta) == (0.001, 64, 2.5)
    assert config.units == (64, 32)


def test_an_empty_file_leaves_the_defaults(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("# nothing yet\n")
    assert TrainingConfig.from_options(read_options(path)) == TrainingConfig()


def test_every_option_has_help():
    for field in dataclasses.fields(TrainingConfig):
        assert field.metadata["help"].endswith("."), field.name


def test_an_unknown_option_lists_the_known_ones():
    with pytest.raises(
        TypeError, match=r"Options must be among model, data, .*, seed. Received: ep"
    ):
        TrainingConfig.from_options({"epoch": 3})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latent_dim": 0}, "`latent_dim` must be an integer >= 1. Received: latent_dim=0"),
        ({"epochs": "ten"}, "`epochs` must be an integer >= 1. Received: epochs='ten'"),
        ({"epochs": None}, "`epochs` must be an integer >= 1. Received: epochs=None"),
        ({"learning_rate": 0}, "`learning_rate` must be a number > 0. Received: learning_rate=0"),
        ({"beta": float("nan")}, "`beta` must be a number >= 0. Received: beta=nan"),
        ({"validation_fraction": 1}, "`validation_fraction` must be a number >= 0 and < 1"),
        ({"corruption_rate": 1.5}, "`corruption_rate` must be a number >= 0 and <= 1"),
        ({"units": "64;32"}, "`units` must be positive integers with commas between them"),
        ({"filters": [3, 0]}, "`filters` must be a possibly empty sequence of positive integers"),
        ({"jit": "yes"}, "`jit` must be True or False. Received: jit='yes'"),
        ({"data": ""}, "`data` must be a non-empty string"),
        ({"precision": "half"}, "`precision` must be one of float32, mixed_bfloat16, mixed_flo"),
        ({"seed": -1}, "`seed` must be an integer >= 0"),
        ({"beta_warmup": 2, "beta_cycle": 2}, "`beta_warmup` and `beta_cycle` exclude each other"),
        ({"free_bits": 0.1, "capacity": 5}, "`free_bits` and `capacity` exclude each other"),
        ({"early_stopping": 2, "beta_cycle": 2}, "`early_stopping` and `beta_cycle` exclude"),
        (
            {"early_stopping": 2, "validation_fraction": 0},
            "must come with a `validation_frac",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        TrainingConfig(**options)


@pytest.mark.parametrize(
    ("content", "received"),
    [
        ("epochs: [3", "while parsing a flow sequence"),
        ("- epochs", "Received: list"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        (b"\xff\xfe\x00", "codec can't decode"),
    ],
)
def test_a_file_that_is_no_mapping_is_named(tmp_path, content, received):
    path = tmp_path / "config.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(
        ValueError, match=r"config.yaml: expected a YAML file of options"
    ) as caught:
        read_options(path)
    assert received in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"none.yaml: expected .* Received: No such file"):
        read_options(tmp_path / "none.yaml")


def laughs():
    """Return 430 bytes of YAML whose lists have 9**8 items, all the same ones."""
    levels = [
        f"{above}: &{above} [{','.join([f'*{below}'] * 9)}]"
        for below, above in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join(["a: &a [lol, lol]", *levels])


def test_what_an_error_shows_of_a_value_is_cut(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(laughs())
    nested = read_options(path)["i"]
    for name in ("model", "epochs", "units", "beta", "jit", "precision", "seed"):
        with pytest.raises((TypeError, ValueError), match=f"`{name}` must be") as caught:
            TrainingConfig.from_options({name: nested})
        assert len(str(caught.value)) < 400
    with pytest.raises(TypeError, match="Options must be among") as caught:
        TrainingConfig.from_options(dict.fromkeys(map(str, range(10**4)), 1) | {"x" * 10**5: 1})
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    "text",
    [
        "epochs: !!float x",
        "epochs: !!int x",
        "jit: !!bool x",
        "model: !!binary x",
        "model: 2001-99-99",
        "model: !!python/object/apply:os.getcwd []",
        "epochs: " + "9" * 5000,
        "units: " + "[" * 5000,
        "? [a]\n: 1",
        "<<: 3",
        "a: &a {epochs: 1}\n<<: [*a, *a]",
        "model: \0",
    ],
    ids=lambda text: text[:12],
)
def test_a_file_that_is_no_options_gets_one_line(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="config.yaml: expected a YAML file of opt") as caught:
        read_options(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
