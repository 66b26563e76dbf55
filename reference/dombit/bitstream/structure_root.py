"""Structure, of a DoM: its root, and which tensors are coded (chapters 4 and 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.registry import ROOTS
from dombit.bitstream.source import Source
from dombit.bitstream.table import TableReader
from dombit.identity import DIGEST_BYTES

if TYPE_CHECKING:
    from dombit.bitstream.structure import StructurePayload

HAS_ROOT, INHERITS, INHERITS_SKELETON, HAS_SKELETON = 1, 2, 4, 8
"""Flags of a structure."""
SKELETON_ID_BYTES = 16
MAX_DEPTH = 64
"""DoMs of a chain."""


def read_root(source: Source, head: StructurePayload, features: int) -> tuple[bytes, bytes]:
    """Return the digest of the root, and the id of its skeleton; empty where there is none."""
    dom = bool(head.flags & HAS_ROOT)
    _check_unused(source, head)
    if head.root_count != int(dom):
        said = "with" if dom else "without"
        source.refuse("malformed", "R-PRE-001", f"{head.root_count} root digests {said} a root", 2)
    if dom and not 1 <= head.chain_depth <= MAX_DEPTH:
        message = f"a chain of {head.chain_depth} differences"
        source.refuse("forbidden-value", "R-PRE-002", message, 3)
    if dom and not features & ROOTS:
        source.refuse("malformed", "R-PRE-003", "the stream header does not name feature 0", 0)
    inherits = head.flags & (INHERITS | INHERITS_SKELETON)
    if inherits and not dom:
        source.refuse("malformed", "R-PRE-017", "it inherits from no root", 0)
    if head.added_count > head.tensor_count:
        message = f"{head.added_count} of {head.tensor_count} tensors are added"
        source.refuse("malformed", "R-PRE-018", message, 20)
    start = head.width()
    digest = bytes(source.data[start : start + DIGEST_BYTES * int(dom)])
    if len(digest) != DIGEST_BYTES * int(dom):
        source.refuse("malformed", "R-PRE-016", "the payload ends inside the root digest", start)
    if dom:
        stop = start + DIGEST_BYTES
        source.tell("root_digest", start, stop, digest, meaning="Digest of the root.")
    return digest, _read_skeleton_id(source, head, start + len(digest))


def _check_unused(source: Source, head: StructurePayload) -> None:
    """Refuse numbers that say something in a DoM, or in a structure that inherits, only."""
    if not head.flags & HAS_ROOT and head.chain_depth:
        source.refuse("unsupported", "R-STR-006", "a chain without a root", 3)
    if not head.flags & INHERITS and head.added_count:
        message = f"{head.added_count} added tensors without a structure that is inherited"
        source.refuse("unsupported", "R-STR-008", message, 20)


def _read_skeleton_id(source: Source, head: StructurePayload, start: int) -> bytes:
    inherits = bool(head.flags & INHERITS_SKELETON)
    stop = start + SKELETON_ID_BYTES * int(inherits)
    found = bytes(source.data[start:stop])
    if len(found) != stop - start:
        source.refuse("malformed", "R-PRE-023", "the payload ends inside the skeleton id", start)
    if inherits and head.flags & HAS_SKELETON:
        source.refuse("malformed", "R-PRE-024", "a skeleton is inherited, and one follows", 0)
    if inherits:
        source.tell("skeleton_id", start, stop, found, meaning="Names the root's skeleton.")
    return found


def check_columns(table: TableReader, *, dom: bool, inherits: bool) -> None:
    """Refuse the columns of DoMs in a model that is none, and those of inheriting structures."""
    for name in ("coded", "root_tensor") if not dom else ():
        if name in table.names():
            table.refuse_element("malformed", "R-PRE-005", f"{name} without a root", name, 0)
    for name in ("dropped", "inherited_dtype") if not inherits else ():
        if name in table.names():
            message = f"{name} in a structure that inherits nothing"
            table.refuse_element("malformed", "R-PRE-019", message, name, 0)


def read_coded(
    table: TableReader, targets: NDArray[np.int64], *, dom: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the coded tensors in coded order, and the column `root_tensor` of a DoM.

    `targets`: the column `alias_of` [tensors].
    """
    plain = np.flatnonzero(targets == 0)
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
    root_tensor = table.integers("root_tensor", len(targets)) if dom else np.zeros(0, np.int64)
    return order, root_tensor


def _are_some_of(some: NDArray[np.int64], plain: NDArray[np.int64]) -> bool:
    """Whether numbers ascend strictly, and all are among others that do."""
    return bool((np.diff(some) > 0).all()) and bool(np.isin(some, plain).all())
