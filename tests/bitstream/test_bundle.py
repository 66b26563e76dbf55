"""Bundles: one description is parsed, built, traced, peeked into and printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.fields import enum, flags, mask64, raw, reserved, u8, u16, u32, u64
from dombit.bitstream.source import Source
from dombit.trace import FieldRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Bundle):
    """One field of every kind."""

    small: int = u8("A byte.", low=1, high=9, rule="R-AAA-001")
    code: int = enum(1, "A code.", {1: "one", 5: "five"}, rule="R-AAA-002")
    bits: int = flags(2, "Flags.", {0: "first", 15: "last"}, rule="R-AAA-003")
    word: int = u32("A word.")
    features: int = mask64("Features.", {7: "seven"}, 0, rule="R-AAA-004")
    size: int = u64("A size.", low=2, rule="R-AAA-005")
    digest: bytes = raw(3, "Bytes.")
    gap: int = reserved(1, rule="R-AAA-006")
    half: int = u16("Two bytes.")
    long_gap: bytes = reserved(5, rule="R-AAA-007")


VALID: dict[str, Any] = {
    "small": 3, "code": 5, "bits": 0x8001, "word": 7, "features": 0, "size": 2,
    "digest": b"abc", "half": 300,
}  # fmt: skip


def source(data: bytes, **more: Any) -> Source:
    """Return bytes as a payload at offset 100."""
    return Source(data=memoryview(data), at=100, path="p", stage="structure", **more)


def test_what_is_built_is_parsed() -> None:
    """Build and parse are inverse, and the width is the sum of the fields."""
    sample = Sample(**VALID)
    data = sample.build()
    assert len(data) == Sample.width() == 35
    assert Sample.parse(source(data), exact=True) == sample
    assert Sample.parse(source(b"xx" + data + b"y"), 2) == sample


@pytest.mark.parametrize(
    ("rule", "kind", "at", "change"),
    [
        ("R-AAA-001", "forbidden-value", 0, {"small": 0}),
        ("R-AAA-001", "forbidden-value", 0, {"small": 10}),
        ("R-AAA-002", "unsupported", 1, {"code": 2}),
        ("R-AAA-003", "unsupported", 2, {"bits": 2}),
        ("R-AAA-004", "unsupported", 8, {"features": 0x180}),
        ("R-AAA-005", "forbidden-value", 16, {"size": 1}),
        ("R-CON-001", "forbidden-value", 16, {"size": 1 << 53}),
        ("R-AAA-006", "unsupported", 27, {"gap": 1}),
        ("R-AAA-007", "unsupported", 30, {"long_gap": b"\0\0\0\0\1"}),
    ],
)
def test_each_kind_refuses(lab: Any, rule: str, kind: str, at: int, change: dict[str, Any]) -> None:
    """A value that the description forbids is refused where it stands."""
    data = Sample(**{**VALID, **change}).build()
    error = lab.refused(lambda: Sample.parse(source(data)))
    assert (error.rule, error.kind, error.at) == (rule, kind, 100 + at)


def test_the_lowest_feature_is_named(lab: Any) -> None:
    """A decoder says which feature it lacks."""
    data = Sample(**{**VALID, "features": 0x180}).build()
    assert "feature 7 (seven)" in lab.refused(lambda: Sample.parse(source(data))).message


def test_every_field_is_traced_in_order() -> None:
    """Events name the field, its bytes and its meaning, and fill the fixed part."""
    events: list[FieldRead] = []
    data = Sample(**VALID).build()
    Sample.parse(source(data, trace=events.append))
    assert [event.path for event in events] == [f"p.{row.name}" for row in Sample.describe()]
    assert [event.start for event in events] == [100, *(event.stop for event in events[:-1])]
    assert events[-1].stop == 135
    assert events[6].raw == events[6].value == b"abc"
    assert events[0].meaning == "A byte."


def test_positions_inside_inflated_bytes(lab: Any) -> None:
    """Inside a deflated payload events count from its first inflated byte, errors name the unit."""
    events: list[FieldRead] = []
    data = Sample(**{**VALID, "half": 1}).build()
    Sample.parse(source(data, inflated=True, trace=events.append))
    assert (events[0].start, events[0].inflated) == (0, 100)
    spoiled = Sample(**{**VALID, "gap": 1}).build()
    assert lab.refused(lambda: Sample.parse(source(spoiled, inflated=True))).at == 100


def test_peek_needs_no_valid_bundle() -> None:
    """One field can be looked at without a check, also where the data ends early."""
    data = memoryview(Sample(**{**VALID, "small": 0}).build())
    assert Sample.peek(data, "word") == 7
    assert Sample.peek(data[:5], "word") == 7
    assert Sample.peek(data[:2], "word") == 0
    assert Sample.peek_bytes(data[:25], "digest") == b"a\0\0"
