"""What a program of the suite returns: a stream, and what a decoder must say about it."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.make.groups import Segment
from conformance.make.model import Model, model_digest, tensor_digest
from conformance.make.stream import build_stream
from conformance.make.writer import Payload, Unit

Arrange = Callable[[list[Unit]], list[Unit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A tensor that comes out."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A stream and its verdict."""

    data: bytes
    marks: dict[str, tuple[int, int]]
    level: int
    profile: int
    features: tuple[str, ...] = ()
    tensors: tuple[Expected, ...] = ()
    model_digest: str | None = None
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Size and SHA-256 of each file that is restored."""
    segments: tuple[Segment, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)
    """Limits of the caller under which the verdict holds; nothing = the defaults of 16.4."""
    roots: tuple[str, ...] = ()
    """Ids of the valid vectors whose streams the decoder is given as roots, in this order."""
    twin: str | None = None
    error: str | None = None
    stage: str | None = None
    fault: tuple[int, int] | None = None
    released: str = "nothing"


def valid(
    model: Model,
    *features: str,
    arrange: Arrange | None = None,
    limits: dict[str, int] | None = None,
    roots: tuple[str, ...] = (),
    **faults: Any,
) -> Vector:
    """Return a stream that decodes; `faults` are freedoms of the encoder here."""
    built = build_stream(model, _paths(faults), arrange)
    own = model.visible()
    skeleton = model.restored()
    files = skeleton.contents() if skeleton is not None else {}
    return Vector(
        data=built.data,
        marks=built.marks,
        level=model.level,
        profile=model.profile,
        features=features,
        tensors=tuple(
            Expected(
                name=t.name,
                dtype=t.dtype,
                shape=t.shape,
                digest=tensor_digest(t.canonical()).hex(),
            )
            for t in own
        ),
        model_digest=model_digest(own).hex(),
        files={name: said_of(data) for name, data in files.items()},
        segments=tuple(built.segments),
        limits=limits or {},
        roots=roots,
    )


def said_of(data: bytes) -> dict[str, Any]:
    """Return what the manifest says about a file."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def broken(
    twin: str,
    model: Model,
    verdict: str,
    *,
    faults: dict[str, Any] | None = None,
    arrange: Arrange | None = None,
    cut: int | None = None,
    at: str | None = None,
    seen: str | None = None,
    limits: dict[str, int] | None = None,
    roots: tuple[str, ...] = (),
) -> Vector:
    """Return the twin with one fault; `verdict` is "kind stage", `at` the path of the fault.

    `seen` is the path where a decoder meets it, if that is another.
    """
    built = build_stream(model, faults, arrange)
    error, stage = verdict.split()
    first = at or next(iter(faults or {"file.tail": 0}))
    place = (
        built.marks.get(first)
        or built.marks.get(f"{first}.entry")
        or built.marks[first.split(".")[0]]
    )
    if cut is not None:
        cut %= len(built.data)
        place = (cut, cut)
    return Vector(
        data=built.data[:cut],
        marks=built.marks,
        level=model.level,
        profile=model.profile,
        twin=twin,
        error=error,
        stage=stage,
        fault=place,
        released=released(built.marks, stage, built.marks[seen] if seen else place),
        limits=limits or {},
        roots=roots,
    )


def released(marks: dict[str, tuple[int, int]], stage: str, fault: tuple[int, int]) -> str:
    """Say what a decoder may have given to its caller before it meets the fault (15.2)."""
    nowhere = (1 << 53, 1 << 53)
    if fault[0] >= marks.get("model_end", nowhere)[1]:
        return "verified"
    behind = fault[0] >= marks.get("structure", nowhere)[1]
    return "unverified" if behind or stage not in {"container", "structure"} else "nothing"


def _paths(faults: dict[str, Any]) -> dict[str, Any]:
    """Keyword names as paths: `group__dtype` is `group.dtype`."""
    return {name.replace("__", "."): value for name, value in faults.items()}


def extra_unit(kind: int, flags: int, data: bytes = b"hello") -> Unit:
    """Return a unit of any type, for `arrange`."""
    payload = Payload("extra", {}, set())
    payload.raw("data", data)
    return Unit("extra", kind, lambda _rows, _offset: payload, flags)


def f16(*values: float) -> list[int]:
    """Bit patterns of values that f16 holds."""
    return [int.from_bytes(struct.pack("<e", value), "little") for value in values]


def f32(*values: float) -> list[int]:
    """Bit patterns of values that f32 holds."""
    return [int.from_bytes(struct.pack("<f", value), "little") for value in values]


def f64(*values: float) -> list[int]:
    """Bit patterns of values."""
    return [int.from_bytes(struct.pack("<d", value), "little") for value in values]


def normal(seed: int, count: int, scale: float = 1.0) -> list[float]:
    """Seeded bell-shaped values, by integer sums only: the same on any machine."""
    dice = random.Random(seed)  # noqa: S311 - seeded on purpose
    sums = [sum(dice.getrandbits(12) for _ in range(8)) - 8 * 2048 for _ in range(count)]
    return [value / 4096 * scale for value in sums]


def whole(seed: int, count: int, low: int, high: int) -> list[int]:
    """Seeded integers, low <= n <= high."""
    dice = random.Random(seed)  # noqa: S311 - seeded on purpose
    return [low + dice.getrandbits(48) % (high - low + 1) for _ in range(count)]


def fields(*parts: tuple[int, int]) -> list[int]:
    """Patterns of (value, times)."""
    return [value for value, times in parts for _ in range(times)]


def flip(bit: int) -> Callable[[int], int]:
    """Return a fault: one bit of a number."""
    return lambda value: value ^ 1 << bit


def change(at: int, mask: int) -> Callable[[Any], Any]:
    """Return a fault: bits of one byte or element."""

    def apply(data: Any) -> Any:
        edited = list(data)
        edited[at] ^= mask
        return bytes(edited) if isinstance(data, bytes) else tuple(edited)

    return apply


def where(units: Sequence[Unit], label: str) -> int:
    """Return the position of a unit."""
    return next(n for n, unit in enumerate(units) if unit.label == label)


def without(label: str) -> Arrange:
    """Return a fault: leave a unit out."""
    return lambda units: [unit for unit in units if unit.label != label]


def moved(label: str, before: str) -> Arrange:
    """Return a fault: put a unit before another."""

    def arrange(units: list[Unit]) -> list[Unit]:
        unit = units.pop(where(units, label))
        units.insert(where(units, before), unit)
        return units

    return arrange


def inserted(unit: Unit, before: str) -> Arrange:
    """One more unit before another."""

    def arrange(units: list[Unit]) -> list[Unit]:
        units.insert(where(units, before), unit)
        return units

    return arrange
