"""Rules of inherited structures, skeleton patches and packed units: each is broken alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.api import units_of
from dombit.bitstream import packed as packed_chapter
from dombit.bitstream import registry, skeleton_patch
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.source import loose_unit
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError, RootMissing
from dombit.limits import Limits
from dombit.records import Alias, Inherited, SkeletonPatch, Structure, Tensor, Unit
from dombit.signature import SIGNATURE

F32 = BY_NAME["f32"]
ROOTS = tuple(Tensor(name=name, dtype=F32, shape=(3, 4), data=None) for name in "abcd")
NEW = Tensor(name="new", dtype=BY_NAME["u8"], shape=(5,), data=None)


def ints(*values: int) -> np.ndarray:
    """Return a column."""
    return np.array(values, np.int64)


def a_structure(**more: Any) -> Structure:
    """Return a structure: a, c, d of the root, of which c is coded as f16, and a new one."""
    half = replace(ROOTS[2], dtype=BY_NAME["f16"])
    fields = {
        "tensors": (ROOTS[0], half, ROOTS[3], NEW),
        "coded_order": ints(1, 3),
        "output_bytes": 48 + 24 + 48 + 5,
        "root_digest": bytes(range(32)),
        "chain_depth": 1,
        "root_tensor": ints(0, 0, 0, 0),
        "inherited": Inherited(count=3, dropped=ints(1), dtypes=ints(0, half.dtype.code, 0)),
        "skeleton_id": bytes(range(16)),
    }
    return Structure(**{**fields, **more})


def parse(payload: bytes, roots: Sequence[Tensor] = ROOTS, **limits: int) -> Structure:
    """Return the record of a payload."""
    unit = loose_unit(registry.STRUCTURE, payload)
    return structure_chapter.parse(unit, Limits(**limits), find_tensors=lambda _: roots)


def refused(rule: str, kind: str, action: Any) -> DombitError:
    """Check that an action is refused for a reason."""
    with pytest.raises(DombitError) as caught:
        action()
    assert (caught.value.rule, caught.value.kind) == (rule, kind)
    return caught.value


def same(one: Structure, other: Structure) -> bool:
    """Tell whether two structures say the same."""
    return structure_chapter.build(one) == structure_chapter.build(other)


def test_an_inherited_structure_comes_back() -> None:
    """Names and dims are the root's; what is listed comes behind."""
    found = parse(structure_chapter.build(a_structure()))
    assert found.tensors == a_structure().tensors
    assert same(found, a_structure())
    assert (found.skeleton_id, found.has_skeleton) == (bytes(range(16)), False)


def test_all_inherited_is_the_fixed_part_and_two_names() -> None:
    """24 bytes, 32 and 16, and no table."""
    structure = a_structure(
        tensors=ROOTS, coded_order=ints(), output_bytes=4 * 48, root_tensor=ints(0, 0, 0, 0),
        inherited=Inherited(count=4, dropped=ints(), dtypes=ints(0, 0, 0, 0)),
    )  # fmt: skip
    payload = structure_chapter.build(structure)
    assert len(payload) == 24 + 32 + 16
    assert parse(payload).tensors == ROOTS


def test_without_a_root_its_own_fields_are_all_that_is_known() -> None:
    """The digest is told; the tensors are not there."""
    unit = loose_unit(registry.STRUCTURE, structure_chapter.build(a_structure()))
    with pytest.raises(RootMissing, match=bytes(range(32)).hex()):
        structure_chapter.parse(unit, Limits())


def put(at: int, data: bytes, base: Structure | None = None) -> bytes:
    """Return the payload of a structure with some bytes changed."""
    payload = bytearray(structure_chapter.build(base or a_structure()))
    payload[at : at + len(data)] = data
    return bytes(payload)


@pytest.mark.parametrize(
    ("rule", "kind", "payload"),
    [
        ("R-PRE-017", "malformed", put(0, struct.pack("<HBB", 6, 0, 0))),
        ("R-PRE-018", "malformed", put(20, struct.pack("<I", 5))),
        ("R-STR-008", "unsupported", put(0, struct.pack("<H", 5))),
        ("R-PRE-023", "malformed", structure_chapter.build(a_structure())[:71]),
        ("R-PRE-024", "malformed", put(0, struct.pack("<H", 15))),
        ("R-PRE-019", "malformed", put(20, bytes(4), a_structure(
            inherited=Inherited(count=0, dropped=ints(1), dtypes=ints())))[:0] + put(
            0, struct.pack("<H", 5), a_structure(
                tensors=(), coded_order=ints(), output_bytes=0, root_tensor=ints(),
                inherited=Inherited(count=0, dropped=ints(1), dtypes=ints())))),
        ("R-PRE-020", "malformed", structure_chapter.build(a_structure(
            inherited=Inherited(count=3, dropped=ints(1, 1), dtypes=ints(0, 17, 0))))),
        ("R-PRE-021", "malformed", structure_chapter.build(a_structure(
            inherited=Inherited(count=3, dropped=ints(1, 2), dtypes=ints(0, 17, 0))))),
        ("R-PRE-021", "malformed", structure_chapter.build(a_structure(
            inherited=Inherited(count=3, dropped=ints(4), dtypes=ints(0, 17, 0))))),
        ("R-PRE-022", "unsupported", structure_chapter.build(a_structure(
            inherited=Inherited(count=3, dropped=ints(1), dtypes=ints(0, 250, 0))))),
        ("R-STR-013", "malformed", structure_chapter.build(a_structure(
            tensors=(ROOTS[0], ROOTS[2], ROOTS[3], replace(NEW, name="d"))))),
        ("R-STR-024", "malformed", structure_chapter.build(a_structure(output_bytes=124))),
        ("R-STR-022", "malformed", structure_chapter.build(a_structure(
            tensors=(ROOTS[0], ROOTS[2], replace(ROOTS[3], alias=Alias(target=0, offset=1)), NEW),
            output_bytes=48 + 24 + 48 + 5))),
        ("R-CON-006", "malformed", structure_chapter.build(a_structure(
            tensors=(ROOTS[0], ROOTS[2],
                     replace(ROOTS[3], alias=Alias(target=0, strides=(1, 2, 3))), NEW)))),
    ],
)  # fmt: skip
def test_structures(rule: str, kind: str, payload: bytes) -> None:
    """A structure that breaks one rule is refused."""
    assert refused(rule, kind, lambda: parse(payload)).stage == "structure"


def test_limits_hold_for_inherited_tensors() -> None:
    """Their number and bytes are said without the root, their rank is the root's."""
    payload = structure_chapter.build(a_structure())
    refused("R-LIM-001", "limit-exceeded", lambda: parse(payload, tensors=3))
    refused("R-LIM-002", "limit-exceeded", lambda: parse(payload, output_bytes=124))
    refused("R-LIM-003", "limit-exceeded", lambda: parse(payload, rank=1))
    large = [replace(tensor, shape=(1 << 50, 1)) for tensor in ROOTS]
    wide = a_structure(
        inherited=Inherited(count=3, dropped=ints(1), dtypes=ints(0, BY_NAME["c128"].code, 0))
    )
    refused(
        "R-STR-018", "forbidden-value", lambda: parse(structure_chapter.build(wide), roots=large)
    )


def test_a_million_tensors_of_nothing_are_refused_cheaply() -> None:
    """The count is that of the root, whatever the stream says."""
    payload = bytearray(
        structure_chapter.build(
            a_structure(
                tensors=ROOTS[:1],
                coded_order=ints(),
                output_bytes=48,
                root_tensor=ints(0),
                inherited=Inherited(count=1, dropped=ints(1, 2, 3), dtypes=ints(0)),
            )
        )
    )
    payload[4:8] = struct.pack("<I", 10**7)
    refused("R-PRE-021", "malformed", lambda: parse(bytes(payload)))


# ------------------------------------------------------------------------------ skeleton patches


PATCH = SkeletonPatch(skip=ints(3, 0), length=ints(2, 1), size=ints(0, 4), text=b"abcd")


def test_a_skeleton_patch_comes_back() -> None:
    """All columns; those that are 0 are left out."""
    for patch in (PATCH, SkeletonPatch(skip=ints(), length=ints(), size=ints(), text=b"")):
        unit = loose_unit(registry.SKELETON_PATCH, skeleton_patch.build(patch))
        found = skeleton_patch.parse(unit, Limits())
        for name in ("skip", "length", "size"):
            assert np.array_equal(getattr(found, name), getattr(patch, name))
        assert found.text == patch.text


def test_refused_skeleton_patches() -> None:
    """A reserved field, a limit, text of another size."""
    payload = bytearray(skeleton_patch.build(PATCH))
    unit = loose_unit(registry.SKELETON_PATCH, bytes(payload))
    refused("R-LIM-053", "limit-exceeded", lambda: skeleton_patch.parse(unit, Limits(tensors=1)))
    payload[6] = 1
    spoiled = loose_unit(registry.SKELETON_PATCH, bytes(payload))
    refused("R-SKE-026", "unsupported", lambda: skeleton_patch.parse(spoiled, Limits()))
    short = loose_unit(registry.SKELETON_PATCH, skeleton_patch.build(replace(PATCH, text=b"abc")))
    refused("R-CON-006", "malformed", lambda: skeleton_patch.parse(short, Limits()))


# ------------------------------------------------------------------------------------- packed


MODEL = {"w": np.arange(12, dtype=np.int32)}


def short_units_of(data: bytes) -> list[tuple[int, bytes]]:
    """Return type and payload of the units inside a packed stream."""
    return [(unit.type, bytes(unit.payload)) for unit in units_of(data, Limits())]


def a_stream(units: Sequence[tuple[int, bytes]], flags: int = 0, behind: bytes = b"") -> bytes:
    """Return a packed stream; each unit is its type (and, above 255, its flags) and payload."""
    body = b"".join(
        struct.pack("<BBH", unit & 255, unit >> 8 | (unit == 2), len(payload)) + payload
        for unit, payload in units
    )
    return framed(body + behind, flags)


def framed(payload: bytes, flags: int = 0) -> bytes:
    """Return a stream of one packed unit."""
    head = struct.pack("<HBBI", 12, flags, 0, len(payload))
    head += zlib.crc32(head).to_bytes(4, "little")
    return SIGNATURE + head + payload + zlib.crc32(payload).to_bytes(4, "little")


UNITS = short_units_of(dombit.to_bytes(MODEL, pack=True, deflate=False))
PLAIN = short_units_of(dombit.to_bytes(MODEL, index=False, deflate=False))


def test_a_packed_stream_is_its_short_units() -> None:
    """As the writer makes it; unknown ancillary units are skipped."""
    assert a_stream(UNITS) == dombit.to_bytes(MODEL, pack=True, deflate=False)
    more = [*UNITS[:2], (0x100 | 200, b"what is this"), *UNITS[2:]]
    assert dombit.decode(a_stream(more))["w"].tolist() == MODEL["w"].tolist()


def with_header(*, features: int = 256, flags: int = 0) -> list[tuple[int, bytes]]:
    """Return the units with another stream header."""
    header = bytearray(UNITS[0][1])
    header[6:8] = struct.pack("<H", flags)
    header[8:16] = struct.pack("<Q", features)
    return [(1, bytes(header)), *UNITS[1:]]


@pytest.mark.parametrize(
    ("rule", "kind", "data"),
    [
        ("R-CON-014", "unsupported", a_stream([*UNITS[:2], (0x500 | 200, b""), *UNITS[2:]])),
        ("R-CON-022", "unsupported", a_stream([*UNITS[:2], (0x100 | 10, b""), *UNITS[2:]])),
        ("R-CON-023", "unsupported", a_stream([*UNITS[:2], (200, b""), *UNITS[2:]])),
        ("R-CON-024", "forbidden-value", a_stream([(0x101, UNITS[0][1]), *UNITS[1:]])),
        ("R-CON-051", "forbidden-value", a_stream([*UNITS[:1], (0x203, UNITS[1][1]), *UNITS[2:]])),
        ("R-CON-049", "forbidden-value", framed(bytes(65537))),
        ("R-CON-050", "malformed", a_stream(UNITS, behind=b"\0\0\0")),
        ("R-CON-050", "malformed", framed(a_stream(UNITS)[24:-5])),
        ("R-CON-052", "malformed", a_stream(with_header(features=0))),
        ("R-CON-052", "malformed", dombit.to_bytes(MODEL, index=False)[:32] + b"\0\1" + bytes(6)),
        ("R-CON-040", "malformed", a_stream(UNITS[:-1])),
        ("R-CON-040", "malformed", framed(b"")),
        ("R-CON-043", "malformed", a_stream(with_header(flags=1))),
        ("R-CON-035", "malformed", a_stream([*UNITS, (33, bytes(16))])),
        ("R-CON-035", "malformed", a_stream([(12, b""), *UNITS])),
        ("R-CON-041", "malformed", a_stream([*UNITS, *UNITS[1:]])),
        ("R-CON-045", "trailing-data", a_stream(UNITS) + b"\0"),
        ("R-PRE-025", "malformed", a_stream([*UNITS[:2], (13, bytes(8)), *UNITS[2:]])),
    ],
)
def test_packed_streams(rule: str, kind: str, data: bytes) -> None:
    """A packed stream that breaks one rule is refused, however it is read."""
    if rule == "R-CON-052" and len(data) == 40:
        crc = zlib.crc32(data[24:40]).to_bytes(4, "little")
        data = data + crc + dombit.to_bytes(MODEL, index=False)[44:]
    error = refused(rule, kind, lambda: dombit.decode(data))
    assert error.stage == "container"
    if data[12] == registry.PACKED:
        refused(rule, kind, lambda: dombit.open(data))


def test_the_limit_of_units_counts_short_ones() -> None:
    """One more than the limit is refused."""
    data = a_stream(UNITS)
    assert dombit.decode(data, limits=Limits(units=len(UNITS)))
    refused(
        "R-LIM-007",
        "limit-exceeded",
        lambda: dombit.decode(data, limits=Limits(units=len(UNITS) - 1)),
    )


def test_the_short_header_has_four_bytes() -> None:
    """Type, flags, size."""
    assert packed_chapter.ShortHeader.width() == 4
    unit = Unit(
        type=12, number=0, start=12, size=0, payload_start=24, payload=memoryview(b"\1\0\0\0")
    )
    found = list(packed_chapter.short_units(unit, lambda *_: None))
    assert [(each.type, each.payload_start, each.number, each.packed) for each in found] == [
        (1, 28, 1, True)
    ]
