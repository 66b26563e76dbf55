"""Descriptions of models, and the units that say them.

A `Tensor` holds the bit patterns of its elements (a complex element is two patterns); a
`Group` says how a run of tensors is coded, with one `How` a tensor. Nothing is chosen: what
a description leaves out has the default of the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.make.coder import Bits, Hybrid

if TYPE_CHECKING:
    from conformance.make.pieces import Skeleton

# name: (code, bits of a pattern, patterns an element, exponent bits, mantissa bits)
DTYPES = {
    "bool": (1, 8, 1, 0, 0),
    "u8": (2, 8, 1, 0, 0),
    "i8": (3, 8, 1, 0, 0),
    "u16": (4, 16, 1, 0, 0),
    "i16": (5, 16, 1, 0, 0),
    "u32": (6, 32, 1, 0, 0),
    "i32": (7, 32, 1, 0, 0),
    "u64": (8, 64, 1, 0, 0),
    "i64": (9, 64, 1, 0, 0),
    "f16": (16, 16, 1, 5, 10),
    "bf16": (17, 16, 1, 8, 7),
    "f32": (18, 32, 1, 8, 23),
    "f64": (19, 64, 1, 11, 52),
    "f8_e4m3fn": (24, 8, 1, 4, 3),
    "f8_e5m2": (25, 8, 1, 5, 2),
    "f8_e4m3fnuz": (26, 8, 1, 4, 3),
    "f8_e5m2fnuz": (27, 8, 1, 5, 2),
    "f8_e8m0fnu": (28, 8, 1, 0, 0),
    "c64": (32, 32, 2, 8, 23),
    "c128": (33, 64, 2, 11, 52),
    "c32": (34, 16, 2, 5, 10),
    "i4": (40, 4, 1, 0, 0),
    "u4": (41, 4, 1, 0, 0),
    "i2": (42, 2, 1, 0, 0),
    "u2": (43, 2, 1, 0, 0),
    "f4_e2m1": (44, 4, 1, 0, 0),
    "f6_e2m3": (45, 6, 1, 0, 0),
    "f6_e3m2": (46, 6, 1, 0, 0),
    "opaque8": (64, 8, 1, 0, 0),
}


def product(sizes: Sequence[int]) -> int:
    """Return the product of all sizes, 1 for none."""
    total = 1
    for size in sizes:
        total *= size
    return total


@dataclass(slots=True)
class Tensor:
    """A tensor of the model: its name, dtype, shape, and the patterns of its elements."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    bits: list[int] = field(default_factory=list)
    hidden: bool = False
    alias_of: int | None = None
    offset: int = 0
    strides: tuple[int, ...] | None = None
    root_tensor: int = 0
    """In a DoM: 0 by name, 1 none, k + 2 the number k of the root."""
    copied: bool = False
    """In a DoM: no group holds it."""
    inherited: bool = False
    """In a DoM that inherits: the root has it, and the structure does not list it."""

    def canonical(self) -> bytes:
        """Return the bytes that are hashed: C order, little-endian, sub-byte types packed."""
        width = DTYPES[self.dtype][1]
        assert len(self.bits) == product(self.shape) * DTYPES[self.dtype][2], self.name
        out = Bits()
        for pattern in self.bits:
            out.put(pattern, width)
        return out.data()

    def size(self) -> int:
        """Bytes of the tensor, known without its values."""
        _, width, parts, *_ = DTYPES[self.dtype]
        return (product(self.shape) * parts * width + 7) // 8


@dataclass(slots=True, kw_only=True)
class How:
    """How one tensor of a group is coded."""

    split_rows: int | None = None
    split_columns: int | None = None
    classes: dict[int, list[int]] = field(default_factory=dict)
    bias: int = 0
    step_axis: int = 0
    steps: list[tuple[int, int]] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    """Levels; with the coding int differences in place of those of the elements."""
    first_exponent: int = 0
    low_zero: int | list[int] = 0
    escape: tuple[int, ...] = ()
    """Elements that are sent as escapes although the tokens reach them."""
    prediction: list[int] | None = None
    """Patterns of the prediction, where they are not those of the root tensor."""


@dataclass(slots=True, kw_only=True)
class Group:
    """A run of tensors in coded order with one coding."""

    coding: str
    hows: list[How] = field(default_factory=lambda: [How()])
    first_row: int = 0
    row_limit: int = 0
    alignment: int = 6
    pieces: list[int] | None = None
    """Stored: sizes of the stored units; nothing = one."""
    hybrid: Hybrid = field(default_factory=Hybrid)
    exponents: int = 0
    lanes: int = 0
    cuts: list[int] | None = None
    """Symbols of each dense segment; nothing = one segment."""
    map_lanes: int = 0
    map_cuts: list[int] | None = None
    end_payload: bool = False
    ends: Callable[[list[int]], list[int]] | None = None
    """A fault: end states in place of the right ones."""
    table_map: list[int] | None = None
    tables: list[list[int]] | None = None
    table_size: int = 0
    map_of: tuple[int, int, int, int] = (0, 0, 0, 0)
    column_widths: dict[str, int] = field(default_factory=dict)
    predicted: bool = False
    sparse: bool = False
    scale: int = 0
    root_classes: int = 1
    map_default: int | None = None
    """0: the column table_map is absent where it says nothing."""


@dataclass(slots=True, kw_only=True)
class Model:
    """A whole stream: its model and what stands around it."""

    tensors: list[Tensor]
    groups: list[Group]
    level: int = 1
    profile: int = 0
    coded_order: list[int] | None = None
    metadata: list[tuple[str, str]] = field(default_factory=list)
    skeleton: Skeleton | None = None
    index: bool = True
    deflate: dict[str, str] = field(default_factory=dict)
    """Unit name -> "stored" or "fixed": how it is deflated."""
    root: Model | None = None
    digests: bool = True
    """The model end has the digests of tensors."""
    packed: str | None = None
    """All units stand in a packed one: how it is deflated, or ""."""
    inherits: bool = False
    """The structure inherits: tensors that the root has come first, by their numbers there."""
    files: Skeleton | None = None
    """The files of a model that inherits those of its root, as they come out."""
    patches: list[tuple[int, int, bytes]] | None = None
    """Skip, length and bytes of each patch; nothing: no skeleton patch."""

    def own(self) -> list[int]:
        """Return the numbers of the tensors that groups hold, ascending."""
        return [n for n, t in enumerate(self.tensors) if t.alias_of is None and not t.copied]

    def coded(self) -> list[int]:
        """Tensor numbers in coded order."""
        return self.coded_order or self.own()

    def depth(self) -> int:
        """Return the number of DoMs from this model to one that is none."""
        return self.root.depth() + 1 if self.root else 0

    def features(self) -> int:
        """Return the features that a decoder must know."""
        sparse = any(group.sparse for group in self.groups)
        return (self.root is not None) | sparse << 1 | (self.packed is not None) << 8

    def numbered(self) -> list[Tensor]:
        """Return the tensors by their numbers where this is a root: the byte order of names."""
        return sorted(self.visible(), key=lambda tensor: tensor.name.encode())

    def restored(self) -> Skeleton | None:
        """Return the files that come out, own or inherited."""
        return self.skeleton or self.files

    def visible(self) -> list[Tensor]:
        """Return the tensors that belong to the model."""
        return [tensor for tensor in self.tensors if not tensor.hidden]


def tensor_digest(data: bytes) -> bytes:
    """SHA-256 of a tensor's bytes, above 1 MiB of the digests of its chunks."""
    if len(data) <= 1 << 20:
        return hashlib.sha256(data).digest()
    chunks = [data[at : at + (1 << 20)] for at in range(0, len(data), 1 << 20)]
    return hashlib.sha256(b"".join(hashlib.sha256(c).digest() for c in chunks)).digest()


def model_digest(tensors: Sequence[Tensor]) -> bytes:
    """SHA-256 of names, dtypes, shapes and digests, in byte order of the names."""
    text = bytearray(b"dombitMD\x01\x00" + len(tensors).to_bytes(4, "little"))
    for tensor in sorted(tensors, key=lambda t: t.name.encode()):
        name = tensor.name.encode()
        text += len(name).to_bytes(4, "little") + name
        text += DTYPES[tensor.dtype][0].to_bytes(2, "little") + bytes([len(tensor.shape)])
        text += b"".join(size.to_bytes(8, "little") for size in tensor.shape)
        text += tensor_digest(tensor.canonical())
    return hashlib.sha256(text).digest()
