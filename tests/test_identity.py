"""Digests of tensors and models."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from dombit import identity
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError

MIB = 1 << 20
BYTES = np.random.default_rng(3).integers(0, 256, 2 * MIB + 5, dtype=np.uint8)


def sha(data: bytes) -> bytes:
    """Return SHA-256."""
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB])
def test_a_small_tensor_has_a_plain_digest(size: int) -> None:
    """Up to 1 MiB the digest is SHA-256 of the bytes."""
    assert identity.tensor_digest(BYTES[:size]) == sha(BYTES[:size].tobytes())


@pytest.mark.parametrize("size", [MIB + 1, 2 * MIB, 2 * MIB + 5])
def test_a_large_tensor_has_a_tree(size: int) -> None:
    """Above 1 MiB it is SHA-256 of the chunks' digests."""
    data = BYTES[:size].tobytes()
    leaves = b"".join(sha(data[first : first + MIB]) for first in range(0, size, MIB))
    assert identity.tensor_digest(BYTES[:size]) == sha(leaves)


@pytest.mark.parametrize("size", [0, 9, MIB, MIB + 1, 2 * MIB + 5])
@pytest.mark.parametrize("piece", [70_001, MIB - 1, MIB, 3 * MIB])
def test_pieces_give_the_same_digest(size: int, piece: int) -> None:
    """How the bytes arrive does not matter, and asking for the digest changes nothing."""
    hasher = identity.TensorHasher()
    for first in range(0, size, piece):
        hasher.update(BYTES[first : min(first + piece, size)].tobytes())
        hasher.digest()
    assert hasher.digest() == identity.tensor_digest(BYTES[:size])


def test_any_buffer_is_hashed() -> None:
    """Wider arrays and views count by their bytes."""
    wide = np.arange(10, dtype=np.uint32)
    hasher = identity.TensorHasher()
    hasher.update(wide)
    hasher.update(b"")
    assert hasher.digest() == sha(wide.tobytes())


def entries() -> list[identity.Entry]:
    """Return three tensors whose names sort otherwise as bytes than in order."""
    return [
        ("ö", BY_NAME["f32"], (2, 3), sha(b"1")),
        ("a", BY_NAME["i64"], (), sha(b"2")),
        ("Z", BY_NAME["bf16"], (0,), sha(b"3")),
    ]


def test_a_model_digest_is_of_this_serialisation() -> None:
    """Magic, version, count, then the tensors in byte order of names."""
    text = b"dombitMD\x01\x00\x03\x00\x00\x00\x01\x00\x00\x00Z\x11\x00\x01" + bytes(8) + sha(b"3")
    text += b"\x01\x00\x00\x00a\x09\x00\x00" + sha(b"2")
    text += b"\x02\x00\x00\x00" + "ö".encode() + b"\x12\x00\x02"
    text += b"\x02" + bytes(7) + b"\x03" + bytes(7) + sha(b"1")
    assert identity.model_digest(entries()) == sha(text)
    assert identity.model_digest(reversed(entries())) == sha(text)


def test_an_empty_model_has_a_digest() -> None:
    """No tensors: magic, version and zero."""
    assert identity.model_digest([]) == sha(b"dombitMD\x01\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("check", "rule"),
    [
        (lambda a, b: identity.check_tensor(a, b, "w"), "R-IDN-001"),
        (identity.check_model, "R-IDN-002"),
        (lambda a, b: identity.check_file(a, b, "model.onnx"), "R-IDN-003"),
    ],
)
def test_a_wrong_digest_is_refused(check, rule: str) -> None:
    """Another digest is an integrity fault of stage identity; the same one passes."""
    check(sha(b"1"), sha(b"1"))
    with pytest.raises(DombitError) as caught:
        check(sha(b"1"), sha(b"2"))
    assert (caught.value.kind, caught.value.stage) == ("integrity", "identity")
    assert caught.value.rule == rule
