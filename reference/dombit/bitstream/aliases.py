"""Aliases: tensors that are, or are part of, other tensors (chapter 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.source import total
from dombit.bitstream.table import TableReader
from dombit.dtypes import elements
from dombit.records import Alias, Tensor
from dombit.views import alias_end

HIDDEN = 1
"""Bit of tensor_flags: a storage that is no part of the model."""
VIEW = 2
"""Bit of tensor_flags: an alias with strides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasColumns:
    """What the columns say of aliases."""

    targets: NDArray[np.int64]
    """[tensors] 0, or 1 + number of the target."""
    views: NDArray[np.bool_]
    """[tensors] whether it is an alias with strides."""
    offsets: NDArray[np.int64]
    """[aliases]"""
    strides: NDArray[np.int64]
    """[sum of ranks of views]"""


def read_aliases(
    table: TableReader, bits: NDArray[np.int64], ranks: NDArray[np.int64] | None
) -> AliasColumns:
    """Return the columns of aliases, not yet checked against targets.

    `ranks`: of all tensors; None where they are not known yet.
    """
    targets = table.integers("alias_of", len(bits))
    views = (bits & VIEW) != 0
    wrong = views & (targets == 0)
    if wrong.any():
        row = int(wrong.argmax())
        message = f"tensor {row} is a view of nothing"
        table.refuse_element("malformed", "R-STR-019", message, "tensor_flags", row)
    wrong = ((bits & HIDDEN) != 0) & (targets != 0)
    if wrong.any():
        row = int(wrong.argmax())
        message = f"tensor {row} is hidden, and an alias"
        table.refuse_element("forbidden-value", "R-STR-026", message, "alias_of", row)
    offsets = table.integers("alias_offset", int((targets != 0).sum()))
    rows, unknown = None if ranks is None else total(ranks[views]), np.zeros(0, np.int64)
    strides = table.integers("alias_strides", rows, default=unknown if ranks is None else None)
    return AliasColumns(targets=targets, views=views, offsets=offsets, strides=strides)


def cut_aliases(
    table: TableReader, columns: AliasColumns, ranks: Sequence[int]
) -> list[Alias | None]:
    """Return the alias of every tensor, not yet checked against its target."""
    views = columns.views.tolist()
    strides = table.rows_of(
        "alias_strides", columns.strides, sum(r for r, v in zip(ranks, views, strict=True) if v)
    )
    offsets, steps = iter(columns.offsets.tolist()), iter(strides.tolist())
    aliases: list[Alias | None] = []
    for target, view, rank in zip(columns.targets.tolist(), views, ranks, strict=True):
        if not target:
            aliases.append(None)
            continue
        own = tuple(next(steps) for _ in range(rank)) if view else None
        aliases.append(Alias(target=target - 1, offset=next(offsets), strides=own))
    return aliases


def check_alias(
    table: TableReader, tensors: Sequence[Tensor], number: int, tensor: Tensor, alias: Alias
) -> None:
    """Check that an alias names elements that its target has."""
    if alias.target >= len(tensors) or tensors[alias.target].alias:
        message = f"tensor {number} is an alias of {alias.target}, which holds no data"
        table.refuse_element(
            "malformed", "R-STR-020", message, "alias_of", number, tensor=tensor.name
        )
    target = tensors[alias.target]
    if target.dtype is not tensor.dtype:
        message = f"alias of dtype {tensor.dtype.name}, target of {target.dtype.name}"
        table.refuse_element(
            "malformed", "R-STR-021", message, "alias_of", number, tensor=tensor.name
        )
    whole = alias == Alias(target=alias.target) and elements(tensor.shape) == elements(target.shape)
    if tensor.dtype.bits < 8 and not whole:
        message = f"a partial alias of dtype {tensor.dtype.name}"
        table.refuse_element("forbidden-value", "R-STR-025", message, "alias_of", number)
    if alias_end(tensor, alias) > elements(target.shape):
        message = f"alias of {tensor.shape} leaves its target of {target.shape}"
        table.refuse_element(
            "malformed", "R-STR-022", message, "alias_of", number, tensor=tensor.name
        )
