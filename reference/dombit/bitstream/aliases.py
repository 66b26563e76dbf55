"""Aliases: tensors that are, or are part of, other tensors (chapter 4)."""

from __future__ import annotations

from collections.abc import Sequence

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


def read_aliases(
    table: TableReader, bits: list[int], ranks: NDArray[np.int64]
) -> list[Alias | None]:
    """Return the alias of every tensor, not yet checked against its target."""
    targets = table.integers("alias_of", len(bits))
    views = (np.array(bits, np.int64) & VIEW) != 0
    wrong = views & (targets == 0)
    if wrong.any():
        row = int(wrong.argmax())
        message = f"tensor {row} is a view of nothing"
        table.refuse_element("malformed", "R-STR-019", message, "tensor_flags", row)
    wrong = ((np.array(bits, np.int64) & HIDDEN) != 0) & (targets != 0)
    if wrong.any():
        row = int(wrong.argmax())
        message = f"tensor {row} is hidden, and an alias"
        table.refuse_element("forbidden-value", "R-STR-026", message, "alias_of", row)
    offsets = iter(table.integers("alias_offset", int((targets != 0).sum())).tolist())
    strides = iter(table.integers("alias_strides", total(ranks[views])).tolist())

    aliases: list[Alias | None] = []
    for target, view, rank in zip(targets.tolist(), views.tolist(), ranks.tolist(), strict=True):
        if not target:
            aliases.append(None)
            continue
        steps = tuple(next(strides) for _ in range(rank)) if view else None
        aliases.append(Alias(target=target - 1, offset=next(offsets), strides=steps))
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
