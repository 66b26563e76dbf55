"""Recognition of formats."""

from __future__ import annotations

import io
import zipfile

import pytest

from dombit.models.detect import recognise


def zipped(member: str) -> bytes:
    """Return a zip file with one member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, b"x")
    return buffer.getvalue()


MODEL = b"\x08\x08\x12\x04test\x3a\x02\x0a\x00\x42\x02\x10\x0d"


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("x", b"\x89dombit\r\n\x1a\n\0rest", "dombit"),
        ("x.onnx", (16).to_bytes(8, "little") + b'{"a":1}', "safetensors"),
        ("x", b'{"metadata": {}, "weight_map": {"a": "b"}}', "safetensors-index"),
        ("model.safetensors.index.json", b'\n{ "metadata": {', "safetensors-index"),
        ("x", b'{"meta":{"a":1}}', None),
        ("x", zipped("archive/data.pkl"), "pt"),
        ("x.npz", zipped("archive/data.pkl"), "npz"),
        ("x.pt", zipped("weight.npy"), "npz"),
        ("x", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02", "pt"),
        ("x", MODEL, "onnx"),
        ("x.pt", MODEL, "onnx"),
        ("x", MODEL[:-1] + b"\x7f" * 2000, None),
        ("x", b"\x08\x08\x3a\xff\xff\x01" + bytes(1000), "onnx"),
        ("x", b"\x08\x08\x0b", None),
        ("X.ONNX", b"text", "onnx"),
        ("x.safetensors", b"", "safetensors"),
        ("x.pth", b"junk", "pt"),
        ("x.txt", b"some text", None),
        ("x", b"", None),
    ],
)
def test_recognise(name: str, head: bytes, kind: str | None) -> None:
    """Content decides, and the suffix where content says nothing."""
    assert recognise(name, head) == kind
