"""Copies of f32 in f64 and in the four kinds of f8: saturation, one zero, ties."""

from __future__ import annotations

from conformance.make.dom.root_f32 import model as root
from conformance.make.doms import copied, dom, patterns
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

BITS = {
    "f64": """
    0000000000000000 8000000000000000 3FF0000000000000 BFF8000000000000 7FF0000000000000
    FFF0000000000000 7FF8000000000000 7FF8000000000000 3FF0100000000000 3FF0300000000000
    3FF0100020000000 47EFFFFFE0000000 36A0000000000000 3790000000000000 37A8000000000000
    B80FFFFFC0000000 40EFFE0000000000 40EFFDFFE0000000 3E60000000000000 3E60000020000000
    3E78000000000000 3F0FFC0000000000 BE70000000000000 3FF0020000000000 3FF0060000000000
    C0F0000000000000 3FF1000000000000 3FF3000000000000 407D000000000000 BF00000000000000""",
    "f8_e4m3fn": """
    00 80 38 BC 7E FE 7F 7F 38 38 38 7E 00 00 00 80 7E 7E 00 00 00 00 80 38 38 FE 38 3A
    7E 80""",
    "f8_e5m2": """
    00 80 3C BE 7C FC 7E 7E 3C 3C 3C 7C 00 00 00 80 7C 7C 00 00 00 04 80 3C 3C FC 3C 3D
    5F 82""",
    "f8_e4m3fnuz": """
    00 00 40 C4 7F FF 80 80 40 40 40 7F 00 00 00 00 7F 7F 00 00 00 00 00 40 40 FF 40 42
    7F 00""",
    "f8_e5m2fnuz": """
    00 00 40 C2 7F FF 80 80 40 40 40 7F 00 00 00 00 7F 7F 00 00 00 08 00 40 40 FF 40 41
    63 84""",
}


def model() -> Model:
    """Return the model: five copies of one tensor."""
    return dom(root(), [copied(dtype, dtype, patterns(text), 2) for dtype, text in BITS.items()])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", *BITS, roots=("dom/root_f32",))
