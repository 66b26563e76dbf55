"""Sources: whatever a caller may call a model becomes its tensors, or a clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.errors import BadSource, IoFailure, UsageError
from dombit.sources import load_model, read_files

WEIGHTS = np.arange(12, dtype=np.float32).reshape(3, 4)


def names(model: Any) -> list[str]:
    """Return the names of the tensors of a source."""
    return [tensor.name for tensor in load_model(model).tensors]


def test_dicts_and_archives(tmp_path: Path) -> None:
    """A dict, nested or not, and an .npz of it give the same tensors, without skeleton."""
    assert names({"a": WEIGHTS, "b": {"c": [WEIGHTS, np.int8(3)]}}) == ["a", "b.c.0", "b.c.1"]
    np.savez(tmp_path / "m.npz", a=WEIGHTS, b=WEIGHTS + 1)
    found = load_model(tmp_path / "m.npz")
    assert [tensor.name for tensor in found.tensors] == ["a", "b"]
    assert found.skeleton is None and found.carrier == 0
    assert found.tensors[1].data is not None
    assert found.tensors[1].data.tobytes() == (WEIGHTS + 1).tobytes()


def test_files_carry_a_skeleton(tmp_path: Path, demo_model: Path) -> None:
    """An .onnx and a .safetensors file are read with what lies around their tensors."""
    onnx = load_model(str(demo_model))
    assert onnx.carrier == 1 and onnx.skeleton is not None and onnx.tensors
    plain = tmp_path / "m.safetensors"
    dombit.decode(dombit.to_bytes({"w": WEIGHTS}), plain)
    found = load_model(plain)
    assert (found.carrier, [tensor.name for tensor in found.tensors]) == (2, ["w"])
    assert found.skeleton is not None and found.skeleton.files[0].size == plain.stat().st_size


def test_content_comes_before_the_name(tmp_path: Path, demo_model: Path) -> None:
    """An ONNX file under another name is read as what it is."""
    odd = tmp_path / "weights.dat"
    odd.write_bytes(demo_model.read_bytes())
    assert load_model(odd).carrier == 1


def test_objects_of_libraries(demo_model: Path) -> None:
    """An onnx.ModelProto is read as its file is; a torch module gives its state dict."""
    onnx = pytest.importorskip("onnx")
    assert names(onnx.load(demo_model)) == names(demo_model)
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(3, 2)
    assert names(module) == ["weight", "bias"]


def test_what_is_no_model(tmp_path: Path) -> None:
    """Streams, texts, missing files and other objects have an error each that says what to do."""
    stream = tmp_path / "m.dombit"
    stream.write_bytes(dombit.to_bytes({"w": WEIGHTS}))
    with pytest.raises(BadSource, match=r"dombit stream already.*decode it first"):
        load_model(stream)
    text = tmp_path / "m.bin"
    text.write_text("no weights here")
    with pytest.raises(BadSource, match="no model that dombit knows"):
        load_model(text)
    with pytest.raises(IoFailure):
        load_model(tmp_path / "missing.npz")
    with pytest.raises(UsageError, match="list"):
        load_model([WEIGHTS])
    with pytest.raises(BadSource):
        read_files({"m.onnx": b"\0" * 64}, "m.onnx")
