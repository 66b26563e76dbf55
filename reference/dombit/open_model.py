"""Open model: what is known of a model whose units are arriving (chapter 15)."""

from __future__ import annotations

from dataclasses import dataclass, field

from dombit.batch import Batch
from dombit.groups import OpenGroup
from dombit.limits import Limits
from dombit.predictor import Predictor
from dombit.rebuild import Outputs
from dombit.records import Buffer, Skeleton, StreamHeader, Structure
from dombit.stored import StoredSequence
from dombit.trace import Trace


@dataclass(kw_only=True)
class OpenModel:
    """What is known of the model whose units are arriving."""

    header: StreamHeader
    limits: Limits
    trace: Trace
    check_digests: bool = True
    structure: Structure
    outputs: Outputs = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    skeleton: Skeleton | None = None
    literals: list[Buffer] = field(default_factory=list)
    group: OpenGroup | None = None
    stored: StoredSequence | None = None
    units_due: int = 0
    """Segments or stored units that the open group still waits for."""
    next_tensor: tuple[int, int] = (0, 0)
    """Position in coded order, and row in that tensor, where the next group must begin."""
    batch: Batch = field(default_factory=Batch)
    predictor: Predictor | None = None
    """The root of a DoM."""
    groups: list[OpenGroup] = field(default_factory=list)
