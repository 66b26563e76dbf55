"""A root in f64 and f8: what rounds twice on its way to f16, NaNs, the only zero of fnuz."""

from __future__ import annotations

from conformance.make.doms import plain, tensor
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

BITS = {
    "f64": """3FF0020000000001 3FF0020010000000 7FF0000000000000 FFF8000000000001
    8000000000000000 7E37E43C8800759C 36A0000000000000 3690000000000000 3690000000000001
    800FFFFFFFFFFFFF 40EFFDFFFFFFFFFF 47EFFFFFF0000000 47EFFFFFEFFFFFFF 3FF0100010000000
    380FFFFFFFFFFFFF""",
    "f8_e4m3fn": "00 80 01 87 08 7E FE 7F FF 38",
    "f8_e4m3fnuz": "00 80 01 87 08 7F FF 40",
    "f8_e5m2": "00 80 01 7B 7C FC 7D FF 3D 60",
    "f8_e5m2fnuz": "00 80 01 7F FF 82 84 41",
}


def model() -> Model:
    """Return the root; its tensors have the numbers 0 to 4 in this order."""
    return plain(*(tensor(dtype, text) for dtype, text in BITS.items()))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", *BITS)
