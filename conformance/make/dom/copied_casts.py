"""Copies of f64 and f8 in other floats, by way of f32."""

from __future__ import annotations

from conformance.make.dom.root_casts import model as root
from conformance.make.doms import copied, dom, patterns
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

A = """3F801000 3F801000 7F800000 7FC00000 80000000 7F800000 00000001 00000000 00000001 80000000
477FF000 7F800000 7F7FFFFF 3F808000 00800000"""
CASTS = [
    (("a", "f32", 2), A),
    (
        ("b", "f16", 2),
        "3C00 3C00 7C00 7E00 8000 7C00 0000 0000 0000 8000 7C00 7C00 7C00 3C04 0000",
    ),
    (
        ("c", "bf16", 2),
        "3F80 3F80 7F80 7FC0 8000 7F80 0000 0000 0000 8000 4780 7F80 7F80 3F80 0080",
    ),
    (
        ("d", "f32", 3),
        "0 80000000 3B000000 BC600000 3C800000 43E00000 C3E00000 7FC00000 7FC00000 3F800000",
    ),
    (("e", "f16", 4), "0000 7E00 1400 9F00 2000 5B80 DB80 3C00"),
    (("f", "f8_e4m3fn", 5), "00 80 00 7E 7E FE 7F 7F 3A 7E"),
    (("g", "f8_e5m2", 6), "00 7E 00 7B FB 81 82 3D"),
]


def model() -> Model:
    """Return the model: seven casts of five tensors."""
    return dom(root(), [copied(name, to, patterns(x), number) for (name, to, number), x in CASTS])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", "cast", roots=("dom/root_casts",))
