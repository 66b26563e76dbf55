"""Structure: names, dtypes, shapes and aliases of a model's tensors (chapter 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.aliases import (
    HIDDEN,
    VIEW,
    AliasColumns,
    check_alias,
    cut_aliases,
    read_aliases,
)
from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, integers, octets
from dombit.bitstream.fields import enum, flags, reserved, u8, u16, u32, u64
from dombit.bitstream.inherited import FindTensors, find_inherited, kept_tensors, read_inherited
from dombit.bitstream.listed import check_inherited, front_coded, read_listed
from dombit.bitstream.registry import ROOTS
from dombit.bitstream.source import Source, of_unit
from dombit.bitstream.structure_root import (
    HAS_ROOT,
    HAS_SKELETON,
    INHERITS,
    INHERITS_SKELETON,
    check_columns,
    read_coded,
    read_root,
)
from dombit.bitstream.table import TableReader, build_table
from dombit.limits import Limits
from dombit.records import Structure, Tensor, Unit
from dombit.trace import Trace, no_trace

MAX_RANK, MAX_DIM = 32, (1 << 48) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StructurePayload(Bundle):
    """Fixed part of a structure unit."""

    flags: int = flags(
        2,
        "Flags.",
        {
            0: "the model has a root",
            1: "it inherits the root's structure",
            2: "it inherits the root's skeleton",
            3: "a skeleton follows",
        },
        rule="R-STR-004",
    )
    root_count: int = enum(
        1, "Root digests behind the fixed part.", {0: "none", 1: "one"}, rule="R-STR-005"
    )
    chain_depth: int = u8("DoMs from this model to one that is none.")
    tensor_count: int = u32("Tensors, aliases and hidden ones included.")
    output_bytes: int = u64("Sum of the byte sizes of all tensors.")
    column_count: int = u16("Columns of the table.")
    reserved_18: int = reserved(2, rule="R-STR-007")
    added_count: int = u32(
        "Tensors that the structure lists, where it inherits the others.", rule="R-STR-008"
    )


COLUMNS = (
    integers(1, "name_shared", "listed tensors", "Bytes that the name shares with the one before."),
    integers(2, "name_length", "listed tensors", "Bytes of the rest of the name."),
    octets(3, "name_text", "sum of lengths", "Rests of all names, UTF-8."),
    integers(4, "dtype", "listed tensors", "Code of the dtype."),
    integers(
        5, "rank", "listed tensors", "Dimensions of the shape.",
        default=0, high=MAX_RANK, rule="R-STR-009",
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
    integers(
        14, "dropped", "its own", "Numbers of the root's tensors that the model has not.",
        default="optional", broadcast=False,
    ),
    integers(
        15, "inherited_dtype", "inherited tensors", "0 as the root's tensor; else a code.",
        default=0,
    ),
)  # fmt: skip


def parse(
    unit: Unit,
    limits: Limits,
    trace: Trace = no_trace,
    features: int = ROOTS,
    find_tensors: FindTensors | None = None,
) -> Structure:
    """Return the record of a structure unit: tensors without data.

    `features`: required_features of the stream. `find_tensors` gives the root's tensors for a
    structure that inherits them; without it such a structure raises RootMissing.
    """
    source = of_unit(unit, trace)
    head = StructurePayload.parse(source)
    root_digest, skeleton_id = read_root(source, head, features)
    _check_limits(source, head, limits)

    dom, inherits = bool(root_digest), bool(head.flags & INHERITS)
    start = StructurePayload.width() + len(root_digest) + len(skeleton_id)
    table = TableReader(source, start, head.column_count, COLUMNS)
    check_columns(table, dom=dom, inherits=inherits)
    listed = read_listed(table, source, head.added_count if inherits else head.tensor_count, limits)
    bits = table.integers("tensor_flags", head.tensor_count)
    ranks = None if inherits else np.array([len(each.shape) for each in listed], np.int64)
    aliases = read_aliases(table, bits, ranks)
    tensors: tuple[Tensor, ...] = ()
    if not inherits:
        tensors = _with_aliases(table, listed, bits, aliases)
    order, root_tensor = read_coded(table, aliases.targets, dom=dom)
    inherited = read_inherited(table, head.tensor_count - len(listed)) if inherits else None
    table.finish()

    if inherited is not None:
        roots = find_inherited(source, root_digest, find_tensors)
        kept = kept_tensors(table, roots, inherited)
        check_inherited(table, kept, listed, limits)
        tensors = _with_aliases(table, (*kept, *listed), bits, aliases)
    _check_output(source, head.output_bytes, tensors)
    return Structure(
        tensors=tensors,
        coded_order=order,
        output_bytes=head.output_bytes,
        has_skeleton=bool(head.flags & HAS_SKELETON),
        root_digest=root_digest,
        chain_depth=head.chain_depth,
        root_tensor=root_tensor,
        inherited=inherited,
        skeleton_id=skeleton_id,
    )


def build(structure: Structure) -> bytes:
    """Return the payload of a structure unit."""
    tensors, inherited = structure.tensors, structure.inherited
    listed = tensors[inherited.count :] if inherited else tensors
    shared, texts = front_coded([tensor.name.encode() for tensor in listed])
    aliases = [tensor.alias for tensor in tensors if tensor.alias]
    dom = bool(structure.root_digest)
    order = np.sort(structure.coded_order)
    values: ColumnValues = {
        "name_shared": _array(shared),
        "name_length": _array([len(text) for text in texts]),
        "name_text": b"".join(texts),
        "dtype": _array([tensor.dtype.code for tensor in listed]),
        "rank": _array([len(tensor.shape) for tensor in listed]),
        "dims": _array([dim for tensor in listed for dim in tensor.shape]),
        "tensor_flags": _array([_flags(tensor) for tensor in tensors]),
        "alias_of": _array([tensor.alias.target + 1 if tensor.alias else 0 for tensor in tensors]),
        "alias_offset": _array([alias.offset for alias in aliases]),
        "alias_strides": _array([step for alias in aliases for step in alias.strides or ()]),
        "coded_order": structure.coded_order,
        "coded": order if dom else _array([]),
        "root_tensor": structure.root_tensor,
        "dropped": inherited.dropped if inherited else _array([]),
        "inherited_dtype": inherited.dtypes if inherited else _array([]),
    }
    names = structure.root_digest + structure.skeleton_id
    start = StructurePayload.width() + len(names)
    count, table = build_table(COLUMNS, values, start, defaults={"coded_order": order})
    head = StructurePayload(
        flags=_structure_flags(structure),
        root_count=int(dom),
        chain_depth=structure.chain_depth,
        tensor_count=len(tensors),
        output_bytes=structure.output_bytes,
        column_count=count,
        added_count=len(listed) if inherited else 0,
    )
    return head.build() + names + table


def _structure_flags(structure: Structure) -> int:
    return (
        (HAS_ROOT if structure.root_digest else 0)
        | (INHERITS if structure.inherited else 0)
        | (INHERITS_SKELETON if structure.skeleton_id else 0)
        | (HAS_SKELETON if structure.has_skeleton else 0)
    )


def _check_limits(source: Source, head: StructurePayload, limits: Limits) -> None:
    if head.tensor_count > limits.tensors:
        source.refuse("limit-exceeded", "R-LIM-001", f"{head.tensor_count} tensors", 4)
    if head.output_bytes > limits.output_bytes:
        source.refuse("limit-exceeded", "R-LIM-002", f"{head.output_bytes} bytes of tensors", 8)


def _with_aliases(
    table: TableReader, tensors: Sequence[Tensor], bits: NDArray[np.int64], columns: AliasColumns
) -> tuple[Tensor, ...]:
    """Return the tensors with what the columns say of each: hidden, or an alias."""
    aliases = cut_aliases(table, columns, [len(tensor.shape) for tensor in tensors])
    plain = tuple(
        replace(tensor, alias=alias, hidden=bit & HIDDEN == HIDDEN)
        for tensor, bit, alias in zip(tensors, bits.tolist(), aliases, strict=True)
    )
    for number, tensor in enumerate(plain):
        if tensor.alias:
            check_alias(table, plain, number, tensor, tensor.alias)
    return plain


def _check_output(source: Source, declared: int, tensors: Sequence[Tensor]) -> None:
    found = sum(tensor.byte_size for tensor in tensors)
    if found != declared:
        message = f"output_bytes is {declared}, the tensors have {found}"
        source.refuse("malformed", "R-STR-024", message, 8)


def _flags(tensor: Tensor) -> int:
    view = VIEW if tensor.alias and tensor.alias.strides is not None else 0
    return view | (HIDDEN if tensor.hidden else 0)


def _array(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)
