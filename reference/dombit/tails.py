"""Tails: what follows the words of a dense segment, told field by field (chapter 7)."""

# Where raw fields end is known once the tokens are decoded; only a traced decoding asks for it.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.source import Source
from dombit.entropy import rawrows, signed, tokens
from dombit.layout import rows_of
from dombit.quantization import exact, integers
from dombit.records import FLOAT, SPARSE, UNIFORM, Segment
from dombit.symbols import GroupContext, float_layout, raw_rows


def tell_tail(
    source: Source, context: GroupContext, segment: Segment, token: NDArray[np.uint8] | None
) -> None:
    """Trace the raw fields of each row, the side bits, and the pad bits behind them.

    `token` has the segment's tokens [count]; None where they could not be decoded: the tail is
    then one field.
    """
    start, stop = segment.tail_start, segment.tail_start + segment.tail.nbytes
    if token is None:
        if start < stop:
            source.tell("tail", start, stop, stop - start, meaning="Raw fields and side bits.")
        return
    if context.group.coding == FLOAT:
        start = _tell_raw(source, context, segment, token, start)
    carried = 16 << segment.lanes_log2 if segment.end_payload else 0
    bits = max(0, _side_bits(context, segment, token) - carried)
    meaning = "Signs and extra bits" + (", after those in the end states." if carried else ".")
    value, rule = f"{bits} bits", "R-SEG-032"
    _tell_bits(source, "side_bits", start, bits, value=value, meaning=meaning, rule=rule)


def _side_bits(context: GroupContext, segment: Segment, token: NDArray[np.uint8]) -> int:
    """Return how many side bits the symbols have."""
    group = context.group
    if group.coding == FLOAT:
        widths = exact.side_widths(token, group.exponent_count, float_layout(group))
        return int(widths[token != 0].sum(dtype=np.int64))
    if segment.kind == SPARSE:
        widths = tokens.extra_widths(token, group.hybrid)
        return int(widths.sum(dtype=np.int64)) + token.size // 2  # values have signs, gaps none
    if group.coding == UNIFORM or integers.has_sign(context.symbol_dtype):
        return signed.find_large(token, group.hybrid).side_bits
    return int(tokens.extra_widths(token, group.hybrid).sum(dtype=np.int64))


def _tell_raw(
    source: Source,
    context: GroupContext,
    segment: Segment,
    token: NDArray[np.uint8],
    start: int,
) -> int:
    """Trace the raw fields, a row each, and return where they end."""
    pieces = list(context.parts(segment.first, segment.count))
    counts, widths = raw_rows(context, pieces, token != 0)
    sizes = rawrows.row_sizes(counts, widths)
    place, at = 0, start
    for part in pieces:
        span = context.layout.spans[part.span]
        first, edges = rows_of(span, part)
        first += span.offset // max(1, span.columns)
        for row in range(first, first + edges.size - 1):
            count, width = int(counts[place]), int(widths[place])
            _tell_bits(
                source,
                f"raw_fields[{place}]",
                at,
                count * width,
                value=f"{count} fields of {width} bits",
                meaning=f"Row {row} of {span.tensor.name!r}.",
                rule="R-SEG-031",
            )
            at += int(sizes[place])
            place += 1
    return at


def _tell_bits(
    source: Source, name: str, start: int, bits: int, *, value: str, meaning: str, rule: str
) -> None:
    """Trace a field of some bits that begins at a byte, and the pad bits of its last byte."""
    if not bits:
        return
    stop, used = start + (bits + 7) // 8, bits & 7
    within = (0, bits) if used else None
    source.tell(name, start, stop, value, bit=within, meaning=meaning, rule=rule)
    if used:
        meaning = "Pad bits, zero."
        source.tell(f"{name}_pad", stop - 1, stop, 0, bit=(used, 8), meaning=meaning, rule=rule)
