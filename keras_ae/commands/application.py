"""The commands as one application, whose errors are one line each."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer

from keras_ae import _extras
from keras_ae.commands import bundles, export, listing, report, score, train, use
from keras_ae.commands.errors import BadInput, Ended, Interrupted
from keras_ae.export.errors import ExportError

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130  # and watchdog.EXIT_CODE
TRACEBACK = "KERAS_AE_TRACEBACK"

app = typer.Typer(
    help="Train autoencoders, use and export them. `keras-ae demo` shows one in about a minute.",
    add_completion=False,
    rich_markup_mode=None,
)
app.command("demo", short_help="Train a VAE on digits, draw pictures.")(train.demo)
app.command("list", short_help="List models and data sets.")(listing.list_all)
app.command("train", short_help="Train a model.")(train.train)
app.command("evaluate", short_help="Score a model, in nats.")(use.evaluate)
app.command("generate", short_help="Make new examples.")(use.generate)
app.command("reconstruct", short_help="Reconstruct data.")(use.reconstruct)
app.command("denoise", short_help="Clean noisy data.")(use.denoise)
app.command("export", short_help="Export a model, proven.")(export.export)
app.command("verify", short_help="Prove exported files again.")(bundles.verify)
app.command("latency", short_help="Measure exported files.")(bundles.latency)
app.command("score", short_help="Score Parquet files.")(score.score)
app.command("report", short_help="Write a page about a model.")(report.report)

# The base of what the parser raises at bad arguments; typer has no public name for it.
_UsageError: Any = typer.BadParameter.__mro__[1]


def run(arguments: list[str]) -> int:
    """Run one command, as `keras_ae.cli.main` says.

    Args:
        arguments: List of strings, those after `keras-ae`.
    """
    code = _run(arguments)
    if code != OK and "keras_ae.execution.watchdog" in sys.modules:
        from keras_ae.execution import watchdog

        code = watchdog.EXIT_CODE if watchdog.lost_another() else code
        watchdog.end_at_once(code)
    return code


def _run(arguments: list[str]) -> int:
    try:
        code = app(
            args=arguments or ["--help"],
            prog_name="keras-ae",
            standalone_mode=False,
            obj=arguments,
        )
    except typer.Exit as error:
        return error.exit_code
    except Ended as error:
        return error.code
    except _UsageError as error:
        return _tell(error.format_message() + _received(error, arguments), BAD_INPUT)
    except BadInput as error:
        return _tell(str(error), BAD_INPUT)
    except Interrupted as error:
        return _tell(str(error), INTERRUPTED)
    except ExportError as error:  # the only ones with a list to tell: a line for each item
        code = BAD_INPUT if isinstance(error, ValueError) else FAILED
        first, *items = str(error).splitlines()
        return _tell(first, code, items)
    except (KeyboardInterrupt, typer.Abort):
        return _tell("Interrupted", INTERRUPTED)
    except ImportError as error:
        if not _extras.known(error.name):
            return _fail(error)
        bare = isinstance(error, ModuleNotFoundError)
        return _tell(_extras.line(str(error.name)) if bare else str(error), BAD_INPUT)
    except Exception as error:  # noqa: BLE001 - whatever it is, one line says it
        return _fail(error)
    if code == INTERRUPTED:  # the parser has caught the KeyboardInterrupt
        return _tell("Interrupted", INTERRUPTED)
    return code if isinstance(code, int) else OK


def _received(error: Any, arguments: list[str]) -> str:
    """Return what was given to the option at fault, which the parser doesn't tell."""
    options = getattr(getattr(error, "param", None), "opts", [])
    for place, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if option in options:
            value = value if equals else " ".join(arguments[place + 1 : place + 2])
            return f". Received: {value!r}"
    return ""


def _fail(error: Exception) -> int:
    if os.environ.get(TRACEBACK):
        traceback.print_exc()
    return _tell(_describe(error), FAILED)


def _describe(error: Exception) -> str:
    from keras_ae.training.errors import NonFiniteLossError

    if isinstance(error, NonFiniteLossError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error} (set {TRACEBACK}=1 to see where)"


def _tell(message: str, code: int, items: Sequence[str] = ()) -> int:
    typer.echo(f"keras-ae: {' '.join(message.split())}", err=True)
    for item in items:
        typer.echo(f"  {' '.join(item.split())}", err=True)
    return code
