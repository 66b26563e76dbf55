"""Elements of a group: their order, contexts, and what a symbol makes of each (chapter 12)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.decoder.group import FLOAT, INT, UNIFORM, Group, Part
from conformance.decoder.predicted import exponent_field, moved, root_class, summed
from conformance.decoder.rebuild import difference, exact_product, int_pattern, uniform_pattern
from conformance.decoder.reject import Judge
from conformance.decoder.roots import prediction
from conformance.decoder.structure import DTYPES
from conformance.decoder.tables import BitReader, read_hybrid

JUDGE = Judge("segment")
SIGNED = {3, 5, 7, 40, 42}
Element = tuple[Part, int, int, int]
"""An element of a group: part, and its place (a, b, c) in the part."""


def elements(part: Part) -> Iterator[Element]:
    """Return the elements of a part in raster order."""
    for a in range(part.rows):
        for b in range(part.b):
            for c in range(part.c):
                yield part, a, b, c


def place_of(element: Element) -> int:
    """Return the number of an element in the coded shape of its whole tensor."""
    part, a, b, c = element
    return ((part.first_row + a) * part.b + b) * part.c + c


def base_of(element: Element) -> int:
    """Return the pattern of the prediction of an element; of a half that of the whole."""
    tensor = element[0].tensor
    return prediction(tensor)[place_of(element) // (2 if tensor.halves else 1)]


def context(group: Group, element: Element) -> int:
    """Return the context of a dense symbol or of an element of a sparse group (11.5, 13.5)."""
    part, a, b, c = element
    total = part.bias + sum(part.classes[g][(a, b, c)[g]] for g in part.classes)
    if not group.predicted:
        return max(0, min(63, total))
    base = base_of(element)
    total -= group.scale * exponent_field(group.dtype, base)
    set_ = root_class(group.dtype, base) if group.root_classes == 2 else 0
    return 64 * set_ + max(0, min(63, total))


def has_sign(group: Group) -> bool:
    """Tell whether the symbols of an int or uniform group have signs."""
    if group.coding == UNIFORM:
        return True
    return DTYPES[group.dtype][1] < 64 if group.predicted else group.dtype in SIGNED


def give(group: Group, element: Element, token: int, raw: int, side: BitReader) -> None:
    """Read the side bits of a symbol and append its pattern to its tensor."""
    part, a, _, _ = element
    tensor = part.tensor
    if group.coding == FLOAT:
        tensor.parts.append(float_pattern(group, part, token, raw << part.zeros[a], side))
        return
    negative = side.take(1) if has_sign(group) and token != 0 else 0
    value = read_hybrid(token, group.hybrid, side, JUDGE)
    if group.predicted and not tensor.halves:
        tensor.parts.append(changed(group, element, value, negative))
        return
    if group.coding == INT:
        tensor.parts.append(int_pattern(group.dtype, value, negative))
    else:
        step = part.steps[step_index(part, place_of(element))]
        tensor.parts.append(uniform_pattern(group.dtype, -value if negative else value, *step))


def changed(group: Group, element: Element, value: int, negative: int) -> int:
    """Return the pattern of a predicted element: its prediction and a difference (13.4)."""
    base = base_of(element)
    if group.coding == INT:
        return moved(group.dtype, base, difference(group.dtype, value, negative))
    part, level = element[0], -value if negative else value
    step = part.steps[step_index(part, place_of(element))]
    product = exact_product(group.dtype, level, *step)
    return summed(group.dtype, base, product) if level else base


def step_index(part: Part, place: int) -> int:
    """Which step an element has: its index along the step axis."""
    if part.step_axis == 0:
        return 0
    after = 1
    for dim in part.tensor.dims[part.step_axis :]:
        after *= dim
    return place // after % part.tensor.dims[part.step_axis - 1]


def float_pattern(group: Group, part: Part, token: int, low: int, side: BitReader) -> int:
    """Return the pattern of a float token; `low` is its raw field in place."""
    _, _, _, exponents, mantissa = DTYPES[group.dtype]
    if token == 0:
        return 0
    sign = side.take(1)
    if token == 4 * group.exponents + 1:
        e, q = side.take(exponents), side.take(2)
    else:
        e, q = part.first_exponent + (token - 1) // 4, (token - 1) % 4
    return sign << (exponents + mantissa) | e << mantissa | q << (mantissa - 2) | low
