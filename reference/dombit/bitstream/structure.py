"""Structure: names, dtypes, shapes and aliases of a model's tensors (chapter 4)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.aliases import HIDDEN, VIEW, check_alias, read_aliases
from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, integers, octets
from dombit.bitstream.fields import enum, flags, reserved, u8, u16, u32, u64
from dombit.bitstream.registry import ROOTS
from dombit.bitstream.source import Source, of_unit, total
from dombit.bitstream.structure_root import HAS_ROOT, check_columns, read_coded, read_root
from dombit.bitstream.table import TableReader, build_table
from dombit.dtypes import BY_CODE
from dombit.limits import Limits
from dombit.records import Structure, Tensor, Unit
from dombit.trace import Trace, no_trace

HAS_SKELETON = 8
MAX_NAME, MAX_RANK, MAX_DIM, MAX_BITS = 4096, 32, (1 << 48) - 1, 1 << 56
BLOCK = 1 << 16
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class StructurePayload(Bundle):
    """Fixed part of a structure unit."""

    flags: int = flags(
        2, "Flags.", {0: "the model has a root", 3: "a skeleton follows"}, rule="R-STR-004"
    )
    root_count: int = enum(
        1, "Root digests behind the fixed part.", {0: "none", 1: "one"}, rule="R-STR-005"
    )
    chain_depth: int = u8("DoMs from this model to one that is none.")
    tensor_count: int = u32("Tensors, aliases and hidden ones included.")
    output_bytes: int = u64("Sum of the byte sizes of all tensors.")
    column_count: int = u16("Columns of the table.")
    reserved_18: int = reserved(2, rule="R-STR-007")
    reserved_20: int = reserved(4, rule="R-STR-008")


COLUMNS = (
    integers(1, "name_shared", "tensors", "Bytes that the name shares with the one before."),
    integers(2, "name_length", "tensors", "Bytes of the rest of the name."),
    octets(3, "name_text", "sum of lengths", "Rests of all names, UTF-8."),
    integers(4, "dtype", "tensors", "Code of the dtype."),
    integers(
        5, "rank", "tensors", "Dimensions of the shape.", default=0, high=MAX_RANK, rule="R-STR-009"
    ),
    integers(
        6, "dims", "sum of ranks", "Dimensions, slowest first.", high=MAX_DIM, rule="R-STR-010"
    ),
    integers(
        7,
        "tensor_flags",
        "tensors",
        "Bit 0: hidden, a storage that is no part of the model; bit 1: alias with strides.",
        default=0,
        high=HIDDEN | VIEW,
        rule="R-STR-011",
        failure="unsupported",
    ),
    integers(8, "alias_of", "tensors", "0, or 1 + number of the tensor aliased.", default=0),
    integers(9, "alias_offset", "aliases", "First element in the tensor aliased.", default=0),
    integers(
        10, "alias_strides", "sum of ranks of view aliases", "Elements from one index to the next."
    ),
    integers(
        11,
        "coded_order",
        "coded tensors",
        "Their numbers in coded order: a permutation.",
        default="ascending",
        broadcast=False,
    ),
    integers(
        12, "coded", "its own", "DoMs: numbers of the tensors that are coded; others are copied.",
        default="optional", broadcast=False,
    ),
    integers(
        13, "root_tensor", "tensors", "DoMs: 0 by name; 1 none; k + 2 the root's tensor k.",
        default=0,
    ),
)  # fmt: skip


def parse(unit: Unit, limits: Limits, trace: Trace = no_trace, features: int = ROOTS) -> Structure:
    """Return the record of a structure unit: tensors without data.

    `features`: required_features of the stream.
    """
    source = of_unit(unit, trace)
    head = StructurePayload.parse(source)
    root_digest = read_root(source, head, features)
    _check_limits(source, head, limits)

    start = StructurePayload.width() + len(root_digest)
    table = TableReader(source, start, head.column_count, COLUMNS)
    check_columns(table, dom=bool(root_digest))
    names = _names(table, source, head.tensor_count, limits)
    tensors = _tensors(table, limits, names)
    order, root_tensor = read_coded(table, tensors, dom=bool(root_digest))
    table.finish()

    _check_output(source, head.output_bytes, tensors)
    return Structure(
        tensors=tensors,
        coded_order=order,
        output_bytes=head.output_bytes,
        has_skeleton=bool(head.flags & HAS_SKELETON),
        root_digest=root_digest,
        chain_depth=head.chain_depth,
        root_tensor=root_tensor,
    )


def build(structure: Structure) -> bytes:
    """Return the payload of a structure unit."""
    tensors = structure.tensors
    shared, texts = _front_coded([tensor.name.encode() for tensor in tensors])
    aliases = [tensor.alias for tensor in tensors if tensor.alias]
    dom = bool(structure.root_digest)
    order = np.sort(structure.coded_order)
    values: ColumnValues = {
        "name_shared": _array(shared),
        "name_length": _array([len(text) for text in texts]),
        "name_text": b"".join(texts),
        "dtype": _array([tensor.dtype.code for tensor in tensors]),
        "rank": _array([len(tensor.shape) for tensor in tensors]),
        "dims": _array([dim for tensor in tensors for dim in tensor.shape]),
        "tensor_flags": _array([_flags(tensor) for tensor in tensors]),
        "alias_of": _array([tensor.alias.target + 1 if tensor.alias else 0 for tensor in tensors]),
        "alias_offset": _array([alias.offset for alias in aliases]),
        "alias_strides": _array([step for alias in aliases for step in alias.strides or ()]),
        "coded_order": structure.coded_order,
        "coded": order if dom else _array([]),
        "root_tensor": structure.root_tensor,
    }
    start = StructurePayload.width() + len(structure.root_digest)
    count, table = build_table(COLUMNS, values, start, defaults={"coded_order": order})
    head = StructurePayload(
        flags=(HAS_SKELETON if structure.has_skeleton else 0) | (HAS_ROOT if dom else 0),
        root_count=int(dom),
        chain_depth=structure.chain_depth,
        tensor_count=len(tensors),
        output_bytes=structure.output_bytes,
        column_count=count,
    )
    return head.build() + structure.root_digest + table


def _check_limits(source: Source, head: StructurePayload, limits: Limits) -> None:
    if head.tensor_count > limits.tensors:
        source.refuse("limit-exceeded", "R-LIM-001", f"{head.tensor_count} tensors", 4)
    if head.output_bytes > limits.output_bytes:
        source.refuse("limit-exceeded", "R-LIM-002", f"{head.output_bytes} bytes of tensors", 8)


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
                message = f"name {names[-1]!r} stands twice"
                table.refuse_element("malformed", "R-STR-013", message, "name_text", position)
            seen.add(name)
            position += more
    return names


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


def _tensors(table: TableReader, limits: Limits, names: list[str]) -> tuple[Tensor, ...]:
    count = len(names)
    codes = table.integers("dtype", count).tolist()
    _check_dtypes(table, codes)
    ranks = table.integers("rank", count)
    if count and int(ranks.max()) > limits.rank:
        row = int(ranks.argmax())
        table.refuse_element("limit-exceeded", "R-LIM-003", f"rank {ranks[row]}", "rank", row)
    shapes = _shapes(table, codes, ranks)
    bits = table.integers("tensor_flags", count).tolist()
    aliases = read_aliases(table, bits, ranks)

    plain = tuple(
        Tensor(
            name=name, dtype=BY_CODE[code], shape=shape, data=None, alias=alias, hidden=bit & 1 == 1
        )
        for name, code, shape, bit, alias in zip(names, codes, shapes, bits, aliases, strict=True)
    )
    for number, tensor in enumerate(plain):
        if tensor.alias:
            check_alias(table, plain, number, tensor, tensor.alias)
    return plain


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
        size = math.prod(shape) or math.prod(max(dim, 1) for dim in shape)
        if size * BY_CODE[code].bits >= MAX_BITS:
            message = f"shape {shape} is too large"
            table.refuse_element("forbidden-value", "R-STR-018", message, "dims", position)
        shapes.append(shape)
        position += rank
    return shapes


def _check_output(source: Source, declared: int, tensors: Sequence[Tensor]) -> None:
    found = sum(tensor.byte_size for tensor in tensors)
    if found != declared:
        message = f"output_bytes is {declared}, the tensors have {found}"
        source.refuse("malformed", "R-STR-024", message, 8)


def _front_coded(names: list[bytes]) -> tuple[list[int], list[bytes]]:
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


def _flags(tensor: Tensor) -> int:
    view = VIEW if tensor.alias and tensor.alias.strides is not None else 0
    return view | (HIDDEN if tensor.hidden else 0)


def _array(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)
