"""Rules of DoMs: structures, groups and segments that break exactly one of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit.api import decode_stream, units_of
from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry
from dombit.bitstream import segment as segment_chapter
from dombit.bitstream import structure as structure_chapter
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.limits import LEVELS, Limits
from dombit.records import Structure, Tensor, Unit

RANDOM = np.random.default_rng(3)
ROOT = {name: RANDOM.normal(0, 1, (60, 70)).astype(ml_dtypes.bfloat16) for name in ("a", "b")}
MODEL = {name: array.copy() for name, array in ROOT.items()}
for array in MODEL.values():
    array.reshape(-1)[::90] *= 2
BOTH = registry.ROOTS | registry.SPARSE_SEGMENTS
Patch = Callable[[bytearray], None]


def units() -> dict[int, Unit]:
    """Return the units of a DoM of two sparse tensors, by type."""
    data = dombit.to_bytes(MODEL, root=ROOT, deflate=False, tensor_digests=False)
    return {unit.type: unit for unit in units_of(data, Limits())}


def structure() -> Structure:
    """Return its structure, which inherits names and dims."""
    unit, held = units()[registry.STRUCTURE], structure_chapter.parse
    roots = [
        Tensor(name=name, dtype=BY_NAME["bf16"], shape=array.shape, data=None)
        for name, array in ROOT.items()
    ]
    return held(unit, Limits(), features=BOTH, find_tensors=lambda _: roots)


def patched(kind: int, patch: Patch) -> Unit:
    """Return one of the units with a changed payload."""
    unit = units()[kind]
    payload = bytearray(unit.payload)
    patch(payload)
    return replace(unit, payload=memoryview(bytes(payload)))


def put(at: int, data: bytes) -> Patch:
    """Return a patch that writes some bytes."""

    def patch(payload: bytearray) -> None:
        payload[at : at + len(data)] = data

    return patch


def keep(size: int) -> Patch:
    """Return a patch that cuts a payload off."""

    def patch(payload: bytearray) -> None:
        del payload[size:]

    return patch


def no_root(payload: bytearray) -> None:
    """Take the flag, the count, the depth and the digest of the root away."""
    payload[0:4] = bytes(4)
    del payload[24:56]


def swapped(payload: bytearray) -> None:
    """Let the column `coded` descend: it is the last one, two bytes."""
    assert payload[-2:] == b"\0\1"
    payload[-2:] = b"\1\0"


def refused(rule: str, action: Callable[[], Any]) -> None:
    """Check that an action is refused for a reason."""
    with pytest.raises(DombitError) as caught:
        action()
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("rule", "patch", "features"),
    [
        ("R-PRE-003", put(0, b""), 0),
        ("R-PRE-016", keep(50), BOTH),
        ("R-PRE-005", no_root, BOTH),
        ("R-PRE-006", swapped, BOTH),
    ],
)
def test_structures(rule: str, patch: Patch, features: int) -> None:
    """A structure of a DoM, with one fault."""
    unit = patched(registry.STRUCTURE, patch)
    refused(rule, lambda: structure_chapter.parse(unit, Limits(), features=features))


MAP_AT = 48 + 8 * 3
"""Where the columns of the group begin: behind its directory."""


@pytest.mark.parametrize(
    ("rule", "patch", "features", "roots"),
    [
        ("R-PRE-004", put(0, b""), registry.ROOTS, [0, 1]),
        ("R-PRE-010", put(32, b"\x21\3"), BOTH, [0, 1]),
        ("R-PRE-011", put(0, b""), BOTH, [0, -1]),
        ("R-PRE-014", put(28, b"\3"), BOTH, [0, 1]),
        ("R-PRE-014", put(28, b"\0"), BOTH, [0, 1]),
    ],
)
def test_groups(rule: str, patch: Patch, features: int, roots: list[int]) -> None:
    """A sparse group, with one fault."""
    unit, numbers = patched(registry.GROUP, patch), np.array(roots)
    refused(
        rule,
        lambda: group_chapter.parse(unit, structure(), LEVELS[1], roots=numbers, features=features),
    )


def test_walk_classes() -> None:
    """A context whose walk class has no tables is refused."""
    made, whole = structure(), units()[registry.GROUP]
    group = group_chapter.parse(whole, made, LEVELS[1], roots=np.array([0, 1]))
    wrong = replace(group, table_map=np.full_like(group.table_map, group.table_count // 2))
    unit = replace(whole, payload=memoryview(group_chapter.build(wrong, made)))
    roots = np.array([0, 1])
    refused("R-PRE-015", lambda: group_chapter.parse(unit, made, LEVELS[1], roots=roots))


MANY = (1 << 31).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("rule", "patch", "dense"),
    [
        ("R-SEG-044", put(0, b""), True),
        ("R-SEG-044", put(0, b"\0"), False),
        ("R-SEG-045", keep(26), False),
        ("R-SEG-046", put(24, MANY), False),
        ("R-SEG-048", put(16, b"\1\0"), False),
    ],
)
def test_segments(rule: str, patch: Patch, dense: bool) -> None:
    """A sparse segment, with one fault, or in a dense group."""
    group = group_chapter.parse(
        units()[registry.GROUP], structure(), LEVELS[1], roots=np.array([0, 1])
    )
    classes = 0 if dense else group.table_count // 2
    unit = patched(registry.SEGMENT, patch)
    refused(rule, lambda: segment_chapter.parse(unit, LEVELS[1], walk_classes=classes))


def test_gaps_stay_inside_their_class() -> None:
    """A stream that covers fewer elements than its gaps pass is refused."""
    data = bytearray(dombit.to_bytes(MODEL, root=ROOT, deflate=False, pack=False))
    segment = next(u for u in units_of(bytes(data), Limits()) if u.type == registry.SEGMENT)
    start, size = segment.payload_start, len(segment.payload)
    count = int.from_bytes(data[start + 16 : start + 24], "little")
    data[start + 16 : start + 24] = (count - 60).to_bytes(8, "little")
    crc = zlib.crc32(data[start : start + size])
    data[start + size : start + size + 4] = crc.to_bytes(4, "little")
    refused("R-SEG-047", lambda: decode_stream(bytes(data), roots=[ROOT]))
