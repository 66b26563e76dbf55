"""The door to the outside: whole outputs or none, counted ranges, typed failures."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dombit import files
from dombit.errors import BadSource, IoFailure, UsageError


def names(folder: Path) -> set[str]:
    """Return what lies in a folder, below it as well."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# -------------------------------------------------------------------------------------- writing


def test_an_output_appears_whole_under_its_name(tmp_path: Path) -> None:
    """Nothing has the name until the block ends, and no temporary stays."""
    target = tmp_path / "out"
    with files.atomic_output(target) as out:
        out.write(b"one ")
        assert not target.exists()
        out.write(memoryview(b"two"))
    assert target.read_bytes() == b"one two"
    assert names(tmp_path) == {"out"}


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    """An output is readable by whoever could read any new file, not only by its writer."""
    before = os.umask(0o022)
    try:
        with files.atomic_output(tmp_path / "out") as out:
            out.write(b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), IoFailure("no")])
def test_any_error_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    """Main file, second file and new folders are gone after an error in the block."""
    with pytest.raises(type(error)), files.atomic_output(tmp_path / "out") as out:
        out.write(b"x" * (3 << 20))
        out.beside("a/b/data").write(b"y")
        raise error
    assert names(tmp_path) == set()


def test_an_interrupt_while_a_file_is_opened_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal between the birth of a temporary file and its first use: the file goes."""

    def interrupted(path: Path, *_: object, **_more: object) -> None:
        path.touch(exist_ok=False)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "open", interrupted)
    with pytest.raises(KeyboardInterrupt), files.atomic_output(tmp_path / "out"):
        pytest.fail("the block must not begin")
    assert names(tmp_path) == set()


def test_memory_that_runs_out_is_a_failure_of_the_environment(tmp_path: Path) -> None:
    """MemoryError in the block becomes IoFailure."""
    with pytest.raises(IoFailure, match="not enough memory"), files.atomic_output(tmp_path / "out"):
        raise MemoryError
    assert names(tmp_path) == set()


def test_an_existing_output_needs_force(tmp_path: Path) -> None:
    """Without force the old bytes stay, with force they are replaced."""
    target = tmp_path / "out"
    target.write_bytes(b"old")
    with pytest.raises(IoFailure, match=r"exists already.*--force"), files.atomic_output(target):
        pytest.fail("the block must not begin")
    assert target.read_bytes() == b"old"
    with files.atomic_output(target, force=True) as out:
        out.write(b"new")
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == {"out"}


def test_an_output_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """What another process wrote during the block stays."""
    target = tmp_path / "out"
    with pytest.raises(IoFailure, match="exists already"), files.atomic_output(target) as out:
        out.write(b"mine")
        target.write_bytes(b"theirs")
    assert target.read_bytes() == b"theirs"
    assert names(tmp_path) == {"out"}


def test_an_error_with_force_keeps_the_old_file(tmp_path: Path) -> None:
    """A failed replacement is no replacement."""
    target = tmp_path / "out"
    target.write_bytes(b"old")
    with pytest.raises(ValueError, match="bad"), files.atomic_output(target, force=True) as out:
        out.write(b"new")
        raise ValueError("bad")
    assert target.read_bytes() == b"old"


def test_several_outputs_come_together(tmp_path: Path) -> None:
    """A file beside the main one gets its name when that one does, in a new folder if need be."""
    with files.atomic_output(tmp_path / "model.onnx") as out:
        data = out.beside("weights/model.data")
        data.write(b"12")
        data.write(b"34")
        out.write(b"main")
        assert not (tmp_path / "weights" / "model.data").exists()
    assert (tmp_path / "weights" / "model.data").read_bytes() == b"1234"
    assert (tmp_path / "model.onnx").read_bytes() == b"main"
    assert names(tmp_path) == {"model.onnx", "weights", "weights/model.data"}


def test_outputs_that_cannot_all_be_placed_are_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the main file cannot get its name, a new second file goes, a replaced one returns."""
    (tmp_path / "old.data").write_bytes(b"old")
    plain = Path.replace

    def refuse_main(self: Path, target: Path) -> Path:
        if target == tmp_path / "model.onnx":
            raise OSError(errno.EIO, "Input/output error")
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", refuse_main)
    with (
        pytest.raises(IoFailure, match="input/output error"),
        files.atomic_output(tmp_path / "model.onnx", force=True) as out,
    ):
        out.beside("new.data").write(b"1")
        out.beside("old.data").write(b"2")
    assert names(tmp_path) == {"old.data"}
    assert (tmp_path / "old.data").read_bytes() == b"old"


EVIL = ["../x", "/x", "a/../../x", "a//b", "", ".", "a/.", "C:x", "a\\b", "a\x1bb", "a\x85b"]


@pytest.mark.parametrize("name", EVIL)
def test_a_name_from_a_stream_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    """Absolute, climbing, foreign and misleading names are refused, and nothing is written."""
    folder = tmp_path / "in"
    folder.mkdir()
    with (
        pytest.raises(IoFailure, match="outside the folder"),
        files.atomic_output(folder / "out") as out,
    ):
        out.beside(name)
    assert names(tmp_path) == {"in"}


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    """A folder that is a link to elsewhere takes no file of a stream."""
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in" / "weights").symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(IoFailure, match="would leave"),
        files.atomic_output(tmp_path / "in" / "out") as out,
    ):
        out.beside("weights/data")
    assert names(tmp_path / "elsewhere") == set()


def test_two_outputs_of_one_name_are_refused(tmp_path: Path) -> None:
    """A second file that is named as the output is a usage error."""
    with pytest.raises(UsageError, match="two outputs"), files.atomic_output(tmp_path / "d") as out:
        out.beside("d")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("place", ["missing/out", "file/out", "."])
def test_an_output_that_cannot_be_is_an_io_failure(tmp_path: Path, place: str) -> None:
    """A missing folder, a file as a folder, and a directory as a file are typed failures."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(IoFailure), files.atomic_output(tmp_path / place, force=True):
        pytest.fail("the block must not begin")


def test_a_device_is_not_replaced() -> None:
    """Force does not turn /dev/null into a file."""
    with (
        pytest.raises(IoFailure, match="not a regular"),
        files.atomic_output("/dev/null", force=True),
    ):
        pytest.fail("the block must not begin")


DISK_FULL = """
import resource, sys
from dombit import files
from dombit.errors import IoFailure
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with files.atomic_output(sys.argv[1]) as out:
        for _ in range(100):
            out.write(bytes(65536))
except IoFailure as error:
    print(error)
"""


def test_a_full_disk_is_a_typed_failure_and_leaves_nothing(tmp_path: Path) -> None:
    """A file that the system lets grow no further is removed."""
    pytest.importorskip("resource")
    command = [sys.executable, "-c", DISK_FULL, str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "file too large" in done.stdout
    assert names(tmp_path) == set()


def test_a_file_object_is_written_to_as_it_is() -> None:
    """It gets the bytes, and has no folder for a second file."""
    target = io.BytesIO()
    with files.atomic_output(target) as out:
        out.write(b"bytes")
        with pytest.raises(UsageError, match="path"):
            out.beside("data")
    assert target.getvalue() == b"bytes"


# -------------------------------------------------------------------------------------- reading


@pytest.fixture(params=["path", "file", "bytes", "view"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    """Give the bytes 0 to 255 in every form that a stream may have."""
    data = bytes(range(256))
    path = tmp_path / "data"
    path.write_bytes(data)
    file = io.BytesIO(b"before" + data)
    file.seek(6)
    return {"path": path, "file": file, "bytes": data, "view": memoryview(data)}[request.param]


def test_ranges_are_read_and_counted(source: object) -> None:
    """A range is what stands there, cut at the end, and each call is counted."""
    with files.RangeReader(source) as reader:
        assert reader.size == 256
        assert reader.read_at(250, 100) == bytes(range(250, 256))
        assert reader.read_at(10, 3) == b"\x0a\x0b\x0c"
        assert reader.read_at(300, 3) == b""
        assert (reader.reads, reader.bytes_read) == (3, 9)


def test_chunks_cover_a_source(source: object) -> None:
    """Chunks of any form, joined, are the bytes, from where a file object stands."""
    assert files.size_of(source) == 256
    chunks = [bytes(chunk) for chunk in files.reading_chunks(source, 100)]
    assert list(map(len, chunks)) == [100, 100, 56]
    assert b"".join(chunks) == bytes(range(256))


def test_a_pipe_has_no_size_and_no_ranges() -> None:
    """A pipe can be read as chunks only."""
    reading, writing = os.pipe()
    os.write(writing, b"piped")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert files.size_of(pipe) is None
        with pytest.raises(IoFailure, match="cannot seek"):
            files.RangeReader(pipe)
        assert b"".join(files.reading_chunks(pipe)) == b"piped"


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_cannot_be_read_is_an_io_failure(tmp_path: Path, name: str) -> None:
    """A missing file and a directory are typed failures with a hint, at every entrance."""
    path = tmp_path / name
    for read in (
        files.load_source,
        files.RangeReader,
        lambda path: list(files.reading_chunks(path)),
    ):
        with pytest.raises(IoFailure) as caught:
            read(path)
        assert caught.value.hint


def test_errors_of_the_taker_are_not_errors_of_reading(tmp_path: Path) -> None:
    """An OSError of whoever takes the chunks is not turned into a failure to read."""
    path = tmp_path / "data"
    path.write_bytes(b"x")

    def take() -> None:
        for _ in files.reading_chunks(path):
            raise FileNotFoundError("mine")

    with pytest.raises(FileNotFoundError, match="mine"):
        take()


def test_a_source_is_mapped_under_its_own_name(tmp_path: Path) -> None:
    """The one file of a plain model is a buffer with the file's bytes; an empty one is empty."""
    path = tmp_path / "model.safetensors"
    for data in (b"", b"some bytes"):
        path.write_bytes(data)
        buffers, main = files.load_source(path)
        assert main == "model.safetensors"
        assert {name: bytes(buffer) for name, buffer in buffers.items()} == {main: data}


def test_external_data_is_found_and_stays_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that a model names are mapped; a missing one or one outside is a bad source."""
    from dombit.files import reading

    (tmp_path / "model.onnx").write_bytes(b"graph")
    (tmp_path / "model.data").write_bytes(b"weights")
    for names_given, problem in (
        (("model.data", "model.data"), None),
        (("missing.data",), "not there"),
        (("../model.data",), "outside"),
        (("/etc/hostname",), "outside"),
    ):
        monkeypatch.setattr(reading, "companions", lambda *_, given=names_given: given)
        if problem is None:
            buffers, main = files.load_source(tmp_path / "model.onnx")
            assert main == "model.onnx"
            assert bytes(buffers["model.data"]) == b"weights"
        else:
            with pytest.raises(BadSource, match=problem):
                files.load_source(tmp_path / "model.onnx")


def test_an_onnx_model_brings_its_external_data(tmp_path: Path) -> None:
    """What a real model file names beside itself is mapped with it."""
    onnx = pytest.importorskip("onnx")
    tensor = onnx.numpy_helper.from_array(np.arange(64, dtype=np.float32), "w")
    graph = onnx.helper.make_graph([], "g", [], [], [tensor])
    place = {"save_as_external_data": True, "location": "w.data", "size_threshold": 0}
    onnx.save(onnx.helper.make_model(graph), tmp_path / "model.onnx", **place)
    buffers, main = files.load_source(tmp_path / "model.onnx")
    assert (main, set(buffers)) == ("model.onnx", {"model.onnx", "w.data"})
    assert bytes(buffers["w.data"])[:256] == np.arange(64, dtype=np.float32).tobytes()


def test_an_index_of_safetensors_brings_its_shards(tmp_path: Path) -> None:
    """The shards of an index file are mapped, each once."""
    index = {"weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "1.safetensors").write_bytes(b"one")
    (tmp_path / "2.safetensors").write_bytes(b"two")
    buffers, main = files.load_source(tmp_path / "model.safetensors.index.json")
    assert {name: bytes(data) for name, data in buffers.items() if name != main} == {
        "1.safetensors": b"one",
        "2.safetensors": b"two",
    }
