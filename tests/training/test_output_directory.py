import pytest

from keras_ae.training.checkpoint import STATE
from keras_ae.training.output_directory import RECORD, OutputDirectory


@pytest.fixture
def output(tmp_path):
    return OutputDirectory(tmp_path / "models" / "vae")


def finish(output, content, overwrite=False):
    output.create(overwrite)
    folder = output.start_complete()
    (folder / RECORD).write_text(content)
    return folder


def test_nothing_is_there_until_all_of_it_is(output):
    finish(output, "{}")
    assert not output.path.exists()
    output.publish(overwrite=False)
    assert [path.name for path in output.path.iterdir()] == [RECORD]
    assert not output.working.exists()


def test_an_earlier_run_stays_until_the_new_one_is_complete(output):
    finish(output, "old")
    output.publish(overwrite=False)
    finish(output, "new", overwrite=True)
    assert (output.path / RECORD).read_text() == "old"
    output.publish(overwrite=True)
    assert (output.path / RECORD).read_text() == "new"
    assert [path.name for path in output.path.parent.iterdir()] == ["vae"]


def test_an_earlier_run_is_refused_without_overwrite(output):
    finish(output, "old")
    output.publish(overwrite=False)
    with pytest.raises(ValueError, match="vae: expected an output directory that doesn't exist"):
        output.check(overwrite=False)


def test_a_directory_that_appeared_meanwhile_is_not_replaced(output):
    finish(output, "new")
    output.path.mkdir()
    (output.path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="expected an output directory that doesn't exist yet"):
        output.publish(overwrite=False)
    assert (output.path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_no_run_has_written_is_never_overwritten(output, kind, tmp_path):
    output.path.parent.mkdir()
    if kind == "file":
        output.path.write_text("mine")
    elif kind == "folder":
        output.path.mkdir()
        (output.path / "thesis.txt").write_text("mine")
    else:
        output.path.symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(ValueError, match="expected the output of an earlier run to overwrite"):
        output.create(overwrite=True)
    assert output.path.exists()


def test_an_unfinished_run_is_refused(output):
    output.create(overwrite=False)
    output.check(overwrite=False)  # which has nothing yet that could be lost
    (output.working / STATE).write_text("{}")
    with pytest.raises(ValueError, match=r"vae.partial: .* an unfinished run. .*--resume"):
        output.check(overwrite=False)
    output.create(overwrite=True)


def test_a_kill_between_the_two_moves_loses_nothing(output):
    finish(output, "old")
    output.publish(overwrite=False)
    finish(output, "new", overwrite=True)
    output.path.replace(output.working / "replaced")  # and here the process dies
    output.create(overwrite=True)
    assert (output.path / RECORD).read_text() == "old"


def test_an_old_one_is_put_back_if_the_new_one_cannot_be_moved(output):
    finish(output, "old")
    output.publish(overwrite=False)
    folder = finish(output, "new", overwrite=True)
    (folder / RECORD).unlink()
    folder.rmdir()
    with pytest.raises(FileNotFoundError):
        output.publish(overwrite=True)
    assert (output.path / RECORD).read_text() == "old"


def test_a_parent_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="file/vae: expected a directory that can be written"):
        OutputDirectory(tmp_path / "file" / "vae").create(overwrite=False)


def test_a_name_may_end_in_a_slash(tmp_path):
    output = OutputDirectory(f"{tmp_path}/vae/")
    assert output.working == tmp_path / "vae.partial"
