"""A root of twelve dtypes, with the ends of each."""

from __future__ import annotations

from conformance.make.doms import plain, tensor
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

MANY = {
    "f32": "00000000 80000000 3F800000 BF800000 7F7FFFFF 00000001 7FC00001 FF800000",
    "bf16": "0000 8000 3F80 BF80 7F7F 0001 FFC1 FF80",
    "f16": "0000 8000 3C00 BC00 7BFF 0001 7E01 FC00",
    "f64": """
    0000000000000000 8000000000000000 3FF0000000000000 BFF0000000000000 7FEFFFFFFFFFFFFF
    0000000000000001 7FF8000000000001 FFF0000000000000""",
    "f8_e4m3fn": "00 80 38 B8 7E 01 7F FF",
    "i8": "7F 80 00 FF 01 FE 10 F0",
    "u8": "00 FF 80 7F 01 02 03 C8",
    "i32": "7FFFFFFF 80000000 00000000 FFFFFFFF 00000001 00000002 00010000 12345678",
    "u64": "0000000000000000 FFFFFFFFFFFFFFFF 8000000000000000 0000000100000000 5 6 7 8",
    "i64": "7FFFFFFFFFFFFFFF 8000000000000000 0000000000000000 FFFFFFFFFFFFFFFF 1 2 3 4",
    "bool": "00 01 01 00 02 FF 01 00",
    "i4": "7 8 0 F 1 E 3 C",
}


def model() -> Model:
    """Return the root: a tensor a dtype, with the dtype for a name."""
    return plain(*(tensor(dtype, text) for dtype, text in MANY.items()))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", *MANY)
