"""ONNX files: tensors found in the wire bytes, and files that come back byte by byte."""

from __future__ import annotations

import importlib.util
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from dombit.errors import BadSource
from dombit.models import carrier, onnx
from dombit.records import HOLE, Buffer, ModelFile

RealFile = Callable[[str, str], Path]


# ------------------------------------------------------------------ a builder of wire bytes


def varint(value: int, extra: int = 0) -> bytes:
    """Return a varint, overlong by `extra` bytes."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    for _ in range(extra):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def number(field: int, value: int, extra: int = 0) -> bytes:
    """Return a varint field."""
    return varint(field << 3, extra) + varint(value, extra)


def part(field: int, *contents: bytes | str, extra: int = 0) -> bytes:
    """Return a length-delimited field."""
    content = b"".join(c.encode() if isinstance(c, str) else c for c in contents)
    return varint(field << 3 | 2, extra) + varint(len(content), extra) + content


def dims(*shape: int, packed: bool = False) -> bytes:
    """Return the dims of a tensor."""
    if packed:
        return part(1, *(varint(dim) for dim in shape))
    return b"".join(number(1, dim) for dim in shape)


def tensor(name: str, shape: tuple[int, ...], kind: int, *values: bytes) -> bytes:
    """Return a TensorProto with these value fields."""
    return dims(*shape) + number(2, kind) + part(8, name) + b"".join(values)


def raw(values: np.ndarray | bytes) -> bytes:
    """Return a raw_data field."""
    return part(9, values if isinstance(values, bytes) else values.tobytes())


def attribute(name: str, *fields: bytes) -> bytes:
    """Return a field `attribute` of a node."""
    return part(5, part(1, name), *fields)


def node(name: str, kind: str, *fields: bytes, outputs: tuple[str, ...] = ()) -> bytes:
    """Return a field `node` of a graph."""
    return part(1, *(part(2, output) for output in outputs), part(3, name), part(4, kind), *fields)


def model(*graph: bytes, rest: bytes = b"") -> bytes:
    """Return a ModelProto."""
    return number(1, 9) + part(7, *graph) + rest


def initializer(*fields: bytes) -> bytes:
    """Return a field `initializer` of a graph."""
    return part(5, *fields)


def external(
    name: str, shape: tuple[int, ...], kind: int = 1, rest: bytes = b"", **keys: str | int
) -> bytes:
    """Return an initializer whose data is in another file."""
    pairs = (part(13, part(1, key), part(2, str(value))) for key, value in keys.items())
    return initializer(tensor(name, shape, kind, *pairs, number(14, 1), rest))


FLOATS = np.arange(6, dtype=np.float32).reshape(2, 3)


def read(data: bytes, beside: Mapping[str, Buffer] | None = None) -> ModelFile:
    """Read a model, and check that its files come back byte by byte."""
    files = {"m.onnx": data, **(beside or {})}
    found = onnx.read(files, "m.onnx")
    again(found, files)
    return found


def again(found: ModelFile, files: Mapping[str, Buffer]) -> None:
    """Check that re-assembly gives the files."""
    assert found.skeleton is not None
    give = carrier.bytes_of(found.tensors)
    for place, file in enumerate(found.skeleton.files):
        parts = carrier.fill(found.skeleton, place, give, found.tensors)
        assert b"".join(bytes(each) for each in parts) == bytes(files[file.name])


def names(found: ModelFile) -> list[str]:
    """Return the names of all tensors."""
    return [each.name for each in found.tensors]


def share(found: ModelFile) -> int:
    """Return the bytes of the main file that are in holes."""
    assert found.skeleton is not None
    file = found.skeleton.files[0]
    return int(file.length[file.kind == HOLE].sum())


# ------------------------------------------------------------------------------ how values stand


def test_raw_data_is_cut_out_without_a_copy() -> None:
    """An initializer with raw bytes is a view of the file, and a hole in it."""
    data = np.frombuffer(model(initializer(tensor("w", (2, 3), 1, raw(FLOATS)))), np.uint8)
    found = onnx.read({"m.onnx": data}, "m.onnx")
    (only,) = found.tensors
    assert (only.name, only.dtype.name, only.shape) == ("w", "f32", (2, 3))
    assert only.data is not None
    assert np.shares_memory(only.data, data)
    assert only.data.tobytes() == FLOATS.tobytes()
    assert share(found) == 24
    assert not found.pinned
    assert found.carrier == 1


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("extra", [0, 1, 3])
def test_overlong_varints_and_packed_dims(packed: bool, extra: int) -> None:
    """Another writer's spelling of numbers changes nothing."""
    fields = part(8, "w", extra=extra) + dims(2, 3, packed=packed) + number(2, 1, extra)
    found = read(model(part(5, fields, part(9, FLOATS.tobytes(), extra=extra), extra=extra)))
    assert (names(found), share(found)) == (["w"], 24)


def test_fields_in_any_order_and_unknown_fields() -> None:
    """Order of fields and unknown fields do not matter, and come back."""
    unknown = part(99, "?") + number(77, 5) + varint(66 << 3 | 5) + b"1234"
    body = raw(FLOATS) + unknown + part(8, "w") + number(2, 1) + dims(2, 3)
    data = part(7, unknown, initializer(body)) + unknown + number(1, 9)
    assert share(read(data)) == 24


def test_split_packed_floats_are_several_holes() -> None:
    """Packed chunks and single fields of float_data together hold the tensor."""
    stored = FLOATS.tobytes()
    fields = [part(4, stored[:8]), part(4), varint(4 << 3 | 5) + stored[8:12], part(4, stored[12:])]
    found = read(model(initializer(tensor("w", (6,), 1, *fields))))
    assert found.skeleton is not None
    assert found.skeleton.files[0].hole_first.tolist() == [0, 8, 12]
    assert found.tensors[0].data is not None
    assert found.tensors[0].data.tobytes() == stored


@pytest.mark.parametrize(
    ("kind", "field", "dtype"),
    [(1, 4, "f4"), (14, 4, "c8"), (11, 10, "f8"), (15, 10, "c16")],
)
def test_floats_in_typed_fields(kind: int, field: int, dtype: str) -> None:
    """Floats and complex numbers in fields of fixed width are cut out."""
    values = np.arange(3).astype(dtype)
    found = read(model(initializer(tensor("w", (3,), kind, part(field, values.tobytes())))))
    assert share(found) == values.nbytes
    assert found.tensors[0].byte_size == values.nbytes


VARINTS = [
    (2, 5, [0, 255], np.uint8),
    (3, 5, [-128, 127], np.int8),
    (4, 5, [0, 65535], np.uint16),
    (5, 5, [-32768, 5], np.int16),
    (6, 5, [-(1 << 31), (1 << 31) - 1], np.int32),
    (7, 7, [-(1 << 63), (1 << 63) - 1], np.int64),
    (9, 5, [1, 0], np.uint8),
    (10, 5, [0x3C00, 0xFC00], np.uint16),
    (12, 11, [(1 << 32) - 1, 0], np.uint32),
    (13, 11, [(1 << 64) - 1, 7], np.uint64),
    (16, 5, [0x3F80, 0xFF80], np.uint16),
    (17, 5, [0x80, 0x7F], np.uint8),
]


@pytest.mark.parametrize(("kind", "field", "values", "dtype"), VARINTS)
@pytest.mark.parametrize("packed", [False, True])
def test_values_as_varints_are_pinned(
    kind: int, field: int, values: list[int], dtype: type, packed: bool
) -> None:
    """Tensors that stand as varints are decoded; their bytes stay literal, so they are pinned."""
    coded = [varint(value) for value in values]
    body = part(field, *coded) if packed else b"".join(varint(field << 3) + c for c in coded)
    found = read(model(initializer(tensor("w", (2,), kind, body))))
    assert found.tensors[0].data is not None
    assert found.tensors[0].data.view(dtype).tolist() == values
    assert found.pinned == {0}
    assert share(found) == 0
    stored = np.array(values, dtype)
    again = onnx.read(
        {"m.onnx": model(initializer(tensor("w", (2,), kind, body)))}, "m.onnx", raw=True
    )
    assert again.skeleton is not None and share(again) == stored.nbytes and not again.pinned
    give = carrier.bytes_of(again.tensors)
    file = b"".join(map(bytes, carrier.fill(again.skeleton, 0, give, again.tensors)))
    assert file == model(initializer(tensor("w", (2,), kind, raw(stored))))


@pytest.mark.parametrize(
    ("kind", "shape", "coded", "expected"),
    [
        (22, (3,), [0x21, 0x03], [0x21, 0x03]),
        (21, (2, 2), [0x21, 0xF3], [0x21, 0xF3]),
        (25, (5,), [0xE4, 0x02], [0xE4, 0x02]),
        (27, (4,), [0x3F, 0, 1, 2], [0x3F, 0x10, 0x08]),
    ],
)
def test_sub_byte_elements_in_varints(
    kind: int, shape: tuple[int, ...], coded: list[int], expected: list[int]
) -> None:
    """Two- and four-bit elements come packed in bytes, six-bit ones one by one."""
    body = part(5, *(varint(value) for value in coded))
    found = read(model(initializer(tensor("w", shape, kind, body))))
    assert found.tensors[0].data is not None
    assert found.tensors[0].data.tolist() == expected


def test_raw_sub_byte_elements() -> None:
    """Raw int4 data is canonical already, if the unused bits are zero; else it stays literal."""
    assert share(read(model(initializer(tensor("w", (3,), 22, raw(b"\x21\x03")))))) == 2
    left = read(model(initializer(tensor("w", (3,), 22, raw(b"\x21\x13")))))
    assert names(left) == []
    assert "not zero" in left.notes[0]


def test_every_data_type_of_onnx() -> None:
    """All data types of the installed package but strings are known, with their width."""
    package = pytest.importorskip("onnx")
    kinds = package.TensorProto.DataType
    for label, kind in kinds.items():
        if label in {"UNDEFINED", "STRING"}:
            continue
        dtype = package.helper.tensor_dtype_to_np_dtype(kind)
        plain = np.zeros(8, dtype)
        proto = package.numpy_helper.from_array(plain, "w")
        assert proto.data_type == kind
        (only,) = read(model(initializer(proto.SerializeToString()))).tensors
        assert only.byte_size == len(proto.raw_data), label
        ours = only.dtype.numpy_dtype()
        assert ours == dtype, label


LITERAL = {
    "too short": tensor("w", (7,), 1, raw(FLOATS)),
    "too long": tensor("w", (5,), 1, raw(FLOATS)),
    "no values": tensor("w", (6,), 1),
    "unknown type": tensor("w", (6,), 99, raw(FLOATS)),
    "no type": dims(6) + part(8, "w") + raw(FLOATS),
    "negative dim": tensor("w", (-1,), 1, raw(b"")),
    "huge dim": tensor("w", (0, 1 << 48), 1),
    "huge product": tensor("w", (0, 1 << 40, 1 << 40), 1),
    "rank 33": tensor("w", (1,) * 33, 1, raw(FLOATS[0, :1])),
    "two fields": tensor("w", (6,), 1, raw(FLOATS), part(4, FLOATS.tobytes())),
    "field of another type": tensor("w", (6,), 1, part(5, varint(1) * 6)),
    "segment": tensor("w", (6,), 1, raw(FLOATS), part(3, number(1, 0), number(2, 6))),
    "odd packed floats": tensor("w", (6,), 1, part(4, FLOATS.tobytes()[:-1])),
    "out of range": tensor("w", (2,), 2, part(5, varint(256), varint(1))),
    "too few varints": tensor("w", (2,), 7, part(7, varint(256))),
    "u32 out of range": tensor("w", (1,), 12, part(11, varint(1 << 32))),
    "too many fields": tensor("w", (70_000,), 1, (varint(4 << 3 | 5) + b"1234") * 70_000),
}


@pytest.mark.parametrize("body", LITERAL.values(), ids=LITERAL.keys())
def test_what_is_not_understood_stays_literal(body: bytes) -> None:
    """An odd tensor stays in the skeleton, with a note, and the others are taken all the same."""
    good = initializer(tensor("good", (2, 3), 1, raw(FLOATS)))
    found = read(model(initializer(body), good))
    assert names(found) == ["good"]
    assert len(found.notes) == 1
    assert "'w'" in found.notes[0] or "'initializer#0'" in found.notes[0]


def test_notes_are_not_endless() -> None:
    """A thousand odd tensors make twenty notes and a sum."""
    found = read(model(*[initializer(LITERAL["unknown type"])] * 1000))
    assert len(found.notes) == 21
    assert "980 more" in found.notes[-1]


def test_strings_are_no_tensors() -> None:
    """String tensors stay literal without a word and take no name."""
    text = tensor("w", (2,), 8, part(6, "ab"), part(6, "cd"))
    found = read(model(initializer(text), initializer(tensor("w", (2, 3), 1, raw(FLOATS)))))
    assert (names(found), found.notes) == (["w"], ())


def test_empty_tensors_and_scalars() -> None:
    """A tensor without elements has no hole; a scalar has no dims."""
    empty, scalar = tensor("e", (0, 3), 1), tensor("s", (), 1, raw(FLOATS[0, :1]))
    found = read(model(initializer(empty), initializer(scalar)))
    assert [(each.name, each.shape) for each in found.tensors] == [("e", (0, 3)), ("s", ())]
    assert share(found) == 4


# ---------------------------------------------------------------------------- names and places


def small(name: str = "") -> bytes:
    """Return a tensor of one float."""
    return tensor(name, (1,), 1, raw(FLOATS[0, 1:2]))


def sparse(name: str = "") -> bytes:
    """Return a SparseTensorProto."""
    indices = tensor("", (1,), 7, raw(np.zeros(1, np.int64)))
    return part(1, small(name)) + part(2, indices) + number(3, 5)


def everything() -> bytes:
    """Return a model with tensors in all places that can hold them, graph first in no order."""
    bodies = (part(11, initializer(small(name))) for name in ("x", ""))
    inner = part(
        6, initializer(small("inner")), node("", "Constant", attribute("value", part(5, small())))
    )
    constant = attribute("value", part(5, small("ignored")))
    return model(
        node("c", "Constant", constant, outputs=("c_out",)),
        node("", "Constant", constant),
        node("if", "If", attribute("then", inner)),
        node("", "Loop", attribute("bodies", *bodies)),
        node("n", "Odd", attribute("ts", *[part(10, small())] * 2),
             attribute("value", part(5, small()))),
        node("s", "Constant", attribute("sparse_value", part(22, sparse("v"))), outputs=("o",)),
        node("s", "Odd", attribute("many", part(23, sparse()))),
        node("d", "Constant", part(7, "my.domain"), constant, outputs=("d_out",)),
        part(15, sparse("sp")),
        part(15, sparse()),
        initializer(small("w")),
        initializer(small()),
        initializer(small("w")),
        rest=part(20, part(2, initializer(small("t"))), part(1, initializer(small("t"))))
        + part(25, part(1, "f"), part(10, "dom"), part(11, part(1, "a"), part(5, small())),
               part(7, part(3, "n"), part(4, "Constant"), constant, part(2, "y"))),
    )  # fmt: skip


def test_names_of_all_places() -> None:
    """Walk order and names are those of chapter 10, whatever the order of the fields."""
    assert names(read(everything())) == [
        "w",
        "initializer#1",
        "w#2",
        "sp.values",
        "sp.indices",
        "sparse_initializer#1.values",
        "sparse_initializer#1.indices",
        "c_out",
        "node#1/value",
        "if/then/inner",
        "if/then/node#0/value",
        "node#3/bodies/0/x",
        "node#3/bodies/1/initializer#0",
        "n/ts/0",
        "n/ts/1",
        "n/value",
        "s/sparse_value.values",
        "s/sparse_value.indices",
        "s/many/0.values",
        "s/many/0.indices",
        "d/value",
        "dom::f/a",
        "dom::f/y",
        "training#0/initialization/t",
        "training#0/algorithm/t",
    ]


def test_odd_bytes_in_names_are_escaped() -> None:
    """A name that is no UTF-8 or holds control characters becomes a legal one."""
    fields = dims(1) + number(2, 1) + part(8, b"a\xff\n") + raw(FLOATS[0, :1])
    assert names(read(model(initializer(fields)))) == ["a\\xFF\\x0A"]


def test_the_last_of_a_doubled_scalar_field_wins() -> None:
    """Name, type and raw data may stand twice: the last ones count, the first stay literal."""
    body = part(8, "old") + number(2, 7) + raw(b"12345678")
    found = read(model(initializer(body, tensor("new", (2, 3), 1, raw(FLOATS)))))
    assert (names(found), share(found)) == (["new"], 24)


DOUBLED = {
    "graph": model(initializer(small("w")), rest=part(7, initializer(small("v")))),
    "t": model(node("n", "Odd", attribute("a", part(5, small()), part(5, small())))),
    "g": model(node("n", "Odd", attribute("a", part(6), part(6)))),
    "values": model(part(15, sparse("a"), part(1, small()))),
    "training": model(rest=part(20, part(1), part(1))),
}


@pytest.mark.parametrize("data", DOUBLED.values(), ids=DOUBLED.keys())
def test_a_doubled_message_makes_the_file_whole(data: bytes) -> None:
    """Singular messages that stand twice would be merged: such a file is carried whole."""
    found = read(data)
    assert (found.carrier, found.tensors) == (0, ())
    assert "whole" in found.notes[0]


def test_a_difference_in_re_assembly_makes_the_file_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """If verification ever fails, the file is carried whole."""
    monkeypatch.setattr(carrier, "verify", lambda *_: False)
    assert read(model(initializer(small("w")))).carrier == 0


@pytest.mark.parametrize("levels", [32, 34, 3000])
def test_subgraphs_in_each_other(levels: int) -> None:
    """Subgraphs nest to a hundred messages; beyond that the file is refused, without a crash."""
    graph = initializer(small("w"))
    for _ in range(levels):
        graph = node("n", "If", attribute("b", part(6, graph)))
    if levels == 32:
        assert names(read(model(graph))) == ["n/b/" * 32 + "w"]
    else:
        with pytest.raises(BadSource, match="messages in each other"):
            read(model(graph))


# ------------------------------------------------------------------------------- external data


def test_external_data() -> None:
    """Tensors in files beside the model are holes in those; padding is literal."""
    weights = bytes(4) + FLOATS.tobytes() + b"pad!" + FLOATS[::-1].tobytes()
    data = model(
        external("a", (6,), location="w/w.bin", offset=4, length=24),
        external("b", (2, 3), location="./w/w.bin", offset=32),
        external("c", (1,), location="v.bin", checksum="?"),
        external("e", (0,), location="v.bin"),
    )
    beside = {"w/w.bin": weights, "v.bin": b"1234"}
    assert onnx.external_names(data) == ["w/w.bin", "v.bin"]
    found = read(data, beside)
    assert found.skeleton is not None
    assert [file.name for file in found.skeleton.files] == ["m.onnx", "w/w.bin", "v.bin"]
    assert found.skeleton.files[1].kind.tolist() == [0, 1, 0, 1]
    assert [each.data.tobytes() for each in found.tensors if each.data is not None] == [
        FLOATS.tobytes(), FLOATS[::-1].tobytes(), b"1234", b"",
    ]  # fmt: skip


def test_equal_external_ranges_are_tied() -> None:
    """Two tensors with one dtype and one range are one tensor and an alias of it."""
    place = {"location": "w", "offset": 0, "length": 24}
    data = model(external("a", (6,), **place), external("b", (3, 2), **place))
    found = read(data, {"w": FLOATS.tobytes()})
    assert found.tensors[1].alias is not None
    assert (found.tensors[1].alias.target, found.tensors[1].shape) == (0, (3, 2))
    assert found.notes == ()


def test_overlapping_external_ranges_stay_literal() -> None:
    """Ranges that overlap otherwise stay literal, all of a run of them, and only those."""
    data = model(
        external("a", (3,), location="w", offset=0),
        external("b", (3,), location="w", offset=8),
        external("c", (3,), 6, location="w", offset=8),
        external("d", (1,), location="w", offset=20),
    )
    found = read(data, {"w": FLOATS.tobytes()})
    assert names(found) == ["d"]
    assert len(found.notes) == 3


EXTERNAL = {
    "outside": external("w", (6,), location="../w"),
    "absolute": external("w", (6,), location="/w"),
    "no location": external("w", (6,), offset=0),
    "main file": external("w", (1,), location="m.onnx"),
    "odd offset": external("w", (6,), location="w", offset="-4"),
    "long offset": external("w", (6,), location="w", offset="9" * 5000),
    "odd length": external("w", (6,), location="w", length="x"),
    "wrong length": external("w", (6,), location="w", length=20),
    "raw too": external("w", (6,), location="w", rest=raw(FLOATS)),
}


@pytest.mark.parametrize("body", EXTERNAL.values(), ids=EXTERNAL.keys())
def test_external_data_that_cannot_be_taken(body: bytes) -> None:
    """A place that makes no sense, or lies outside of the folder, leaves the tensor alone."""
    found = read(model(body), {"w": FLOATS.tobytes()})
    assert names(found) == []
    assert len(found.notes) == 1


def test_external_files_must_be_there_and_long_enough() -> None:
    """Without its data, or with less of it, a model is damaged."""
    data = model(external("w", (6,), location="w", offset=4))
    with pytest.raises(BadSource, match="not there"):
        read(data)
    with pytest.raises(BadSource, match="ends before"):
        read(data, {"w": FLOATS.tobytes()})


# --------------------------------------------------------------------------- files of the world


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# some text\n",
        b"PK\x03\x04" + bytes(30),
        number(1, 9),
        model()[:-1],
        part(7, "graph"),
    ],
)
def test_what_is_no_model_is_refused(data: bytes) -> None:
    """Text, other formats and truncated files are bad sources."""
    with pytest.raises(BadSource):
        read(data)


def test_every_truncation_is_refused_or_read() -> None:
    """A model cut anywhere is refused; cut between fields of the outermost message it is read."""
    data = everything()
    whole = 0
    for end in range(len(data)):
        try:
            read(data[:end])
            whole += 1
        except BadSource:
            continue
    assert whole == 2  # behind the graph, and behind the training information


def test_random_damage_is_refused_or_carried() -> None:
    """Five hundred mutations: a bad source, or a model that comes back byte by byte."""
    chance = random.Random(7)  # noqa: S311
    base = everything()
    place = {"location": "w", "offset": 4, "length": 8}
    tail = model(external("x", (2,), **place), external("y", (2,), **place))
    read_again = refused = 0
    for turn in range(500):
        data = bytearray(base if turn % 3 else tail)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            how = chance.randrange(3)
            if how == 0:
                data[at] = chance.randrange(256)
            elif how == 1:
                data[at] ^= 1 << chance.randrange(8)
            else:
                del data[at : at + chance.randint(1, 3)]
        try:
            beside = {name: bytes(64) for name in onnx.external_names(bytes(data))}
            read(bytes(data), beside)
            read_again += 1
        except BadSource:
            refused += 1
    assert read_again > 50
    assert refused > 50


def test_the_backend_test_models_of_onnx() -> None:
    """Every model among the tests of the onnx package is read as that package reads it."""
    spec = importlib.util.find_spec("onnx")
    if spec is None or spec.origin is None:
        pytest.skip("the package onnx is not installed")
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    package = pytest.importorskip("onnx")
    paths = sorted((Path(spec.origin).parent / "backend/test/data").rglob("*.onnx"))
    if not paths:
        pytest.skip("the package onnx came without its test data")
    tensors = 0
    for path in paths:
        data = path.read_bytes()
        found = read(data)
        assert found.notes == ()
        byte_of = {each.name: each.data for each in found.tensors}
        for proto in package.load_from_string(data).graph.initializer:
            if proto.data_type != package.TensorProto.STRING and proto.name:
                values = byte_of[proto.name]
                assert values is not None
                assert values.tobytes() == numpy_helper.to_array(proto).tobytes(), path
                tensors += 1
    assert tensors > 1000


REAL = [
    ("silero_vad", "data/silero_vad.onnx", 0.93),
    ("silero_vad", "data/silero_vad_half.onnx", 0.96),
    ("magika", "models/standard_v3_3/model.onnx", 0.99),
    ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx", 0.99),
    ("rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx", 0.91),
    ("basic_pitch", "saved_models/icassp_2022/nmp.onnx", 0.63),
]


@pytest.mark.real
@pytest.mark.parametrize(("package", "path", "least"), REAL)
def test_real_models(
    package: str, path: str, least: float, real_file: RealFile, record_property: Callable[..., None]
) -> None:
    """Real models come back byte by byte, and nearly all of their bytes are in holes."""
    data = real_file(package, path).read_bytes()
    found = read(data)
    record_property("share_in_holes", share(found) / len(data))
    assert share(found) / len(data) > least
    assert found.notes == ()


def test_bfloat16_values_are_kept() -> None:
    """A bf16 tensor has the bits that ml_dtypes gives it."""
    values = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    body = tensor("w", (2,), 16, raw(struct.pack("<2H", 0x3FC0, 0xC000)))
    (only,) = read(model(initializer(body))).tensors
    assert only.data is not None
    assert only.data.view(only.dtype.numpy_dtype()).tolist() == values.tolist()
