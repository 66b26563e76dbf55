"""Records: everything that travels between rooms, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import DType, byte_size

Buffer = Any
"""bytes, bytearray, memoryview, mmap or a uint8 array: whatever gives a contiguous buffer."""

# ---------------------------------------------------------------------------------------- models


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A tensor that is (part of) another one."""

    target: int
    """Number of the tensor that holds the data; itself no alias."""
    offset: int = 0
    """First element in the target."""
    strides: tuple[int, ...] | None = None
    """Elements from one index to the next, an axis each; None: contiguous."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A named tensor: its number is its place in the model's tuple of tensors."""

    name: str
    """Unique name, given by the carrier's naming rule."""
    dtype: DType
    """Row of the registry of dtypes."""
    shape: tuple[int, ...]
    """Dimensions; () for a scalar."""
    data: NDArray[np.uint8] | None
    """Canonical bytes, one flat uint8 array (may be memory-mapped); None for an alias."""
    alias: Alias | None = None
    """Set where the tensor has no data of its own."""
    hidden: bool = False
    """A storage that is not part of the model: no digest, not listed."""

    @property
    def byte_size(self) -> int:
        """Number of canonical bytes."""
        return byte_size(self.dtype, self.shape)


LITERAL, HOLE, CRC = 0, 1, 2
"""Kinds of pieces of a source file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a skeleton: pieces that cover it, ascending and disjoint."""

    name: str
    """Relative path, components joined by "/"; the first file of a skeleton is the main one."""
    size: int
    """Bytes of the whole file."""
    sha256: bytes
    """Digest of the file as the decoder re-assembles it."""
    kind: NDArray[np.uint8]
    """[pieces] LITERAL, HOLE or CRC."""
    length: NDArray[np.int64]
    """[pieces] bytes, > 0."""
    hole_tensor: NDArray[np.int64]
    """[holes] tensor number."""
    hole_first: NDArray[np.int64]
    """[holes] first byte in the (permuted) tensor's bytes."""
    hole_permutation: NDArray[np.int64]
    """[holes] 0 or 1 + index into the skeleton's permutations."""
    crc_first: NDArray[np.int64]
    """[crc pieces] first byte of the range in this file."""
    crc_length: NDArray[np.int64]
    """[crc pieces] bytes of the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """What of the source files is not weights."""

    carrier: int
    """0 whole or unknown, 1 ONNX, 2 safetensors, 3 PyTorch zip."""
    files: tuple[SourceFile, ...]
    """The main file first."""
    permutations: tuple[tuple[int, ...], ...]
    """Axis orders that holes refer to."""
    literals: tuple[Buffer, ...]
    """The literal pool: buffers to be read one after another (all files, in order)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model as a carrier gives it."""

    carrier: int
    """As in Skeleton."""
    tensors: tuple[Tensor, ...]
    """In walk order; a tensor's number is its place."""
    skeleton: Skeleton | None
    """None for a model that came as a dict of arrays."""
    metadata: dict[str, str] = field(default_factory=dict)
    """User metadata (safetensors' __metadata__ and the like)."""
    notes: tuple[str, ...] = ()
    """Messages for the user: what was carried whole and why."""
    optimiser: frozenset[int] = frozenset()
    """Numbers of tensors that are optimiser state (they stay lossless)."""
    pinned: frozenset[int] = frozenset()
    """Numbers of tensors whose bytes also stand in literals (they stay lossless)."""
    exact: ModelFile | None = None
    """The same model as its files have it, where this one's skeleton gives other files."""


# ------------------------------------------------------------------------------------- bitstream


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

    @property
    def visible(self) -> list[int]:
        """Numbers of the tensors that are part of the model: those that are not hidden."""
        return [number for number, tensor in enumerate(self.tensors) if not tensor.hidden]


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
