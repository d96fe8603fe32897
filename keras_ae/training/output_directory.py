"""Where a run writes: beside its destination, then in one step to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from keras_ae import _checks
from keras_ae._files import remove, replace_path
from keras_ae.training.checkpoint import STATE
from keras_ae.training.lock import Lock

RECORD = "run.json"  # every directory that a run has written has one


class OutputDirectory:
    """The directory of a run's results, which is there whole or not at all.

    A run works in `NAME.partial`; `publish` moves what is complete to `NAME`. A directory that is
    there already stays as it is until then. One process at a time writes. Each step is one
    renaming: after a kill at any moment there is what was before the step or what is after it,
    and hidden leftovers, which the next run removes.

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
        self.path = _checks.path("directory", path)
        self.record = record
        absolute = Path(os.path.abspath(path))
        name = absolute.name
        self.working = absolute.with_name(f"{name}.partial")
        self._complete = self.working / "complete"
        self._replaced = self.working / "replaced"
        self._starting = absolute.with_name(f".{name}.starting")
        self._removing = absolute.with_name(f".{name}.removing")
        self._lock = Lock(absolute.with_name(f".{name}.lock"))

    def lock(self) -> None:
        """Become the one that writes here, until `release`, and clear what a kill has left.

        Raises:
            ValueError: Another one is writing, or nothing can be written there.
        """
        if not self.working.parent.is_dir():
            return  # `create` makes it
        try:
            held = self._lock.acquire()
            if held:
                if self._replaced.exists() and not self.path.exists():
                    self._replaced.replace(self.path)
                for left in (self._starting, self._removing):
                    remove(left)
        except OSError as error:
            raise self._unwritable(error) from error
        if not held:
            raise ValueError(
                f"{self.path}: expected one writer at a time. Received: another run that is "
                "writing it; wait for its end, or choose another output"
            )

    def release(self) -> None:
        """Let others write here."""
        self._lock.release()

    def check(self, overwrite: bool) -> None:
        """Raise a ValueError if a new run must not write here.

        Args:
            overwrite: Whether what is there may be replaced; only results of a run ever are.
        """
        self.check_published(overwrite)
        # Without a state nothing was reached yet that could be lost.
        if (self.working / STATE).exists() and not overwrite:
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

    def is_published(self) -> bool:
        """Whether the destination is this run's: a kill came between the move and the clearing."""
        records = [path / self.record for path in (self.path, self.working)]
        if not all(record.is_file() for record in records):
            return False
        return records[0].read_bytes() == records[1].read_bytes()

    def create(self, overwrite: bool, files: Mapping[str, str] | None = None) -> None:
        """Make the working directory, which then has these files and no others.

        Args:
            overwrite: As in `check`.
            files: Mapping from a file's name to its text, or None.

        Raises:
            ValueError: Something is in the way, or the directory can't be made.
        """
        try:
            self.working.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        self.lock()
        self.check(overwrite)
        try:
            self._starting.mkdir()
            for name, text in (files or {}).items():
                (self._starting / name).write_text(text, "utf-8")
            self._clear_working()
            self._starting.replace(self.working)
        except OSError as error:
            remove(self._starting)
            raise self._unwritable(error) from error

    def free_bytes(self) -> int:
        """Return the free space where the directory is, or will be."""
        existing = next(path for path in self.working.parents if path.exists())
        return shutil.disk_usage(existing).free

    def start_complete(self) -> Path:
        """Return an empty folder for what `publish` shall move."""
        remove(self._complete)
        self._complete.mkdir()
        return self._complete

    def publish(self, overwrite: bool) -> None:
        """Move what is complete to the destination, and remove the working directory."""
        self.check_published(overwrite)
        remove(self._replaced)
        replace_path(self._complete, self.path, self._replaced)
        self.discard()

    def discard(self) -> None:
        """Remove the working directory, and let others write here."""
        self._clear_working()
        self.release()

    def _clear_working(self) -> None:
        if self.working.exists():
            remove(self._removing)
            self.working.replace(self._removing)
            remove(self._removing)

    def _unwritable(self, error: OSError) -> ValueError:
        return ValueError(
            f"{self.path}: expected a directory that can be written. Received: {error.strerror}"
        )
