"""What can go wrong with an export, named for what it is."""

from __future__ import annotations


class ExportError(RuntimeError):
    """An export or a check of one failed; nothing was left at the destination."""


class ParityError(ExportError):
    """An artifact doesn't compute what the model computes."""


class UnsupportedModelError(ExportError, ValueError):
    """A part of the model can't survive in a format that was asked for."""


class MissingDependencyError(ExportError, ImportError):
    """A package that a format or a check needs is not installed."""
