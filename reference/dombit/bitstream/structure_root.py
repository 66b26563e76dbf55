"""Structure, of a DoM: its root, and which tensors are coded (chapters 4 and 13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.registry import ROOTS
from dombit.bitstream.source import Source
from dombit.bitstream.table import TableReader
from dombit.identity import DIGEST_BYTES
from dombit.records import Tensor

if TYPE_CHECKING:
    from dombit.bitstream.structure import StructurePayload

HAS_ROOT = 1
"""Flag of a structure."""
MAX_DEPTH = 64
"""DoMs of a chain."""


def read_root(source: Source, head: StructurePayload, features: int) -> bytes:
    """Return the digest of the root; empty where there is none."""
    dom = bool(head.flags & HAS_ROOT)
    if head.root_count != int(dom):
        said = "with" if dom else "without"
        source.refuse("malformed", "R-PRE-001", f"{head.root_count} root digests {said} a root", 2)
    if dom and not 1 <= head.chain_depth <= MAX_DEPTH:
        message = f"a chain of {head.chain_depth} differences"
        source.refuse("forbidden-value", "R-PRE-002", message, 3)
    if not dom and head.chain_depth:
        source.refuse("unsupported", "R-STR-006", "a chain without a root", 3)
    if dom and not features & ROOTS:
        source.refuse("malformed", "R-PRE-003", "the stream header does not name feature 0", 0)
    start, size = head.width(), DIGEST_BYTES * int(dom)
    digest = bytes(source.data[start : start + size])
    if len(digest) != size:
        source.refuse("malformed", "R-PRE-016", "the payload ends inside the root digest", start)
    if dom:
        source.tell("root_digest", start, start + size, digest, meaning="Digest of the root.")
    return digest


def check_columns(table: TableReader, *, dom: bool) -> None:
    """Refuse the columns of DoMs in a model that is none."""
    for name in ("coded", "root_tensor") if not dom else ():
        if name in table.names():
            table.refuse_element("malformed", "R-PRE-005", f"{name} without a root", name, 0)


def read_coded(
    table: TableReader, tensors: Sequence[Tensor], *, dom: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the coded tensors in coded order, and the column `root_tensor` of a DoM."""
    plain = np.array(
        [number for number, tensor in enumerate(tensors) if not tensor.alias], np.int64
    )
    # The columns are read in the order of their ids: what is coded is known behind its order.
    order = table.integers(
        "coded_order", None if dom else len(plain), default=np.zeros(0, np.int64)
    )
    coded = table.integers("coded", None) if dom else plain
    if dom and not _are_some_of(coded, plain):
        message = "the coded tensors do not ascend, or one of them is an alias or none"
        table.refuse_element("malformed", "R-PRE-006", message, "coded", 0)
    if "coded_order" not in table.names():
        order = coded
    elif order.size != coded.size:
        message = f"coded_order: {order.size} rows of {coded.size} coded tensors"
        table.refuse_element("malformed", "R-CON-006", message, "coded_order", 0)
    elif not np.array_equal(np.sort(order), coded):
        message = "coded order is no permutation of the coded tensors"
        table.refuse_element("malformed", "R-STR-023", message, "coded_order", 0)
    root_tensor = table.integers("root_tensor", len(tensors)) if dom else np.zeros(0, np.int64)
    return order, root_tensor


def _are_some_of(some: NDArray[np.int64], plain: NDArray[np.int64]) -> bool:
    """Whether numbers ascend strictly, and all are among others that do."""
    return bool((np.diff(some) > 0).all()) and bool(np.isin(some, plain).all())
