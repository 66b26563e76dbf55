"""Bare groups: those without symbols, stored or constant (informative)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dombit.choose.drafts import empty_group
from dombit.dtypes import coded_shape, unpack_bits
from dombit.recipe import GroupDraft
from dombit.records import STORED, Group, Hybrid, Structure


def stored_group(draft: GroupDraft, structure: Structure, first: int) -> Group:
    """Return the header of a stored group; tensors are aligned for mmap where that costs little."""
    sizes = [structure.tensors[choice.number].byte_size for choice in draft.choices]
    waste = sum(-size % 64 for size in sizes[:-1])
    alignment = 6 if waste * 512 <= sum(sizes) else 0
    return replace(_bare_group(draft, structure, first), coding=STORED, alignment=alignment)


def constant_group(
    draft: GroupDraft,
    structure: Structure,
    first: int,
    data: Callable[[int], NDArray[np.uint8]],
) -> Group:
    """Return the header of a constant group: one element of each tensor."""
    group = _bare_group(draft, structure, first)
    size = group.dtype.constant_bytes
    constants = b"".join(
        unpack_bits(data(choice.number)[:size], group.dtype.bits, 1).tobytes()
        if group.dtype.bits < 8
        else data(choice.number)[:size].tobytes()
        for choice in draft.choices
    )
    return replace(group, constants=constants)


def _bare_group(draft: GroupDraft, structure: Structure, first: int) -> Group:
    """Return a group without symbols: axis groups are as the defaults have them."""
    coded = [coded_shape_of(structure, choice.number) for choice in draft.choices]
    return replace(
        empty_group(draft, structure, first),
        root_classes=0,
        split_rows=np.array([min(1, len(shape)) for shape in coded], np.int64),
        split_columns=np.array([len(shape) for shape in coded], np.int64),
        table_map=np.zeros(0, np.uint8),
        hybrid=Hybrid(split=0, msb=0, lsb=0),
    )


def coded_shape_of(structure: Structure, number: int) -> tuple[int, ...]:
    """Return the coded shape of a tensor outside the integer coding."""
    tensor = structure.tensors[number]
    return coded_shape(tensor.dtype, tensor.shape, halves=False)
