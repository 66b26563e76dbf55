"""Bitstream: the payload of every kind of unit, and the unit itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import DType
from dombit.records.models import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as it stands in the stream, CRCs checked, payload inflated."""

    type: int
    """Code of the unit type."""
    number: int
    """Position among the units of the file, from 0."""
    start: int
    """Offset of its header."""
    size: int
    """Bytes from its header to the end of its payload CRC."""
    payload_start: int
    """Offset of the payload as stored."""
    payload: memoryview
    """The payload, inflated where it was deflated."""
    deflated: bool = False
    """Whether the payload was deflated."""
    packed: bool = False
    """Whether it is a short unit, inside a packed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHeader:
    """Payload of the stream header unit (chapter 3)."""

    version_major: int = 0
    version_minor: int = 1
    profile: int = 0
    """0 Base, 1 Main."""
    level: int = 1
    """1 or 2: sizes of lanes and tables."""
    model_count: int = 1
    indexed: bool = True
    """Whether an index unit follows the models."""
    required_features: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """Which tensors of its root a model has under their own names (chapter 13)."""

    count: int
    """They are the first ones of the model, in the order of the root's names."""
    dropped: NDArray[np.int64]
    """Numbers of the root's tensors that the model does not have, ascending."""
    dtypes: NDArray[np.int64]
    """[count] code of the dtype that a tensor has instead of the root's; 0: the root's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Payload of a structure unit (chapter 4): tensors without data."""

    tensors: tuple[Tensor, ...]
    """`data` is None everywhere."""
    coded_order: NDArray[np.int64]
    """[coded] numbers of the tensors that are no aliases, in coded order."""
    output_bytes: int
    """Byte sizes of all tensors, aliases and hidden ones included."""
    has_skeleton: bool = False
    root_digest: bytes = b""
    """Model digest of the root; empty: this is no DoM."""
    chain_depth: int = 0
    root_tensor: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """[tensors] in a DoM: 0 by name, 1 none, k + 2: number k of the root."""
    inherited: Inherited | None = None
    """What of the root's structure the model has; None: the structure lists all its tensors."""
    skeleton_id: bytes = b""
    """Names the root's skeleton that the model inherits; empty: it inherits none."""

    @property
    def visible(self) -> list[int]:
        """Numbers of the tensors that are part of the model: those that are not hidden."""
        return [number for number, tensor in enumerate(self.tensors) if not tensor.hidden]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkeletonPatch:
    """Payload of a skeleton patch unit (chapter 8): what differs from the root's literals."""

    skip: NDArray[np.int64]
    """[patches] bytes of the root's literal pool between the patch before and this one."""
    length: NDArray[np.int64]
    """[patches] bytes of that pool that are taken away."""
    size: NDArray[np.int64]
    """[patches] bytes that are put there."""
    text: bytes
    """These bytes, one patch after another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hybrid:
    """Parameters of hybrid integers; `split` is the logarithm."""

    split: int = 4
    msb: int = 2
    lsb: int = 1


STORED, FLOAT, INT, UNIFORM, CONSTANT = 0, 1, 2, 3, 4
"""Codings of a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Payload of a group unit (chapter 6). Columns are expanded: one element a row."""

    first: int
    """Position of the first tensor in coded order."""
    count: int
    first_row: int = 0
    """Rows of the first tensor that earlier groups hold."""
    row_limit: int = 0
    """End row in the last tensor; 0: all of it."""
    segment_count: int = 0
    dtype: DType
    coding: int
    predicted: bool = False
    """The elements are differences from the root's (chapter 13)."""
    sparse: bool = False
    """Segments carry only the elements that differ; `table_map` gives walk classes."""
    alignment: int = 0
    """Stored groups: log2 of the alignment of tensors in the byte sequence."""
    hybrid: Hybrid = Hybrid(split=0, msb=0, lsb=0)
    exponent_count: int = 0
    root_classes: int = 0
    context_scale: int = 0
    split_rows: NDArray[np.int64]
    """[tensors] axes of the coded shape before it form axis group 0."""
    split_columns: NDArray[np.int64]
    """[tensors] axes from it on form axis group 2."""
    class_axes: NDArray[np.int64]
    """[tensors] bit g: axis group g carries a class vector."""
    context_bias: NDArray[np.int64]
    step_axis: NDArray[np.int64]
    """[tensors] 0: one step; a + 1: one step per index of axis a."""
    step_mantissa: NDArray[np.int64]
    """[steps of all tensors]"""
    step_exponent: NDArray[np.int64]
    first_exponent: NDArray[np.int64]
    low_zero_rows: NDArray[np.int64]
    """[tensors] 1: a map of zero low bits per row is present."""
    low_zero: NDArray[np.int64]
    """[tensors] zero low bits of all rows where there is no map."""
    constants: bytes = b""
    table_map: NDArray[np.uint8]
    """[64 * root_classes] context to table, or empty."""
    table_count: int = 0
    tables: bytes = b""
    """Bit stream of the table set (chapter 11)."""


DENSE, MAP, SPARSE = 0, 1, 2
"""Kinds of segments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Payload of a segment unit (chapter 7), cut into its parts; nothing decoded yet."""

    kind: int
    end_payload: bool = False
    lanes_log2: int
    first: int
    count: int
    map_tables: bytes = b""
    """Map segments: bit stream of the inline tables."""
    map_table_count: int = 0
    map_table_of: tuple[int, ...] = ()
    """Map segments: table of each of the four contexts."""
    changes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Sparse segments: [walk classes] elements that change."""
    states: NDArray[np.uint32]
    """[N] start states."""
    words: NDArray[np.uint16]
    tail: memoryview
    """Raw fields and side bytes (the decoder knows where one ends)."""
    tail_start: int = 0
    """Offset of the tail in the payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEnd:
    """Payload of a model end unit (chapter 9)."""

    model_digest: bytes
    tensor_count: int
    tensor_digests: bytes = b""
    """32 bytes for each tensor that is not hidden, by number; or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Payload of the index unit (chapter 9): the units before it, in file order."""

    unit_type: NDArray[np.int64]
    unit_size: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    model_digests: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Payload of the end unit."""

    index_offset: int
    """Offset of the index unit's header; 0: none."""
    file_size: int
