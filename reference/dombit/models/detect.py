"""Detection: what kind of model file this is, by content first, by suffix second (chapter 8)."""

from __future__ import annotations

from typing import Literal

from dombit.errors import BadSource
from dombit.models.protobuf import BYTES, VARINT, varint
from dombit.signature import SIGNATURE

Format = Literal["onnx", "safetensors", "safetensors-index", "pt", "npz", "dombit"]

HEAD = 4096
"""Bytes of the file that are wanted; fewer will do."""
_ZIP = b"PK\x03\x04"
_LEGACY_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_SUFFIXES: dict[str, Format] = {
    ".onnx": "onnx",
    ".safetensors": "safetensors",
    ".safetensors.index.json": "safetensors-index",
    ".pt": "pt",
    ".pth": "pt",
    ".ckpt": "pt",
    ".npz": "npz",
    ".dombit": "dombit",
}
_MODEL_PROTO = {
    **dict.fromkeys((1, 5), VARINT),
    **dict.fromkeys((2, 3, 4, 6, 7, 8, 14, 20, 25, 26), BYTES),
}
"""Fields of ONNX' ModelProto and their wire types."""


def recognise(name: str, head: bytes) -> Format | None:
    """Return the format of a file from its name and first bytes (4096 are plenty), or None.

    TorchScript archives are zip files too: they come as `pt`.
    """
    return _by_content(name, head) or _by_suffix(name)


def _by_content(name: str, head: bytes) -> Format | None:
    if head.startswith(SIGNATURE):
        return "dombit"
    if head[:4] == _ZIP:
        return "npz" if _first_member(head).endswith(b".npy") else _archive(name)
    if head.startswith(_LEGACY_TORCH):
        return "pt"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= 100_000_000:
        return "safetensors"
    if head.lstrip()[:1] == b"{" and (b'"weight_map"' in head or name.endswith(".index.json")):
        return "safetensors-index"
    return "onnx" if _is_model_proto(head) else None


def _by_suffix(name: str) -> Format | None:
    lower = name.lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if lower.endswith(suffix)), None)


def _archive(name: str) -> Format:
    return "npz" if name.lower().endswith(".npz") else "pt"


def _first_member(head: bytes) -> bytes:
    return head[30 : 30 + int.from_bytes(head[26:28], "little")]


def _is_model_proto(head: bytes) -> bool:
    """Return whether the bytes begin like a ModelProto: known fields, the first a small number."""
    view, at, seen = memoryview(head), 0, set[int]()
    try:
        while at < len(view):
            tag, at = varint(view, at, len(view))
            number = tag >> 3
            if _MODEL_PROTO.get(number) != tag & 7:
                return False
            value, at = varint(view, at, len(view))
            seen.add(number)
            at += value if tag & 7 == BYTES else 0
    except BadSource:
        return 1 in seen
    return 1 in seen or {7, 8} <= seen
