"""A copy of f32 in f16: NaN, infinities, -0, subnormals, ties, overflow."""

from __future__ import annotations

from conformance.make.dom.root_f32 import model as root
from conformance.make.doms import copied, dom, patterns
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

BITS = patterns("""
0000 8000 3C00 BE00 7C00 FC00 7E00 7E00 3C04 3C0C 3C04 7C00 0000 0000 0000 8000 7C00
7BFF 0000 0001 0002 0400 8001 3C00 3C02 FC00 3C40 3CC0 5F40 8200
""")


def model() -> Model:
    """Return the model: a cast of its root, without a group."""
    return dom(root(), [copied("w", "f16", BITS)])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", "f16", roots=("dom/root_f32",))
