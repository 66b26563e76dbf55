"""Listed: names, dtypes and dims of the tensors that a structure lists (chapter 4)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.source import Source, total
from dombit.bitstream.table import TableReader
from dombit.dtypes import BY_CODE
from dombit.limits import Limits
from dombit.records import Tensor

MAX_NAME, MAX_BITS = 4096, 1 << 56
BLOCK = 1 << 16
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def read_listed(
    table: TableReader, source: Source, count: int, limits: Limits
) -> tuple[Tensor, ...]:
    """Return the tensors that the structure lists, as if none were hidden or an alias."""
    names = _names(table, source, count, limits)
    codes = table.integers("dtype", count).tolist()
    _check_dtypes(table, codes)
    ranks = table.integers("rank", count)
    if count and int(ranks.max()) > limits.rank:
        row = int(ranks.argmax())
        _refuse_rank(table, int(ranks[row]), row)
    shapes = _shapes(table, codes, ranks)
    return tuple(
        Tensor(name=name, dtype=BY_CODE[code], shape=shape, data=None)
        for name, code, shape in zip(names, codes, shapes, strict=True)
    )


def _names(table: TableReader, source: Source, count: int, limits: Limits) -> list[str]:
    shared = table.integers("name_shared", count)
    lengths = table.integers("name_length", count)
    # Shared bytes cost a stream nothing: long names that differ at the end could fill any memory.
    size = total(shared) + total(lengths)
    if size > limits.inflated_bytes:
        source.refuse("limit-exceeded", "R-LIM-008", f"names of {size} bytes in all")
    text = bytes(table.octets("name_text", total(lengths)))

    names: list[str] = []
    seen: set[bytes] = set()
    name, position = b"", 0
    # In blocks: the count is earned by bytes only as names turn out to be unique.
    for block in range(0, count, BLOCK):
        rows = slice(block, block + BLOCK)
        for keep, more in zip(shared[rows].tolist(), lengths[rows].tolist(), strict=True):
            if keep > len(name):
                message = f"name {len(names)} shares {keep} of {len(name)} bytes"
                table.refuse_element("malformed", "R-STR-012", message, "name_shared", len(names))
            name = name[:keep] + text[position : position + more]
            names.append(_name(source, name))
            if name in seen:
                _refuse_twice(table, names[-1], position)
            seen.add(name)
            position += more
    return names


def _check_twice(table: TableReader, kept: Sequence[Tensor], listed: Sequence[Tensor]) -> None:
    """Refuse a listed tensor that has the name of an inherited one."""
    taken = {tensor.name for tensor in kept}
    for tensor in listed:
        if tensor.name in taken:
            _refuse_twice(table, tensor.name, 0)


def _refuse_twice(table: TableReader, name: str, row: int) -> None:
    message = f"name {name!r} stands twice"
    table.refuse_element("malformed", "R-STR-013", message, "name_text", row)


def _name(source: Source, name: bytes) -> str:
    if not 0 < len(name) <= MAX_NAME:
        source.refuse("forbidden-value", "R-STR-014", f"a name has {len(name)} bytes")
    try:
        text = name.decode()
    except UnicodeDecodeError:
        source.refuse("forbidden-value", "R-STR-015", f"name {name[:80]!r} is not UTF-8")
    if _CONTROL.search(text):
        source.refuse("forbidden-value", "R-STR-016", f"control character in {text[:80]!r}")
    return text


def check_inherited(
    table: TableReader, kept: Sequence[Tensor], listed: Sequence[Tensor], limits: Limits
) -> None:
    """Check what was not known of inherited tensors before the root was there."""
    _check_twice(table, kept, listed)
    for tensor in kept:
        _check_size(table, tensor.dtype.code, tensor.shape, 0)
    for tensor in kept:
        if len(tensor.shape) > limits.rank:
            _refuse_rank(table, len(tensor.shape), 0)


def front_coded(names: list[bytes]) -> tuple[list[int], list[bytes]]:
    """Return the bytes that each name shares with the one before, and the rests."""
    shared, texts = [], []
    previous = b""
    for name in names:
        keep = next(
            (n for n, (a, b) in enumerate(zip(name, previous, strict=False)) if a != b),
            min(len(name), len(previous)),
        )
        shared.append(keep)
        texts.append(name[keep:])
        previous = name
    return shared, texts


def _refuse_rank(table: TableReader, rank: int, row: int) -> None:
    table.refuse_element("limit-exceeded", "R-LIM-003", f"rank {rank}", "rank", row)


def _check_dtypes(table: TableReader, codes: list[int]) -> None:
    unknown = set(codes) - BY_CODE.keys()
    if unknown:
        row = min(codes.index(code) for code in unknown)
        message = f"dtype {codes[row]} is not known"
        table.refuse_element("unsupported", "R-STR-017", message, "dtype", row)


def _shapes(
    table: TableReader, codes: list[int], ranks: NDArray[np.int64]
) -> list[tuple[int, ...]]:
    dims = table.integers("dims", total(ranks)).tolist()
    shapes, position = [], 0
    for code, rank in zip(codes, ranks.tolist(), strict=True):
        shape = tuple(dims[position : position + rank])
        _check_size(table, code, shape, position)
        shapes.append(shape)
        position += rank
    return shapes


def _check_size(table: TableReader, code: int, shape: tuple[int, ...], row: int) -> None:
    size = math.prod(shape) or math.prod(max(dim, 1) for dim in shape)
    if size * BY_CODE[code].bits >= MAX_BITS:
        message = f"shape {shape} is too large"
        table.refuse_element("forbidden-value", "R-STR-018", message, "dims", row)
