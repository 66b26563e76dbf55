"""Targets: a decoded model as its own files, or as another container of its tensors."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit.api import decode_stream
from dombit.errors import DombitError, IoFailure, UsageError
from dombit.targets import own_suffixes, write_model

MODEL = {
    "w": np.random.default_rng(6).normal(0, 1, (20, 30)).astype(np.float32),
    "n": np.arange(7, dtype=np.int32),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a .safetensors file with metadata."""
    path = tmp_path / "model.safetensors"
    dombit.decode(dombit.to_bytes(MODEL, metadata={"by": "test"}), path)
    return path


def stream_of(path: Path, **settings: Any) -> bytes:
    """Return the stream of a file."""
    return dombit.to_bytes(path, **settings)


def test_its_own_file_comes_back(source: Path, tmp_path: Path) -> None:
    """A name with a fitting suffix, or a file object, gets the bytes of the source."""
    data = stream_of(source)
    dombit.decode(data, tmp_path / "other.SAFETENSORS")
    assert (tmp_path / "other.SAFETENSORS").read_bytes() == source.read_bytes()
    out = io.BytesIO()
    dombit.decode(data, out)
    assert out.getvalue() == source.read_bytes()


@pytest.mark.parametrize("suffix", [".npz", ".pt", ".safetensors"])
def test_other_containers_hold_the_tensors(source: Path, tmp_path: Path, suffix: str) -> None:
    """Any container that can hold the tensors is read back to the same ones."""
    out = tmp_path / f"out{suffix}"
    report = dombit.decode(stream_of(source, step=0.25), out)
    again = dombit.to_bytes(out)
    assert dombit.verify(again).model_digest == report.model_digest
    assert report.ok and report.tensors == 2


@pytest.mark.parametrize("name", ["out.onnx", "out", "out.txt"])
def test_containers_that_cannot_be(tmp_path: Path, name: str) -> None:
    """Without its files a model becomes no .onnx nor an unknown file; nothing is written."""
    with pytest.raises(UsageError, match=r"safetensors, \.npz or \.pt"):
        dombit.decode(dombit.to_bytes(MODEL), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_hint_names_the_own_container(demo_model: Path, tmp_path: Path) -> None:
    """A model from ONNX that is wanted as a text is pointed at .onnx too."""
    with pytest.raises(UsageError, match=r"or \.onnx"):
        dombit.decode(dombit.to_bytes(demo_model), tmp_path / "out.txt")


def test_a_wrong_file_digest_keeps_the_file_away(source: Path, tmp_path: Path) -> None:
    """Where the re-assembled file is not the one of the skeleton, it gets no name."""
    decoded = decode_stream(stream_of(source))
    assert decoded.skeleton is not None
    file = replace(decoded.skeleton.files[0], sha256=bytes(32))
    wrong = replace(decoded, skeleton=replace(decoded.skeleton, files=(file,)))
    out = tmp_path / "again.safetensors"
    for action in (wrong.check_files, lambda: write_model(wrong, out)):
        with pytest.raises(DombitError) as caught:
            action()
        assert (caught.value.rule, caught.value.stage) == ("R-IDN-003", "identity")
    assert [path.name for path in tmp_path.iterdir()] == [source.name]
    decoded.check_files()


def test_existing_files_stay(source: Path) -> None:
    """An existing output is replaced only by force."""
    before = source.read_bytes()
    with pytest.raises(IoFailure):
        dombit.decode(dombit.to_bytes({"x": MODEL["n"]}), source)
    assert source.read_bytes() == before
    dombit.decode(dombit.to_bytes({"x": MODEL["n"]}), source, force=True)
    assert list(dombit.decode(dombit.to_bytes(source))) == ["x"]


def test_suffixes_and_visible_tensors(source: Path) -> None:
    """Files of a skeleton fit the suffixes of its carrier and of the main file."""
    decoded = decode_stream(stream_of(source))
    assert decoded.skeleton is not None
    assert own_suffixes(decoded.skeleton) == (".safetensors", ".json", ".safetensors")
    assert own_suffixes(replace(decoded.skeleton, carrier=0)) == (".safetensors",)
    first, second = decoded.structure.tensors
    tensors = (replace(first, hidden=True), second)
    assert replace(decoded.structure, tensors=tensors).visible == [1]


def test_metadata_travels(source: Path, tmp_path: Path) -> None:
    """Metadata of a source, and those added at encoding, are in the stream and in conversions."""
    data = stream_of(source, metadata={"more": "ü"})
    with dombit.open(data) as stream:
        assert stream.metadata() == {"by": "test", "more": "ü"}
    plain = dombit.to_bytes(MODEL, metadata={"k": "v"})
    dombit.decode(plain, tmp_path / "b.safetensors")
    with dombit.open(stream_of(tmp_path / "b.safetensors")) as stream:
        assert stream.metadata() == {"k": "v"}


def test_a_report_says_what_is_lost(demo_model: Path, source: Path, tmp_path: Path) -> None:
    """Another container than the model's own: what it has no place for is a note, else none."""
    model = dombit.to_bytes(demo_model)
    assert dombit.decode(model, tmp_path / "own.onnx").notes == ()
    (note,) = dombit.decode(model, tmp_path / "b.safetensors").notes
    assert "nmp.onnx" in note and "tensors only" in note
    file, metadata = dombit.decode(stream_of(source), tmp_path / "c.npz").notes
    assert "model.safetensors" in file and "metadata" in metadata
    assert dombit.decode(stream_of(source), tmp_path / "d.safetensors").notes == ()
    assert dombit.decode(dombit.to_bytes(MODEL), tmp_path / "e.npz").notes == ()
    assert dombit.verify(model).notes == ()


def test_a_report_names_elements_that_grew(tmp_path: Path) -> None:
    """Elements of less than a byte take one each in a .pt file."""
    pytest.importorskip("torch")
    narrow = {"a": np.arange(7).astype(ml_dtypes.uint4), "b": np.arange(3).astype(ml_dtypes.int2)}
    (note,) = dombit.decode(dombit.to_bytes(narrow), tmp_path / "a.pt").notes
    assert "'a' and 1 more" in note
