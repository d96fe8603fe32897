"""Where a run writes: beside its destination, then in one step to it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

RECORD = "run.json"  # every directory that a run has written has one


class OutputDirectory:
    """The directory of a run's results, which is there whole or not at all.

    A run works in `NAME.partial`; `publish` moves what is complete to `NAME`. A directory that is
    there already stays as it is until then.

    Args:
        path: String or path, the destination.
        record: String, the file that everything of this kind has: only what has it is replaced.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     output = OutputDirectory(Path(folder, "model"))
        ...     output.create(overwrite=False)
        ...     _ = (output.start_complete() / "a.txt").write_text("result")
        ...     output.publish(overwrite=False)
        ...     sorted(path.name for path in Path(folder).rglob("*"))
        ['a.txt', 'model']
    """

    def __init__(self, path: str | Path, record: str = RECORD) -> None:
        self.path = Path(path)
        self.record = record
        absolute = Path(os.path.abspath(path))
        self.working = absolute.with_name(f"{absolute.name}.partial")
        self._complete = self.working / "complete"
        self._replaced = self.working / "replaced"

    def check(self, overwrite: bool) -> None:
        """Raise a ValueError if a new run must not write here.

        Args:
            overwrite: Whether what is there may be replaced; only results of a run ever are.
        """
        self.check_published(overwrite)
        if self.working.exists() and not overwrite:
            raise ValueError(
                f"{self.working}: expected no such directory. Received: an unfinished run. Go on "
                "with it by --resume, or start again by --overwrite"
            )

    def check_published(self, overwrite: bool) -> None:
        """Raise a ValueError if the destination must not be replaced."""
        if not os.path.lexists(self.path):
            return
        if not overwrite:
            raise ValueError(
                f"{self.path}: expected an output directory that doesn't exist yet. Received: an "
                "existing one. Replace it by --overwrite, or choose another by --output"
            )
        ours = self.path.is_dir() and not self.path.is_symlink()
        if not ours or (any(self.path.iterdir()) and not (self.path / self.record).is_file()):
            raise ValueError(
                f"{self.path}: expected the output of an earlier run to overwrite (with a "
                f"{self.record}). Received: something else, which is left as it is"
            )

    def create(self, overwrite: bool) -> None:
        """Make the working directory, empty.

        Raises:
            ValueError: Something is in the way, or the directory can't be made.
        """
        self.check(overwrite)
        try:
            self.restore()
            if self.working.exists():
                shutil.rmtree(self.working)
            self.working.mkdir(parents=True)
        except OSError as error:
            raise ValueError(
                f"{self.path}: expected a directory that can be written. "
                f"Received: {error.strerror}"
            ) from error

    def restore(self) -> None:
        """Put back what a kill in the middle of `publish` has taken away."""
        if self._replaced.exists() and not self.path.exists():
            self._replaced.replace(self.path)

    def free_bytes(self) -> int:
        """Return the free space where the directory is, or will be."""
        existing = next(path for path in self.working.parents if path.exists())
        return shutil.disk_usage(existing).free

    def start_complete(self) -> Path:
        """Return an empty folder for what `publish` shall move."""
        if self._complete.exists():
            shutil.rmtree(self._complete)
        self._complete.mkdir()
        return self._complete

    def publish(self, overwrite: bool) -> None:
        """Move what is complete to the destination, and remove the working directory."""
        self.check_published(overwrite)
        replace_path(self._complete, self.path, self._replaced)
        shutil.rmtree(self.working)


def replace_path(new: Path, path: Path, aside: Path | None = None) -> None:
    """Move a file or directory to a path that may be taken; what was there goes at the end.

    Args:
        new: Path of what is complete, on the same disk.
        path: The destination.
        aside: Where the old one is kept meanwhile; None for a name beside it, removed at the end.
    """
    held = path.with_name(f"{path.name}.replaced") if aside is None else aside
    if os.path.lexists(path):
        path.replace(held)
    try:
        new.replace(path)
    except OSError:
        if os.path.lexists(held):
            held.replace(path)
        raise
    if aside is None and os.path.lexists(held):
        shutil.rmtree(held) if held.is_dir() and not held.is_symlink() else held.unlink()
