"""A described model as a file: one function a unit, in file order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.make import model as m
from conformance.make import symbols as s
from conformance.make.coder import Bits, encode_lanes, frequencies_of, table_set
from conformance.make.pieces import write_skeleton
from conformance.make.writer import Column, File, Payload, Unit, zigzag

CODINGS = {"stored": 0, "float": 1, "int": 2, "uniform": 3, "constant": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What the manifest says about one segment."""

    unit: str
    kind: str
    symbols: int
    lanes: int
    words: int
    end_states: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A file, the places of its fields, and its segments."""

    data: bytes
    marks: dict[str, tuple[int, int]]
    segments: list[Segment]


def build_stream(
    model: m.Model,
    overrides: dict[str, Any] | None = None,
    arrange: Callable[[list[Unit]], list[Unit]] | None = None,
) -> Built:
    """Write a model, with the faults that `overrides` and `arrange` put in."""
    file = File(overrides=overrides or {})
    segments: list[Segment] = []
    _header(file, model)
    _structure(file, model)
    _metadata(file, model)
    if model.skeleton is not None:
        write_skeleton(file, model.skeleton, model.deflate)
    at = 0
    for group in model.groups:
        at = _group(file, model, group, at, segments)
    _model_end(file, model)
    if model.index:
        _index(file, model)
    _end(file, model)
    if arrange is not None:
        file.units = arrange(file.units)
    return Built(data=file.finish(), marks=file.marks, segments=segments)


def _header(file: File, model: m.Model) -> None:
    p = file.payload("header")
    p.field("version_major", 1, 0)
    p.field("version_minor", 1, 1)
    p.field("profile", 1, model.profile)
    p.field("level", 1, model.level)
    p.field("model_count", 2, 1)
    p.field("flags", 2, int(model.index))
    p.field("required_features", 8, 0)
    file.unit("header", p)


def _metadata(file: File, model: m.Model) -> None:
    if not model.metadata:
        return
    p = file.payload("metadata")
    pairs = [(key.encode(), value.encode()) for key, value in model.metadata]
    p.field("entry_count", 4, len(pairs))
    columns = [
        Column(id=1, name="key_length", values=[len(key) for key, _ in pairs]),
        Column(id=2, name="value_length", values=[len(value) for _, value in pairs]),
        Column(id=3, name="text", values=b"".join(key + value for key, value in pairs)),
    ]
    p.table(columns, _counted(p, ("reserved", 2, 0)))
    file.unit("metadata", p, deflate=model.deflate.get("metadata", ""))


def _counted(p: Payload, *rest: tuple[str, int, int]) -> Callable[[int], None]:
    """Return a function that writes column_count and the fields after it."""

    def write(count: int) -> None:
        p.field("column_count", 2, count)
        for name, width, value in rest:
            p.field(name, width, value)

    return write


def _structure(file: File, model: m.Model) -> None:
    p = file.payload("structure")
    tensors = model.tensors
    p.field("flags", 2, 8 if model.skeleton is not None else 0)
    p.field("root_count", 1, 0)
    p.field("chain_depth", 1, 0)
    p.field("tensor_count", 4, len(tensors))
    p.field("output_bytes", 8, sum(tensor.size() for tensor in tensors))
    columns = _name_columns(tensors) + _shape_columns(tensors) if tensors else []
    if model.coded_order:
        order = tuple(model.coded_order)
        columns.append(Column(id=11, name="coded_order", values=order))
    p.table(columns, _counted(p, ("reserved", 2, 0), ("reserved4", 4, 0)))
    file.unit("structure", p, deflate=model.deflate.get("structure", ""))


def _name_columns(tensors: list[m.Tensor]) -> list[Column]:
    names = [tensor.name.encode() for tensor in tensors]
    shared = [0]
    for before, name in zip(names, names[1:], strict=False):
        same = 0
        while same < min(len(before), len(name)) and before[same] == name[same]:
            same += 1
        shared.append(same)
    rests = [name[same:] for name, same in zip(names, shared, strict=True)]
    return [
        Column(id=1, name="name_shared", values=shared),
        Column(id=2, name="name_length", values=[len(rest) for rest in rests]),
        Column(id=3, name="name_text", values=b"".join(rests)),
    ]


def _shape_columns(tensors: list[m.Tensor]) -> list[Column]:
    aliases = [t for t in tensors if t.alias_of is not None]
    flags = [t.hidden | (t.strides is not None) << 1 for t in tensors]
    target = [0 if t.alias_of is None else t.alias_of + 1 for t in tensors]
    strides = [stride for t in aliases if t.strides is not None for stride in t.strides]
    return [
        Column(id=4, name="dtype", values=[m.DTYPES[t.dtype][0] for t in tensors]),
        Column(id=5, name="rank", values=[len(t.shape) for t in tensors], default=0),
        Column(id=6, name="dims", values=[size for t in tensors for size in t.shape]),
        Column(id=7, name="tensor_flags", values=flags, default=0),
        Column(id=8, name="alias_of", values=target, default=0),
        Column(id=9, name="alias_offset", values=[t.offset for t in aliases], default=0),
        Column(id=10, name="alias_strides", values=strides),
    ]


def _group(file: File, model: m.Model, group: m.Group, at: int, out: list[Segment]) -> int:
    """Write a group and its segments; return the position of the next one."""
    coded = model.coded()
    tensors = [model.tensors[n] for n in coded[at : at + len(group.hows)]]
    p = file.payload("group")
    if group.coding == "stored":
        rest = _stored_pieces(tensors, group)
        _group_header(p, group, tensors, at, len(rest), 0, [])
        file.unit("group", p, first=at, count=len(tensors), **_deflate(model, "group"))
        for piece in rest:
            body = file.payload("stored")
            body.raw("data", piece)
            file.unit("stored", body, align=64)
    elif group.coding == "constant":
        data = b"".join(_one(tensor) for tensor in tensors)
        columns = [Column(id=11, name="constants", values=data)]
        _group_header(p, group, tensors, at, 0, 0, columns)
        file.unit("group", p, first=at, count=len(tensors), **_deflate(model, "group"))
    else:
        _coded_group(file, model, group, p, tensors, at, out)
    return at + len(tensors) - (1 if group.row_limit else 0)


def _deflate(model: m.Model, name: str) -> dict[str, str]:
    return {"deflate": model.deflate.get(name, "")}


def _one(tensor: m.Tensor) -> bytes:
    """The bytes of one element of a constant tensor (zero for an empty one)."""
    _, width, parts, *_ = m.DTYPES[tensor.dtype]
    one = tensor.bits[:parts] or [0] * parts
    size = (width * parts + 7) // 8
    return sum(bits << width * n for n, bits in enumerate(one)).to_bytes(size, "little")


def _stored_pieces(tensors: list[m.Tensor], group: m.Group) -> list[bytes]:
    """The byte sequence of a stored group, cut into the payloads of its units."""
    data = bytearray()
    for tensor in tensors:
        if tensor.canonical():
            data += bytes(-len(data) % (1 << group.alignment)) + tensor.canonical()
    cuts = group.pieces or [len(data)] * bool(data)
    starts = [sum(cuts[:n]) for n in range(len(cuts))]
    return [bytes(data[a : a + size]) for a, size in zip(starts, cuts, strict=True)]


def _group_header(
    p: Payload,
    group: m.Group,
    tensors: list[m.Tensor],
    at: int,
    segments: int,
    tables: int,
    columns: list[Column],
) -> None:
    p.field("first", 4, at)
    p.field("count", 4, len(tensors))
    p.field("first_row", 8, group.first_row)
    p.field("row_limit", 8, group.row_limit)
    p.field("segment_count", 4, segments)
    p.field("table_count", 2, tables)
    hybrid = group.hybrid if group.coding in {"int", "uniform"} else m.Hybrid(0, 0, 0)
    rest = (
        ("dtype", 1, m.DTYPES[tensors[0].dtype][0]),
        ("coding", 1, CODINGS[group.coding]),
        ("flags", 1, 0),
        ("alignment", 1, group.alignment if group.coding == "stored" else 0),
        ("hybrid_split", 1, hybrid.split),
        ("hybrid_msb", 1, hybrid.msb),
        ("hybrid_lsb", 1, hybrid.lsb),
        ("exponent_count", 1, group.exponents),
        ("context_scale", 1, 0),
        ("root_classes", 1, int(tables > 0)),
        ("reserved", 6, 0),
    )
    p.table(columns, _counted(p, *rest))


def _parameters(group: m.Group, tensors: list[m.Tensor]) -> list[Column]:
    """Columns 1 to 10 of a coded group."""
    hows = group.hows
    pairs = [s.borders(t, h, group.coding) for t, h in zip(tensors, hows, strict=True)]
    ranks = [len(s.coded_shape(t, group.coding)) for t in tensors]
    rows = [rows for rows, _ in pairs]
    columns = [columns for _, columns in pairs]
    steps = [step for how in hows for step in how.steps]
    maps = [int(isinstance(how.low_zero, list)) for how in hows]
    zeros = [how.low_zero if isinstance(how.low_zero, int) else 0 for how in hows]
    masks = [sum(1 << g for g in how.classes) for how in hows]
    said = [
        (1, "split_rows", [] if rows == [min(1, rank) for rank in ranks] else rows, None),
        (2, "split_columns", [] if columns == ranks else columns, None),
        (3, "class_axes", masks, 0),
        (4, "context_bias", [zigzag(how.bias) for how in hows], 0),
        (5, "step_axis", [how.step_axis for how in hows], 0),
        (6, "step_mantissa", [mantissa for mantissa, _ in steps], None),
        (7, "step_exponent", [zigzag(exponent) for _, exponent in steps], None),
        (8, "first_exponent", [how.first_exponent for how in hows], 0),
        (9, "low_zero_rows", maps, 0),
        (10, "low_zero", zeros, 0),
    ]
    return [
        Column(id=n, name=name, values=v, default=d, width=group.column_widths.get(name, 0))
        for n, name, v, d in said
    ]


def _coded_group(
    file: File,
    model: m.Model,
    group: m.Group,
    p: Payload,
    tensors: list[m.Tensor],
    at: int,
    out: list[Segment],
) -> None:
    """Write a float, int or uniform group: header, map segments, dense segments."""
    dense = s.dense_symbols(tensors, group)
    maps = s.map_symbols(group)
    table_map = group.table_map or [0] * 64
    picks = [table_map[symbol.context] for symbol in dense]
    used = [
        [symbol.token for symbol, pick in zip(dense, picks, strict=True) if pick == n]
        for n in range(max(table_map) + 1)
    ]
    rows = group.tables or [frequencies_of(tokens, group.table_size) for tokens in used]
    dense_cuts = group.cuts or [len(dense)] * bool(dense)
    map_cuts = group.map_cuts or [len(maps)] * bool(maps)
    rows = rows if dense else []
    columns = _parameters(group, tensors)
    if rows:
        columns.append(Column(id=12, name="table_map", values=table_map))
        columns.append(Column(id=13, name="tables", values=table_set(rows)))
    _group_header(p, group, tensors, at, len(dense_cuts) + len(map_cuts), len(rows), columns)
    file.unit("group", p, first=at, count=len(tensors), **_deflate(model, "group"))
    for first, part in _cut(maps, map_cuts):
        _map_segment(file, group, first, part, out)
    for first, part in _cut(list(zip(dense, picks, strict=True)), dense_cuts):
        _dense_segment(file, group, rows, first, part, out)


def _cut(items: list[Any], cuts: list[int]) -> list[tuple[int, list[Any]]]:
    starts = [sum(cuts[:n]) for n in range(len(cuts))]
    return [(a, items[a : a + size]) for a, size in zip(starts, cuts, strict=True)]


def _segment_header(
    p: Payload, kind: int, flags: int, lanes: int, words: int, first: int, count: int
) -> None:
    p.field("kind", 1, kind)
    p.field("flags", 1, flags)
    p.field("lanes_log2", 1, lanes)
    p.field("reserved", 1, 0)
    p.field("word_count", 4, words)
    p.field("first", 8, first)
    p.field("count", 8, count)


def _lanes(p: Payload, states: list[int], words: list[int]) -> None:
    p.raw("states", b"".join(state.to_bytes(4, "little") for state in states))
    p.raw("words", b"".join(word.to_bytes(2, "little") for word in words))


def _map_segment(
    file: File, group: m.Group, first: int, part: list[Any], out: list[Segment]
) -> None:
    tokens = [value for value, _ in part]
    picks = [group.map_of[context] for _, context in part]
    used = [
        [token for token, pick in zip(tokens, picks, strict=True) if pick == n]
        for n in range(max(group.map_of) + 1)
    ]
    rows = [frequencies_of(one, 0) for one in used]
    tables = table_set(rows)
    code = encode_lanes(tokens, picks, rows, 1 << group.map_lanes)
    p = file.payload("segment")
    _segment_header(p, 1, 0, group.map_lanes, len(code.words), first, len(part))
    p.field("table_count", 1, len(rows))
    p.field("reserved2", 1, 0)
    p.field("table_size", 2, len(tables))
    p.raw("map", bytes(group.map_of))
    p.raw("tables", tables)
    p.raw("tables_pad", bytes(-len(tables) % 4))
    _lanes(p, code.states, code.words)
    file.unit("segment", p, first=first, count=len(part))
    out.append(_said(p.label, "map", len(part), code.words, code.ends))


def _said(unit: str, kind: str, count: int, words: list[int], ends: list[int]) -> Segment:
    return Segment(
        unit=unit, kind=kind, symbols=count, lanes=len(ends), words=len(words), end_states=ends
    )


def _dense_segment(
    file: File,
    group: m.Group,
    rows: list[list[int]],
    first: int,
    part: list[tuple[s.Symbol, int]],
    out: list[Segment],
) -> None:
    symbols = [symbol for symbol, _ in part]
    lanes = 1 << group.lanes
    side = s.side_bits(symbols)
    data = side.data()
    ends = group.ends
    if group.end_payload:
        ends, data = ends or _end_words(data, lanes), _after(side, lanes)
    tokens = [symbol.token for symbol in symbols]
    code = encode_lanes(tokens, [pick for _, pick in part], rows, lanes, ends)
    p = file.payload("segment")
    flags = int(group.end_payload)
    _segment_header(p, 0, flags, group.lanes, len(code.words), first, len(part))
    _lanes(p, code.states, code.words)
    p.raw("raw", s.raw_fields(symbols))
    p.raw("side", data)
    file.unit("segment", p, first=first, count=len(part))
    out.append(_said(p.label, "dense", len(part), code.words, code.ends))


def _end_words(data: bytes, lanes: int) -> list[int]:
    """End states that carry the first bits of the side stream."""
    full = data.ljust(2 * lanes, b"\0")
    return [65536 + int.from_bytes(full[2 * n : 2 * n + 2], "little") for n in range(lanes)]


def _after(side: Bits, lanes: int) -> bytes:
    """The side bytes that are left after the end states took theirs."""
    return side.data()[2 * lanes :]


def _model_end(file: File, model: m.Model) -> None:
    p = file.payload("model_end")
    own = model.visible()
    p.raw("model_digest", m.model_digest(own))
    p.field("tensor_count", 4, len(own))
    p.field("digest_kind", 1, 1)
    p.field("reserved", 1, 0)
    digests = b"".join(m.tensor_digest(tensor.canonical()) for tensor in own)
    columns = [Column(id=1, name="tensor_digests", values=digests)] if own else []
    p.table(columns, _counted(p))
    file.unit("model_end", p, deflate=model.deflate.get("model_end", ""))


def _index(file: File, model: m.Model) -> None:
    p = file.payload("index")

    def build(rows: list[tuple[int, int, int, int]], _offset: int) -> Payload:
        p.field("unit_count", 4, len(rows))
        names = ("unit_type", "unit_size", "first", "count")
        columns = [
            Column(id=n + 1, name=name, values=[row[n] for row in rows], default=0 if n > 1 else None)
            for n, name in enumerate(names)
        ]
        digest = m.model_digest(model.visible())
        columns.append(Column(id=5, name="model_digests", values=digest))
        p.table(columns, _counted(p, ("reserved", 2, 0)))
        return p

    deflate = model.deflate.get("index", "")
    file.units.append(Unit(p.label, 32, build, 1, deflate=deflate))


def _end(file: File, model: m.Model) -> None:
    p = file.payload("end")
    places: list[int] = []

    def build(rows: list[tuple[int, int, int, int]], offset: int) -> Payload:
        places[:] = [12 + sum(row[1] for row in rows[:n]) for n in range(len(rows))]
        index = [place for place, row in zip(places, rows, strict=True) if row[0] == 32]
        p.field("index_offset", 8, index[0] if model.index and index else 0)
        p.field("file_size", 8, offset + 12 + -(offset + 12) % 8 + 16 + 4)
        return p

    file.units.append(Unit(p.label, 33, build))
