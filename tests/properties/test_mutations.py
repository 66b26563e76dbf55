"""Changed payloads with right checksums: what a CRC does not catch, every chapter must."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit.errors import DombitError
from dombit.limits import Limits

RANDOM = np.random.default_rng(3)
MODEL = {
    "f32": (RANDOM.normal(size=(6, 8, 3)) * np.exp(RANDOM.normal(size=(6, 1, 1)))).astype("f4"),
    "cut": RANDOM.normal(size=(5, 40)).astype(ml_dtypes.bfloat16).astype("f4"),
    "bf16": RANDOM.normal(size=(9, 40)).astype(ml_dtypes.bfloat16),
    "i64": RANDOM.integers(-5, 5, (7, 9)),
    "u8": RANDOM.integers(0, 9, (50,)).astype("u1"),
    "i8": RANDOM.integers(-9, 9, (200,)).astype("i1"),
    "i4": RANDOM.integers(-2, 2, (33,)).astype(ml_dtypes.int4),
    "c64": RANDOM.normal(size=(3,)).astype("c8"),
    "noise": RANDOM.integers(0, 256, (70,)).astype("u1"),
    "same": np.full((4, 4), 2.5, "f4"),
    "none": np.zeros((0, 3), "f4"),
    "twin": np.full((4, 4), 2.5, "f4"),
}
PLAIN: dict[str, Any] = {"deflate": False, "metadata": {"a": "b"}, "engine": "numpy"}
STREAMS = [
    dombit.to_bytes(MODEL, tensor_digests=False, **PLAIN),
    dombit.to_bytes(MODEL, step=0.1, all=True, tensor_digests=True, **PLAIN),
]
LIMITS = Limits(output_bytes=1 << 26)


def payloads(data: bytes) -> list[tuple[int, int]]:
    """Return (start, size) of the payload of every unit that has one."""
    found, at = [], 12
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        start = at + 12 + data[at + 3]
        found.append((start, size))
        at = start + size + 4
    return [place for place in found if place[1]]


def mutated(data: bytes, seed: int) -> bytes:
    """Return a stream with up to four bytes of one payload changed, and its CRC repaired."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    start, size = dice.choice(payloads(data))
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        place = start + dice.randrange(size)
        changed[place] = dice.choice((changed[place] ^ 1 << dice.randrange(8), 0, 255))
    crc = zlib.crc32(changed[start : start + size])
    changed[start + size : start + size + 4] = crc.to_bytes(4, "little")
    return bytes(changed)


def decoded(data: bytes) -> dict[str, bytes]:
    """Return the tensors of a stream that is decoded whole."""
    model = dombit.decode(data, limits=LIMITS, engine="numpy")
    return {name: array.tobytes() for name, array in model.items()}


def opened(data: bytes) -> dict[str, bytes]:
    """Return the tensors of a stream, each read alone."""
    with dombit.open(data) as stream:
        return {name: array.tobytes() for name, array in stream.get_tensors()}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("use", [decoded, opened])
def test_changed_payloads_are_refused(use: Callable[[bytes], Any], number: int) -> None:
    """A change ends in a DombitError, or the model is a whole one; no other exception."""
    sizes = {name: array.nbytes for name, array in MODEL.items()}
    refused = 0
    for seed in range(150):
        try:
            tensors = use(mutated(STREAMS[number], seed))
        except DombitError as error:
            assert error.rule.startswith("R-") and error.stage
            refused += 1
        else:
            assert sum(map(len, tensors.values())) <= sum(sizes.values())
    assert refused > 80


def test_decoding_accepts_only_the_model_itself() -> None:
    """Where decoding whole takes a changed stream, tensors are the old ones: names are digested."""
    for number, plain in enumerate(map(decoded, STREAMS)):
        for seed in range(1000, 1080):
            try:
                tensors = decoded(mutated(STREAMS[number], seed))
            except DombitError:
                continue
            assert tensors == plain
