"""Differences of order-preserving integers of floats: across zero, past infinity, NaNs."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.dom.root_many import model as root
from conformance.make.doms import WIDE, dom, tensor
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid

BITS = {
    "f32": "80000000 00000000 3F800001 3F800000 7F800000 80000001 7FC00001 FFFFFFFF",
    "bf16": "8000 0000 3F81 3F80 7F80 8001 FFC1 7FFF",
    "f16": "8000 0000 3C01 3C00 7C00 8001 7E01 FFFF",
    "f64": """
    8000000000000000 0000000000000000 3FF0000000000001 3FF0000000000000 7FF0000000000000
    8000000000000001 7FF8000000000001 FFFFFFFFFFFFFFFF""",
}


def model() -> Model:
    """Return the model: a dense group a dtype."""
    groups = [Group(coding="int", predicted=True, hybrid=Hybrid(*WIDE)) for _ in BITS]
    return dom(root(), [tensor(dtype, text) for dtype, text in BITS.items()], groups)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", *BITS, roots=("dom/root_many",))
