"""Die at the n-th file operation in a folder: a program for the tests of kills.

    python -m tests.training.kill_program FOLDER

Each death is in a fork of its own, and another one carries out the command that follows.
"""

import os
import shutil
import sys
import traceback
from pathlib import Path

from keras_ae.training.checkpoint import STATE, write_text
from keras_ae.training.output_directory import RECORD, OutputDirectory

OPERATIONS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "ctypes.call_function"}


def die_at(count, folder):
    """End the process without a word before the `count`-th operation on the folder's files."""
    left = [count]

    def hook(event, arguments):
        if event not in OPERATIONS or not any(folder in str(each) for each in arguments):
            return
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)

    sys.addaudithook(hook)


def fresh(path, overwrite, content):
    """A run in small: prepare, reach a state, publish."""
    output = OutputDirectory(path)
    output.lock()
    try:
        output.check(overwrite)
        output.create(overwrite, {RECORD: content, "config.yaml": "{}"})
        reach(output, overwrite)
    finally:
        output.release()


def resume(path, content):
    """Go on with what is there."""
    output = OutputDirectory(path)
    output.lock()
    try:
        if not output.working.is_dir():
            raise ValueError("nothing to resume")
        known = (output.working / RECORD).is_file()
        overwrite = known and (output.working / RECORD).read_text() == "new"
        output.check_published(overwrite or output.is_published())
        if not known or not (output.working / STATE).exists():
            output.create(overwrite, {RECORD: content, "config.yaml": "{}"})
        reach(output, overwrite or output.is_published())
    finally:
        output.release()


def reach(output, overwrite):
    write_text(output.working / STATE, "{}")
    folder = output.start_complete()
    shutil.copyfile(output.working / RECORD, folder / RECORD)
    (folder / "model").write_text((folder / RECORD).read_text())
    output.publish(overwrite)


def whole(path):
    """Return what the destination says; its two files must agree."""
    record, model = ((path / name).read_text() for name in (RECORD, "model"))
    assert record == model, f"a mixture of {record} and {model}"
    return record


def forked(function, *arguments, count=None, folder=""):
    """Return the exit status of a function in a process of its own."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        if count is not None:
            die_at(count, folder)
        function(*arguments)
        status = 0
    except ValueError:
        status = 2
    finally:
        if status == 1:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(status)


def attack(folder, overwrite, again):
    """Kill a run at every operation; `again` is the command that follows."""
    count, status = 0, 9
    while status == 9:
        path = Path(folder, f"{overwrite}_{again}_{count}", "vae")
        path.parent.mkdir()
        if overwrite:
            fresh(path, False, "old")
        content = "new" if overwrite else "first"
        status = forked(fresh, path, overwrite, content, count=count, folder=str(path.parent))
        if overwrite:
            assert whole(path) in ("old", "new"), "the old output is gone"
        begun = path.with_name("vae.partial").is_dir()
        if again == "plain":
            code = forked(fresh, path, overwrite, content)
        else:
            code = forked(resume, path, content)
        if again == "resume" and not begun:
            assert code == 2, f"{count}: nothing to resume, exit {code}"
            assert forked(fresh, path, True, content) == 0
        elif again == "plain" and not overwrite and code == 2:
            # One true line: a state that could be lost, or a result that is there.
            assert path.exists() or path.with_name("vae.partial").joinpath(STATE).exists()
            arguments = (content,) if begun else (True, content)
            assert forked(resume if begun else fresh, path, *arguments) == 0
        else:
            assert code == 0, f"{count}: exit {code}"
        assert whole(path) == content
        assert [each.name for each in path.parent.iterdir()] == ["vae"], f"{count}: leftovers"
        count += 1
    assert status == 0, f"the run itself ended with {status}"
    assert count > 15, f"only {count} operations were seen"
    return count


if __name__ == "__main__":
    moments = [
        attack(sys.argv[1], overwrite, again)
        for overwrite in (False, True)
        for again in ("plain", "resume")
    ]
    sys.stdout.write(f"moments: {moments}\n")
