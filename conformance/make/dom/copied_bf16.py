"""A copy of f32 in bf16: NaN, infinities, -0, subnormals, ties, overflow."""

from __future__ import annotations

from conformance.make.dom.root_f32 import model as root
from conformance.make.doms import copied, dom, patterns
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

BITS = patterns("""
0000 8000 3F80 BFC0 7F80 FF80 7FC0 7FC0 3F80 3F82 3F81 7F80 0000 0000 0002 8080 4780
4780 3300 3300 33C0 3880 B380 3F80 3F80 C780 3F88 3F98 43E8 B800
""")


def model() -> Model:
    """Return the model: a cast of its root, without a group."""
    return dom(root(), [copied("w", "bf16", BITS)])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", "bf16", roots=("dom/root_f32",))
