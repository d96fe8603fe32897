"""`list`."""

from __future__ import annotations

import json
import textwrap
from typing import Annotated

import typer

from keras_ae.commands.start import start


def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the models and the data sets that have a name."""
    start()
    from keras_ae.datasets import list_datasets
    from keras_ae.models import list_models

    tables = {"models": list_models(), "data": list_datasets()}
    if as_json:
        typer.echo(json.dumps(tables))
        return
    for title, table in tables.items():
        typer.echo(f"{title}:")
        width = max(map(len, table))
        for name, words in table.items():
            start_of_line = f"  {name:<{width}}  "
            typer.echo(
                textwrap.fill(
                    words,
                    width=96,
                    initial_indent=start_of_line,
                    subsequent_indent=" " * len(start_of_line),
                )
            )
