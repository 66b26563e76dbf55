"""Differences of integers, modulo their width."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.dom.root_many import model as root
from conformance.make.doms import WIDE, dom, tensor
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid

BITS = {
    "i8": "FF 7F 00 FE 01 00 10 90",
    "i32": "80000000 00000000 00000000 7FFFFFFF 00000001 00000003 00000000 12345677",
    "u64": "FFFFFFFFFFFFFFFF 0 0 8000000000000001 5 7 6 0000000200000000",
    "i64": "8000000000000000 0 FFFFFFFFFFFFFFFF 7FFFFFFFFFFFFFFF 1 3 2 4",
    "bool": "01 00 01 02 FF 00 01 00",
    "i4": "F 7 0 8 1 E 2 4",
}


def model() -> Model:
    """Return the model: a dense group a dtype."""
    groups = [Group(coding="int", predicted=True, hybrid=Hybrid(*WIDE)) for _ in BITS]
    return dom(root(), [tensor(dtype, text) for dtype, text in BITS.items()], groups)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", *BITS, roots=("dom/root_many",))
