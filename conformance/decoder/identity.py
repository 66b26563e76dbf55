"""Canonical bytes, digests of tensors and models, the model end (chapter 10)."""

from __future__ import annotations

import hashlib

from conformance.decoder.container import Reader, Table
from conformance.decoder.reject import Judge
from conformance.decoder.structure import DTYPES, Tensor

JUDGE = Judge("identity")
CHUNK = 1 << 20


def canonical(tensor: Tensor) -> bytes:
    """Return the bytes of a tensor: patterns one after the other, lowest bit first."""
    width = DTYPES[tensor.dtype][1]
    if width >= 8:
        return b"".join(part.to_bytes(width // 8, "little") for part in tensor.parts)
    whole = "".join(f"{part:0{width}b}"[::-1] for part in tensor.parts)
    whole += "0" * (-len(whole) % 8)
    return bytes(int(whole[at : at + 8][::-1], 2) for at in range(0, len(whole), 8))


def tensor_digest(data: bytes) -> bytes:
    """SHA-256, above 1 MiB over the digests of the chunks."""
    if len(data) > CHUNK:
        cuts = range(0, len(data), CHUNK)
        data = b"".join(hashlib.sha256(data[at : at + CHUNK]).digest() for at in cuts)
    return hashlib.sha256(data).digest()


def model_digest(tensors: list[Tensor], digests: list[bytes]) -> bytes:
    """SHA-256 over the names in byte order, with dtype, dims and digest of each."""
    text = b"dombitMD" + (1).to_bytes(2, "little") + len(tensors).to_bytes(4, "little")
    order = sorted(range(len(tensors)), key=lambda n: tensors[n].name.encode())
    for n in order:
        tensor, name = tensors[n], tensors[n].name.encode()
        text += len(name).to_bytes(4, "little") + name
        text += tensor.dtype.to_bytes(2, "little") + len(tensor.dims).to_bytes(1, "little")
        text += b"".join(dim.to_bytes(8, "little") for dim in tensor.dims) + digests[n]
    return hashlib.sha256(text).digest()


def check_model_end(payload: bytes, tensors: list[Tensor]) -> bytes:
    """Compare the digests of a model end unit with the tensors; return the model's."""
    reader = Reader(payload, JUDGE)
    reader.holds(40)
    said, count, kind = reader.take(32), reader.u(4), reader.u(1)
    JUDGE.support(kind == 1, f"digest kind {kind}")
    reader.reserved(1)
    columns = reader.u(2)
    JUDGE.fits(count == len(tensors), "tensor_count is another")
    table = Table(reader, columns, {1: "bytes"})
    digests = [tensor_digest(canonical(tensor)) for tensor in tensors]
    if table.has(1):
        listed = table.data(1, 32 * count)
        JUDGE.same(b"".join(digests) == listed, "R-IDN-001: a tensor digest differs")
    digest = model_digest(tensors, digests)
    JUDGE.same(digest == said, f"R-IDN-002: the model digest is {digest.hex()}")
    return digest
