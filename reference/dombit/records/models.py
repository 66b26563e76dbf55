"""Models: named tensors, and what of their files is not weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import DType, byte_size

Buffer = Any
"""bytes, bytearray, memoryview, mmap or a uint8 array: whatever gives a contiguous buffer."""


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
    """Digest of the file as the decoder re-assembles it; empty in an inherited skeleton."""
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
class NamedSkeleton:
    """A skeleton that another model may inherit: its holes are known by names."""

    skeleton: Skeleton
    names: tuple[str, ...]
    """Of all tensors that holes may refer to, by number."""


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
