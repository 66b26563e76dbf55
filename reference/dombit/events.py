"""Events: what a scan tells of a stream beside its fields: units, tensors, faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dombit.errors import DombitError
from dombit.trace import FieldRead


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRead:
    """A unit whose header could be read; its fields follow."""

    number: int
    """Position among the units that were found, from 0."""
    name: str
    """Name of its type; `type_77` for one that the registry does not know."""
    start: int
    """Offset of its header in the stream."""
    stop: int
    """End of its payload CRC; that of the stream where it ends before."""
    payload_start: int
    payload_stop: int
    """End of the payload as stored; that of the stream where it ends before."""
    deflated: bool
    short: bool = False
    """Whether it lies in the payload of a packed unit; where that is deflated, `start` is that of
    its payload, and the distances from it are those in the inflated payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorRead:
    """A tensor of the structure unit that was just read."""

    unit: int
    number: int
    name: str
    """As the stream has it: to be escaped before it is shown."""
    dtype: str
    bits: int
    """Bits of an element."""
    is_float: bool
    """Whether it counts as weights in bits_per_weight."""
    shape: tuple[int, ...]
    hidden: bool
    alias_of: int | None
    """Number of the tensor that holds its data, None where it has data of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRead:
    """A tensor, or some rows of one, that the group unit just read holds."""

    unit: int
    number: int
    """Number of the tensor."""
    coding: str
    dtype: str
    is_float: bool
    elements: int
    """Elements of the tensor that the group holds."""
    axis_groups: tuple[int, int, int]
    """Sizes of the three axis groups; the first counts the rows of this group only."""
    first_row: int
    start: int
    """Position of its first symbol in the group's sequence."""
    count: int
    """Symbols; of a stored group: elements."""
    step_axis: int | None
    """Axis along which steps differ; None: one step."""
    steps: tuple[tuple[int, int], ...]
    """Mantissa and exponent of the smallest and the greatest step; empty where there are none."""
    class_axes: tuple[int, ...]
    """Axis groups that carry a class vector."""
    low_zero: int | None
    """Zero low bits of all rows of a float; None: a map says it row by row, or it is no float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRead:
    """The digest of a tensor, from the model end unit that was just read."""

    unit: int
    number: int
    """Number of the tensor."""
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFound:
    """A fault; what follows it is read as far as it can be."""

    error: DombitError


Event = FieldRead | UnitRead | TensorRead | SpanRead | DigestRead | FaultFound
Tell = Callable[[Event], None]
"""Takes every event, in the order in which it comes; also a Trace."""
