"""Writing: a safetensors file from bytes, without the package of that name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Entry = tuple[str, list[int], bytes]
"""Dtype, shape, bytes."""


def write_safetensors(
    path: Path, tensors: Mapping[str, Entry], metadata: dict[str, str] | None = None
) -> None:
    """Write tensors in order; the header is padded to a multiple of 8 bytes."""
    with path.open("wb") as file:
        file.write(_header(tensors, metadata))
        file.writelines(content for _, _, content in tensors.values())


def safetensors_bytes(tensors: Mapping[str, Entry]) -> bytes:
    """Return what write_safetensors writes."""
    return _header(tensors, None) + b"".join(content for _, _, content in tensors.values())


def _header(tensors: Mapping[str, Entry], metadata: dict[str, str] | None) -> bytes:
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    place = 0
    for name, (dtype, shape, content) in tensors.items():
        stop = place + len(content)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, stop]}
        place = stop
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
