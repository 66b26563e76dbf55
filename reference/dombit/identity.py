"""Identity: digests of tensors, models and files (chapter 10)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import DType
from dombit.errors import fail

DIGEST_BYTES = 32
"""Bytes of every digest: SHA-256."""
CHUNK_BYTES = 1 << 20
"""Bytes of a leaf; a tensor of more bytes is digested leaf by leaf."""
MAGIC = b"dombitMD"
"""First bytes of what a model digest is taken of."""
Entry = tuple[str, DType, tuple[int, ...], bytes]
"""Name, dtype, shape and tensor digest of a tensor that is not hidden."""


class TensorHasher:
    """The tensor digest of canonical bytes that arrive in pieces of any size."""

    def __init__(self) -> None:
        self._leaf = hashlib.sha256()
        self._leaf_bytes = 0
        self._leaves = bytearray()

    def update(self, data: Any) -> None:
        """Take the next bytes: any contiguous buffer."""
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        while len(view):
            if self._leaf_bytes == CHUNK_BYTES:
                self._close_leaf()
            room = CHUNK_BYTES - self._leaf_bytes
            self._leaf.update(view[:room])
            self._leaf_bytes += min(room, len(view))
            view = view[room:]

    def _close_leaf(self) -> None:
        """Put the digest of a full leaf to the others: only when a byte follows it."""
        self._leaves += self._leaf.digest()
        self._leaf, self._leaf_bytes = hashlib.sha256(), 0

    def digest(self) -> bytes:
        """Return the 32 bytes for what has come so far."""
        if not self._leaves:
            return self._leaf.digest()
        return hashlib.sha256(bytes(self._leaves) + self._leaf.digest()).digest()


def tensor_digest(data: NDArray[np.uint8]) -> bytes:
    """Return the digest (32 bytes) of a tensor's canonical bytes, a flat uint8 array."""
    hasher = TensorHasher()
    hasher.update(np.ascontiguousarray(data))
    return hasher.digest()


def model_digest(entries: Iterable[Entry]) -> bytes:
    """Return the digest (32 bytes) of a model: its tensors that are not hidden, in any order."""
    rows = sorted((name.encode(), dtype, shape, digest) for name, dtype, shape, digest in entries)
    hasher = hashlib.sha256(MAGIC + struct.pack("<HI", 1, len(rows)))
    for name, dtype, shape, digest in rows:
        hasher.update(struct.pack("<I", len(name)) + name)
        hasher.update(struct.pack(f"<HB{len(shape)}Q", dtype.code, len(shape), *shape))
        hasher.update(digest)
    return hasher.digest()


def check_tensor(computed: bytes, declared: bytes, name: str) -> None:
    """Refuse a tensor whose digest is not the one that the model end lists."""
    if computed != declared:
        message = f"digest is {computed.hex()}, the stream says {declared.hex()}"
        fail("integrity", "R-IDN-001", message, stage="identity", tensor=name)


def check_model(computed: bytes, declared: bytes) -> None:
    """Refuse a model whose digest is not the one in its model end."""
    if computed != declared:
        message = f"model digest is {computed.hex()}, the stream says {declared.hex()}"
        fail("integrity", "R-IDN-002", message, stage="identity")


def check_file(computed: bytes, declared: bytes, name: str) -> None:
    """Refuse a re-assembled file whose SHA-256 is not the one in its skeleton."""
    if computed != declared:
        message = f"SHA-256 of file {name!r} is {computed.hex()}, not {declared.hex()}"
        fail("integrity", "R-IDN-003", message, stage="identity")
