"""What a walk over a checkpoint's pickle gives: storages, and tensors as views of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dombit.dtypes import BY_NAME, DType
from dombit.models.paths import Unwalkable
from dombit.models.torchnames import (
    DTYPE_NAMES,
    ORDERED_DICT,
    REBUILDERS,
    STORAGES,
    UNTYPED,
    Symbol,
)

FROM_TYPE = Symbol(module="torch._tensor", name="_rebuild_from_type_v2")


class Opaque:
    """An object that holds no tensor of the model, or one that the walk does not know."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRef:
    """A persistent id: (a range of) a storage."""

    key: str
    dtype: str | None
    """torch's name of its elements; None: bytes."""
    size: int
    """Bytes of the whole storage."""
    first: int
    """First byte that this range holds (older files know views of storages)."""
    length: int
    """Bytes of this range."""

    @property
    def width(self) -> int:
        """Bytes of an element."""
        return _width(self.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorRef:
    """A tensor as a view of a storage."""

    storage: StorageRef
    torch_dtype: str
    dtype: DType
    offset: int
    """First element, counted in the range of the storage."""
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """Elements from one index to the next, an axis each."""

    @property
    def start(self) -> int:
        """First element, counted in the whole storage."""
        return self.storage.first * 8 // self.dtype.bits + self.offset

    @property
    def span(self) -> int:
        """Elements from the first to the last one that it holds; 0 for an empty one."""
        if 0 in self.shape:
            return 0
        return 1 + sum((d - 1) * s for d, s in zip(self.shape, self.strides, strict=True))


def storage_of(saved: Any) -> StorageRef:
    """Return the storage that a persistent id names."""
    if not isinstance(saved, tuple) or len(saved) not in {5, 6} or saved[0] != "storage":
        raise Unwalkable("a persistent id that is no storage")
    _, kind, key, _, count = saved[:5]
    if not isinstance(kind, Symbol) or not _counts((count,)) or not isinstance(key, str):
        raise TypeError("a storage without type, key or size")
    if kind.name != UNTYPED and kind.name not in STORAGES:
        raise Unwalkable(f"storage type {kind.name}")
    dtype = None if kind.name == UNTYPED else STORAGES[kind.name]
    width = _width(dtype)
    first, length = 0, count
    if len(saved) == 6 and saved[5] is not None:
        _, first, length = saved[5]
        if not _counts((first, length)) or first + length > count:
            raise ValueError("a view that leaves its storage")
    return StorageRef(
        key=key, dtype=dtype, size=count * width, first=first * width, length=length * width
    )


def call(function: Any, arguments: tuple[Any, ...]) -> Any:
    """Return what a known function gives for symbols; nothing is called."""
    if not isinstance(function, Symbol):
        raise TypeError("a call of what is no function")
    if function == ORDERED_DICT:
        return {}
    if function == FROM_TYPE:
        return call(arguments[0], arguments[2])
    return _rebuilt(function.name, arguments) if function.module == REBUILDERS else Opaque()


def _rebuilt(name: str, arguments: tuple[Any, ...]) -> Any:
    """Return the tensor that a function of torch._utils makes."""
    if name in {"_rebuild_parameter", "_rebuild_parameter_with_state"}:
        return arguments[0]
    if name in {"_rebuild_tensor", "_rebuild_tensor_v2"}:
        return _tensor(arguments, None, arguments[6:])
    if name == "_rebuild_tensor_v3":
        return _tensor(arguments, arguments[6].name, arguments[7:])
    if name == "_rebuild_qtensor":
        return _tensor(arguments, None, ())
    raise Unwalkable(f"a tensor made by {name}")


def _tensor(arguments: tuple[Any, ...], dtype: str | None, more: tuple[Any, ...]) -> TensorRef:
    """Return a view of a storage, checked against its bounds."""
    storage, offset, shape, strides = arguments[:4]
    if any(more):
        raise Unwalkable("a tensor that is conjugated or negated lazily")
    if not isinstance(storage, StorageRef):
        raise Unwalkable("a tensor whose storage is no storage of the file")
    named = dtype or storage.dtype
    if named not in DTYPE_NAMES:
        raise Unwalkable(f"tensors of {named}")
    if not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise Unwalkable("a shape that is no tuple")
    ref = TensorRef(
        storage=storage,
        torch_dtype=named,
        dtype=BY_NAME[DTYPE_NAMES[named]],
        offset=offset,
        shape=shape,
        strides=strides,
    )
    _check(ref)
    return ref


def _check(ref: TensorRef) -> None:
    """Refuse views that leave their storage, or that a stream could not name."""
    if len(ref.shape) != len(ref.strides) or not _counts((ref.offset, *ref.shape, *ref.strides)):
        raise ValueError("a tensor with impossible shape or strides")
    width = ref.dtype.bits // 8
    if len(ref.shape) > 32 or math.prod(max(d, 1) for d in ref.shape) * width * 8 >= 1 << 56:
        raise Unwalkable("a tensor beyond what a stream can name")
    if ref.storage.first % width:
        raise Unwalkable("a tensor that is not aligned in its storage")
    if ref.span and (ref.offset + ref.span) * width > ref.storage.length:
        raise ValueError("a tensor that leaves its storage")


def _counts(values: tuple[Any, ...]) -> bool:
    """Return whether all values are integers that a stream can hold."""
    return all(type(value) is int and 0 <= value < 1 << 53 for value in values)


def _width(dtype: str | None) -> int:
    """Return the bytes of a storage's elements."""
    return 1 if dtype is None else BY_NAME[DTYPE_NAMES[dtype]].bits // 8
