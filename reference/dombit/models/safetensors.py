"""safetensors: tensors of a file or of shards with an index, and the way back (chapters 8, 10)."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dombit.dtypes import BY_NAME, DType, byte_size
from dombit.errors import BadSource, UsageError
from dombit.filenames import is_file_name
from dombit.models import carrier
from dombit.models.naming import Namer, main_file_name
from dombit.records import Buffer, ModelFile, Tensor

CARRIER = 2
"""Code of this carrier in a skeleton."""
MAX_HEADER = 100_000_000
"""Bytes of the JSON header, as in the library of safetensors."""
_PLACED = 1 << 48

_DTYPES: dict[str, DType] = {
    "BOOL": BY_NAME["bool"],
    "F8_E4M3": BY_NAME["f8_e4m3fn"],
    "F8_E5M2": BY_NAME["f8_e5m2"],
    "F8_E4M3FNUZ": BY_NAME["f8_e4m3fnuz"],
    "F8_E5M2FNUZ": BY_NAME["f8_e5m2fnuz"],
    "F8_E8M0": BY_NAME["f8_e8m0fnu"],
    "F4": BY_NAME["f4_e2m1"],
    **{name.upper(): BY_NAME[name] for name in ("f6_e2m3", "f6_e3m2", "f16", "bf16", "f32", "f64")},
    **{name.upper(): BY_NAME[name] for name in ("u8", "i8", "u16", "i16", "u32", "i32")},
    **{name.upper(): BY_NAME[name] for name in ("u64", "i64", "c64")},
}
_NAMES = {dtype.code: name for name, dtype in _DTYPES.items()}

# ---------------------------------------------------------------------------------- reading


def external_names(data: Buffer) -> list[str]:
    """Return the names of the shards that an index names, by first mention; none of one file.

    Raises BadSource.
    """
    return list(dict.fromkeys(_index(data).values())) if _is_index(data) else []


def read(files: Mapping[str, Buffer], main: str) -> ModelFile:
    """Return the tensors of a safetensors file, or of the shards of an index, with the skeleton.

    `files` holds the main file and, by the names of `external_names`, the shards. Tensors'
    data are views of the buffers. Raises BadSource where a file is missing or damaged.
    """
    name = main_file_name(main)
    sources = {name: files[main]}
    index: dict[str, str] = {}
    if _is_index(files[main]):
        index = _index(files[main])
        sources |= _shards(files, index, name)
    model = _model(sources, index)
    if model.skeleton and carrier.verify(model.skeleton, sources, model.tensors):
        return model
    note = "the model is carried whole: re-assembly does not give the same bytes"
    return ModelFile(carrier=0, tensors=(), skeleton=carrier.whole(0, sources), notes=(note,))


def _is_index(data: Buffer) -> bool:
    """Return whether it is JSON: text, read as the size of a header, is beyond all bounds."""
    head = bytes(memoryview(data)[:64])
    return int.from_bytes(head[:8], "little") > MAX_HEADER and head.lstrip()[:1] == b"{"


def _index(data: Buffer) -> dict[str, str]:
    """Return the shard of each tensor, in the order of the index."""
    weights = _json(bytes(data), "the index").get("weight_map")
    if not isinstance(weights, dict) or not weights:
        raise BadSource("the index holds no weight_map")
    for shard in weights.values():
        if not isinstance(shard, str) or not is_file_name(shard):
            raise BadSource(f"the index names a shard {str(shard)[:80]!r}")
    return weights


def _shards(files: Mapping[str, Buffer], index: Mapping[str, str], main: str) -> dict[str, Buffer]:
    names = dict.fromkeys(index.values())
    missing = [name for name in names if name not in files or name == main]
    if missing:
        raise BadSource(
            f"the index names {missing[0]}, which is not there",
            hint="keep all shards beside the index",
        )
    return {name: files[name] for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A tensor in a header."""

    key: str
    dtype: DType | None
    """None: a data type that dombit does not know."""
    shape: tuple[int, ...]
    start: int
    """Offset in the file."""
    end: int


def _model(sources: Mapping[str, Buffer], index: Mapping[str, str]) -> ModelFile:
    names = list(sources)
    cuts = [carrier.cut(name, sources[name], ()) for name in names[: bool(index)]]
    tensors, notes, metadata, namer = list[Tensor](), list[str](), dict[str, str](), Namer()
    for name in names[bool(index) :]:
        entries, own = _header(name, sources[name])
        _check_shard(name, entries, index)
        taken = [each for each in entries if each.dtype and index.get(each.key, name) == name]
        cuts.append(carrier.cut(name, sources[name], _holes(taken, len(tensors))))
        tensors += _tensors(sources[name], taken, namer)
        notes += _notes(name, len(memoryview(sources[name])), entries, len(taken))
        metadata |= own
    return ModelFile(
        carrier=CARRIER,
        tensors=tuple(tensors),
        skeleton=carrier.skeleton(CARRIER, cuts),
        metadata=metadata,
        notes=tuple(notes),
    )


def _holes(taken: Sequence[_Entry], first: int) -> list[carrier.Hole]:
    return [
        carrier.Hole(start=each.start, length=each.end - each.start, tensor=first + place)
        for place, each in enumerate(taken)
    ]


def _tensors(source: Buffer, taken: Sequence[_Entry], namer: Namer) -> Iterator[Tensor]:
    data = np.frombuffer(source, np.uint8)
    for each in taken:
        if each.dtype is not None:
            yield Tensor(
                name=namer.give(each.key),
                dtype=each.dtype,
                shape=each.shape,
                data=data[each.start : each.end],
            )


def _notes(name: str, size: int, entries: Sequence[_Entry], taken: int) -> Iterator[str]:
    """Yield what stays literal: tensors left alone, and bytes that belong to no tensor."""
    if len(entries) > taken:
        yield f"{len(entries) - taken} tensors stay in the skeleton of {name}"
    header = min((entry.start for entry in entries), default=size)
    unused = size - header - sum(entry.end - entry.start for entry in entries)
    if unused:
        yield f"{name} holds {unused} bytes that belong to no tensor"


def _check_shard(name: str, entries: Sequence[_Entry], index: Mapping[str, str]) -> None:
    lost = {key for key, shard in index.items() if shard == name} - {each.key for each in entries}
    if lost:
        raise BadSource(f"{name} lacks the tensor {min(lost)[:200]!r} that the index places there")


def _header(name: str, data: Buffer) -> tuple[list[_Entry], dict[str, str]]:
    """Return the tensors in the order of the header, and the metadata; raises BadSource."""
    view = memoryview(data).cast("B")
    if len(view) < 8:
        raise BadSource(f"{name} is too short for a safetensors file")
    size = struct.unpack("<Q", view[:8])[0]
    if size > MAX_HEADER or size + 8 > len(view):
        raise BadSource(f"the header of {name} would have {size} bytes")
    header = _json(bytes(view[8 : 8 + size]), f"the header of {name}")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise BadSource(f"the metadata of {name} is not a mapping of text to text")
    entries = [_entry(name, key, header[key], 8 + size) for key in header]
    _check_places(name, len(view), entries)
    return entries, metadata


def _json(data: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise BadSource(f"{what} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadSource(f"{what} is no mapping")
    return value


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return a mapping; raises ValueError for double keys and for text that is no Unicode."""
    found = dict(pairs)
    for key, value in pairs:
        (key + value if isinstance(value, str) else key).encode()
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _entry(name: str, key: str, value: Any, base: int) -> _Entry:
    if not isinstance(value, dict) or not isinstance(value.get("dtype"), str):
        raise BadSource(f"{name} does not describe the tensor {key[:200]!r}")
    shape, offsets = _integers(value.get("shape")), _integers(value.get("data_offsets"))
    if shape is None or offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise BadSource(f"{name} gives the tensor {key[:200]!r} an impossible shape or place")
    dtype = _DTYPES.get(value["dtype"])
    start, end = offsets[0] + base, offsets[1] + base
    if dtype is not None and byte_size(dtype, shape) != end - start:
        raise BadSource(f"{name} gives the tensor {key[:200]!r} a place of the wrong size")
    if len(shape) > 32 or (dtype and not _fits(dtype, shape)):
        dtype = None
    return _Entry(key=key, dtype=dtype, shape=shape, start=start, end=end)


def _fits(dtype: DType, shape: tuple[int, ...]) -> bool:
    """Return whether the format can hold the shape, and all bits of the bytes are used."""
    stretched = byte_size(dtype, tuple(max(dim, 1) for dim in shape))
    whole = byte_size(dtype, shape) * 8 == math.prod(shape) * dtype.bits
    return all(dim < _PLACED for dim in shape) and stretched < 1 << 53 and whole


def _integers(value: Any) -> tuple[int, ...] | None:
    """Return a list of integers, none negative, as a tuple; None where it is something else."""
    if not isinstance(value, list) or not all(type(each) is int and each >= 0 for each in value):
        return None
    return tuple(value)


def _check_places(name: str, size: int, entries: Sequence[_Entry]) -> None:
    at = 0
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.end)):
        if entry.start < at or entry.end > size:
            raise BadSource(f"{name}: tensor {entry.key[:200]!r} overlaps or leaves the file")
        at = entry.end


# ---------------------------------------------------------------------------------- writing

Given = tuple[str, DType, tuple[int, ...], Callable[[], Buffer]]
"""Name, dtype and shape of a tensor, and what gives its canonical bytes."""


def write(tensors: Iterable[Given], metadata: Mapping[str, str] | None = None) -> Iterator[Buffer]:
    """Yield the bytes of a safetensors file: wide dtypes first, then by name.

    Raises UsageError, that names the tensor, where safetensors has no such dtype.
    """
    order = sorted(tensors, key=lambda given: (-given[1].bits, given[0].encode()))
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, dtype, shape, _ in order:
        end = at + byte_size(dtype, shape)
        offsets = [at, end]
        header[name] = {
            "dtype": _written(name, dtype, shape), "shape": list(shape), "data_offsets": offsets
        }  # fmt: skip
        at = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    for *_, give in order:
        yield give()


def _written(name: str, dtype: DType, shape: tuple[int, ...]) -> str:
    if dtype.code not in _NAMES:
        raise UsageError(
            f"tensor {name!r} is {dtype.name}, which safetensors has not",
            hint="write the model in its own container",
        )
    if name == "__metadata__" or not _fits(dtype, shape):
        raise UsageError(f"tensor {name!r} cannot be held by safetensors (name or size)")
    return _NAMES[dtype.code]
