"""Inherited: the tensors that a structure has from its root, by number (chapter 13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from dombit.bitstream.source import Source
from dombit.bitstream.table import TableReader
from dombit.dtypes import BY_CODE
from dombit.errors import RootMissing
from dombit.records import Inherited, Tensor

FindTensors = Callable[[bytes], Sequence[Tensor]]
"""Gives the tensors of the model with a digest, by number; raises RootMissing."""


def read_inherited(table: TableReader, count: int) -> Inherited:
    """Read which tensors of the root the model has: `count` of them, the first of the model."""
    dropped = table.integers("dropped", None)
    if not (np.diff(dropped) > 0).all():
        row = int(np.argmax(np.diff(dropped) <= 0)) + 1
        message = "the numbers of dropped tensors do not ascend"
        table.refuse_element("malformed", "R-PRE-020", message, "dropped", row)
    dtypes = table.integers("inherited_dtype", count)
    for code in np.unique(dtypes[:1] if 0 in dtypes.strides else dtypes).tolist():
        if code and code not in BY_CODE:
            row = int(np.argmax(dtypes == code))
            message = f"dtype {code} is not known"
            table.refuse_element("unsupported", "R-PRE-022", message, "inherited_dtype", row)
    return Inherited(count=count, dropped=dropped, dtypes=dtypes)


def find_inherited(
    source: Source, digest: bytes, find_tensors: FindTensors | None
) -> Sequence[Tensor]:
    """Return the tensors of the root; raises RootMissing where nobody can look for it."""
    if find_tensors is None:
        message = f"{source.path} inherits its tensors from the model {digest.hex()}"
        raise RootMissing(message, hint="give it with --root (roots=[...] in Python)")
    return find_tensors(digest)


def kept_tensors(
    table: TableReader, roots: Sequence[Tensor], inherited: Inherited
) -> tuple[Tensor, ...]:
    """Return the inherited tensors, with the dtypes that they have in this model."""
    count, highest = inherited.dropped.size, int(inherited.dropped.max(initial=-1))
    if len(roots) - count != inherited.count or highest >= len(roots):
        message = f"{inherited.count} tensors are inherited and {count} dropped of {len(roots)}"
        table.refuse_element("malformed", "R-PRE-021", message, "dropped", 0)
    dropped = set(inherited.dropped.tolist())
    kept = [tensor for number, tensor in enumerate(roots) if number not in dropped]
    return tuple(
        replace(
            tensor,
            dtype=BY_CODE[code] if code else tensor.dtype,
            data=None,
            alias=None,
            hidden=False,
        )
        for tensor, code in zip(kept, inherited.dtypes.tolist(), strict=True)
    )
