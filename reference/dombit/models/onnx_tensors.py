"""TensorProto: where the bytes of an ONNX tensor stand, in which file (chapters 8 and 10)."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import BY_NAME, DType, byte_size, elements
from dombit.filenames import is_file_name
from dombit.models.protobuf import BYTES, FIXED32, FIXED64, VARINT, Field, Message, varints

DIMS, DATA_TYPE, SEGMENT, FLOATS, INT32S, INT64S, NAME, RAW = 1, 2, 3, 4, 5, 7, 8, 9
DOUBLES, UINT64S, EXTERNAL_DATA, DATA_LOCATION = 10, 11, 13, 14
"""Numbers of the fields of TensorProto."""
STRING, EXTERNAL = 8, 1
"""Data type of string tensors, and the location of data in other files."""

_WIRES: dict[int, tuple[int, ...]] = {
    **dict.fromkeys((SEGMENT, NAME, RAW, EXTERNAL_DATA), (BYTES,)),
    **dict.fromkeys((DATA_TYPE, DATA_LOCATION), (VARINT,)),
    **dict.fromkeys((DIMS, INT32S, INT64S, UINT64S), (VARINT, BYTES)),
    FLOATS: (FIXED32, BYTES),
    DOUBLES: (FIXED64, BYTES),
}
_VALUES = (FLOATS, INT32S, INT64S, DOUBLES, UINT64S)
_IN_INT32S = (
    (2, "u8"), (3, "i8"), (4, "u16"), (5, "i16"), (6, "i32"), (9, "bool"), (10, "f16"),
    (16, "bf16"), (17, "f8_e4m3fn"), (18, "f8_e4m3fnuz"), (19, "f8_e5m2"), (20, "f8_e5m2fnuz"),
    (21, "u4"), (22, "i4"), (23, "f4_e2m1"), (24, "f8_e8m0fnu"), (25, "u2"), (26, "i2"),
    (27, "f6_e2m3"), (28, "f6_e3m2"),
)  # fmt: skip
_TYPES: dict[int, tuple[DType, int]] = {
    1: (BY_NAME["f32"], FLOATS),
    7: (BY_NAME["i64"], INT64S),
    11: (BY_NAME["f64"], DOUBLES),
    12: (BY_NAME["u32"], UINT64S),
    13: (BY_NAME["u64"], UINT64S),
    14: (BY_NAME["c64"], FLOATS),
    15: (BY_NAME["c128"], DOUBLES),
    **{code: (BY_NAME[name], INT32S) for code, name in _IN_INT32S},
}
"""Data type in ONNX: ours, and the field that holds values of that type."""
_MAX_FIELDS = 1 << 16
"""Fields of one tensor; values that stand each in a field of its own are a rarity."""

Fields = dict[int, list[Field]]


class LeftLiteral(Exception):  # noqa: N818 - names say the cause
    """A tensor that stays as it stands in the file, and why; never leaves this package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A tensor of the file: what it is, and where its values are."""

    dtype: DType
    shape: tuple[int, ...]
    file: str = ""
    """Name of the external file; empty: the model file."""
    places: tuple[tuple[int, int], ...] = ()
    """Start and length of the runs of its bytes, in order."""
    values: NDArray[np.uint8] | None = None
    """Canonical bytes where the file holds them in another form (varints)."""
    message: tuple[int, int] = (0, 0)
    """Where the content of the TensorProto begins and ends, for those."""


def tensor_fields(message: Message) -> Fields:
    """Return the fields of a TensorProto, by number; those beyond 65536 are left out."""
    found: Fields = defaultdict(list)
    count = 0
    for field in message.fields():
        if field.wire in _WIRES.get(field.number, ()):
            count += 1
            if count <= _MAX_FIELDS:
                found[field.number].append(field)
    if count > _MAX_FIELDS:
        found[SEGMENT].append(field)  # marks it as one that we do not take apart
    return found


def stored_name(message: Message, fields: Fields) -> bytes:
    """Return the name of a tensor, empty where it has none."""
    return bytes(message.content(fields[NAME][-1])) if fields[NAME] else b""


def is_string(fields: Fields) -> bool:
    """Return whether it is a string tensor, which is no tensor of the model."""
    return _last(fields, DATA_TYPE) == STRING


def location(message: Message, fields: Fields) -> str | None:
    """Return the name of the external file that a tensor's data is in, None where it is inside.

    `.` components are dropped. Raises LeftLiteral where the name may not be used.
    """
    if _last(fields, DATA_LOCATION) != EXTERNAL:
        return None
    stored = _external(message, fields).get(b"location", b"")
    parts = stored.decode("utf-8", "replace").split("/")
    name = "/".join(part for part in parts if part != ".")
    if not is_file_name(name) or "\ufffd" in name:
        raise LeftLiteral(f"its data is in a file outside of the model's folder: {stored[:80]!r}")
    return name


def locate(message: Message, fields: Fields) -> Stored:
    """Return what a tensor is and where its bytes are.

    Raises LeftLiteral for all that the text of ONNX does not allow, or that dombit cannot hold.
    """
    if fields[SEGMENT]:
        raise LeftLiteral("it comes in segments or in too many fields")
    code = _last(fields, DATA_TYPE)
    if code not in _TYPES:
        raise LeftLiteral(f"its data type is {code}")
    dtype, typed = _TYPES[code]
    shape = _shape(message, fields, dtype)
    used = [number for number in _VALUES if _holds(fields[number])]
    name = location(message, fields)
    if name is not None:
        if used or fields[RAW]:
            raise LeftLiteral("its data is inside and outside of the model file")
        return _outside(message, fields, Stored(dtype=dtype, shape=shape, file=name))
    if fields[RAW] and not used:
        return _runs(dtype, shape, fields[RAW][-1:])
    if used and (fields[RAW] or used != [typed]):
        raise LeftLiteral("its values stand in a field for another data type")
    if typed in {FLOATS, DOUBLES}:
        return _runs(dtype, shape, fields[typed])
    return _decoded(dtype, shape, message, fields[typed], typed)


def _last(fields: Fields, number: int) -> int:
    return fields[number][-1].value if fields[number] else 0


def _holds(fields: list[Field]) -> bool:
    return any(field.last > field.first for field in fields)


def _shape(message: Message, fields: Fields, dtype: DType) -> tuple[int, ...]:
    dims = tuple(_joined(message, fields[DIMS]).tolist())
    if len(dims) > 32 or any(dim >= 1 << 48 for dim in dims):
        raise LeftLiteral("it has more than 32 axes, or one that is negative or too long")
    if math.prod(max(dim, 1) for dim in dims) * dtype.bits >= 1 << 56:
        raise LeftLiteral("it is too large")
    return dims


def _joined(message: Message, fields: list[Field]) -> NDArray[np.uint64]:
    """Return the values of a repeated varint field, packed or not, [n]."""
    return varints(np.frombuffer(b"".join(message.content(field) for field in fields), np.uint8))


def _runs(dtype: DType, shape: tuple[int, ...], fields: list[Field]) -> Stored:
    """Return a tensor whose bytes are the contents of these fields."""
    places = tuple((field.first, field.last - field.first) for field in fields)
    size, wanted = sum(length for _, length in places), byte_size(dtype, shape)
    if size != wanted:
        raise LeftLiteral(f"it holds {size} bytes, its shape wants {wanted}")
    return Stored(dtype=dtype, shape=shape, places=tuple(place for place in places if place[1]))


# ---------------------------------------------------------------------------- external data


def _external(message: Message, fields: Fields) -> dict[bytes, bytes]:
    entries: dict[bytes, bytes] = {}
    for field in fields[EXTERNAL_DATA]:
        entry = message.child(field)
        parts = entry.collect({1: BYTES, 2: BYTES})
        key, value = (b"".join(map(entry.content, parts[number][-1:])) for number in (1, 2))
        entries[key] = value
    return entries


def _outside(message: Message, fields: Fields, known: Stored) -> Stored:
    entries = _external(message, fields)
    wanted = byte_size(known.dtype, known.shape)
    start = _number(entries.get(b"offset", b"0"))
    length = _number(entries[b"length"]) if b"length" in entries else wanted
    if length != wanted:
        raise LeftLiteral(f"it holds {length} bytes, its shape wants {wanted}")
    places = ((start, length),) if length else ()
    return Stored(dtype=known.dtype, shape=known.shape, file=known.file, places=places)


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18:
        raise LeftLiteral(f"its offset or length is {text[:80]!r}")
    return int(text)


# ------------------------------------------------------------------------- values as varints


def _decoded(
    dtype: DType, shape: tuple[int, ...], message: Message, fields: list[Field], number: int
) -> Stored:
    """Return a tensor whose values stand as varints: they are decoded, and not cut out."""
    values = _joined(message, fields)
    packed = dtype.bits in {2, 4}  # then each varint holds a byte of several elements
    wanted = byte_size(dtype, shape) if packed else elements(shape)
    if values.size != wanted:
        raise LeftLiteral(f"it holds {values.size} values, its shape wants {wanted}")
    signed = values.view(np.int64)
    if number == INT32S:  # as the library of protobuf does: the low 32 bits, with sign
        signed = values.astype(np.uint32).view(np.int32).astype(np.int64)
    if dtype.bits < 64:
        bits = 8 if packed else dtype.bits
        low = -(1 << (bits - 1)) if dtype.signed and not packed else 0
        if ((signed < low) | (signed >= low + (1 << bits))).any():
            raise LeftLiteral(f"a value is out of range for {dtype.name}")
    narrowed, place = _narrowed(signed, dtype), (message.first, message.last)
    return Stored(dtype=dtype, shape=shape, values=narrowed, message=place)


def _narrowed(values: NDArray[np.int64], dtype: DType) -> NDArray[np.uint8]:
    """Return canonical bytes of integers that fit, or that are bytes of packed elements."""
    if dtype.bits == 6:
        flat = np.unpackbits(values.astype(np.uint8).reshape(-1, 1), axis=1, bitorder="little")
        return np.packbits(flat[:, :6].reshape(-1), bitorder="little")
    width = max(dtype.bits // 8, 1)
    return values.astype(f"<i{width}").view(np.uint8)
