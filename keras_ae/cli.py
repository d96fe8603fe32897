"""The command line, `keras-ae`, which also answers where what it is made with isn't installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from keras_ae import _extras


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors become one line on stderr, or a list of what an export found.

    Args:
        arguments: Sequence of strings; None for those of the process.

    Returns:
        The exit code: 0, 1 after a failure, 2 for a bad argument or file, or a package that isn't
        installed, 130 after Ctrl-C, 75 where another process of a training is gone.

    Example:
        >>> main(["train", "--epochs", "few"])
        2
    """
    try:
        _extras.require("typer", "rich")
    except ImportError as error:
        sys.stderr.write(f"keras-ae: {error}\n")
        return 2
    from keras_ae.commands import application

    return application.run(list(sys.argv[1:] if arguments is None else arguments))
