"""Recipe and plan: what was asked, and what was decided before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dombit.records import Group, Structure
from dombit.symbols import GroupContext

Mode = Literal["lossless", "step", "snr", "bits"]
Step = tuple[int, int]
"""Mantissa and exponent of a step."""
HEAD, SKELETON_PART, LOSSLESS, QUANTISED = "head", "skeleton", "lossless", "quantised"
"""Parts of a stream: its frame (header, structure, metadata, ends, index), the skeleton with its
literals, the groups without loss and those of quantised tensors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the caller asks of the encoder."""

    mode: Mode = "lossless"
    value: float = 0.0
    """The step, the SNR in dB or the bits per weight that `mode` names."""
    all_tensors: bool = False
    """Lossy modes also take vectors, integers and optimiser state."""
    offset: float = 0.4
    """Rounding offset f of the uniform quantiser, 0.5 is plain rounding."""
    level: int = 1
    index: bool = True
    deflate: bool = True
    pack: bool | None = None
    """Whether a stream of less than 64 KiB is packed; None: one that inherits its structure."""
    tensor_digests: bool | None = None
    """None: where they cost less than a thousandth of the tensors' bytes."""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorChoice:
    """How one tensor is to be coded."""

    number: int
    coding: int
    split_rows: int = 0
    split_columns: int = 0
    step: Step | None = None
    """Uniform coding."""
    predicted: bool = False
    """As the difference from its root tensor."""
    sparse: bool = False
    """Only the elements that are not predicted exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDraft:
    """Tensors that share a group: one dtype, one coding, one kind of prediction."""

    coding: int
    choices: tuple[TensorChoice, ...]

    @property
    def predicted(self) -> bool:
        """Whether the group is predicted."""
        return self.choices[0].predicted

    @property
    def sparse(self) -> bool:
        """Whether its segments are sparse."""
        return self.choices[0].sparse


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """What is decided before the first byte: aliases, order, groups."""

    structure: Structure
    drafts: tuple[GroupDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPlan:
    """One segment: its stretch of the group's sequence and its lanes."""

    first: int
    count: int
    lanes_log2: int
    end_payload: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlan:
    """All that is decided about a group whose tensors have symbols."""

    group: Group
    context: GroupContext
    frequencies: NDArray[np.uint16]
    """[tables, 256]"""
    maps: NDArray[np.uint8]
    """The map sequence."""
    map_kinds: NDArray[np.uint8]
    """Context of each of its symbols."""
    map_segments: tuple[SegmentPlan, ...]
    segments: tuple[SegmentPlan, ...]
