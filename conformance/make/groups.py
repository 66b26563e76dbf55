"""Groups of the vectors: header, tables, map segments, dense segments, stored units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.make import differences as d
from conformance.make import model as m
from conformance.make import sparse as sp
from conformance.make import symbols as s
from conformance.make.coder import encode_lanes, frequencies_of, table_set
from conformance.make.writer import Column, File, Payload, counted, zigzag

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
class Open:
    """A group being written, and the list that its segments are told to."""

    file: File
    deflate: str
    group: m.Group
    tensors: list[m.Tensor]
    first: int
    out: list[Segment]


def write_group(file: File, model: m.Model, group: m.Group, first: int, out: list[Segment]) -> int:
    """Write a group and its segments; return the position of the next one."""
    numbers = model.coded()[first : first + len(group.hows)]
    tensors = [model.tensors[n] for n in numbers]
    deflate = model.deflate.get("group", "")
    group = d.with_predictions(model, tensors, group)
    this = Open(file=file, deflate=deflate, group=group, tensors=tensors, first=first, out=out)
    if group.coding == "stored":
        pieces = _stored_pieces(tensors, group)
        _header(this, len(pieces), 0, [])
        for piece in pieces:
            body = file.payload("stored")
            body.raw("data", piece)
            file.unit("stored", body, align=64)
    elif group.coding == "constant":
        data = b"".join(_one(tensor) for tensor in tensors)
        _header(this, 0, 0, [Column(id=11, name="constants", values=data)])
    else:
        _coded_group(this)
    return first + len(tensors) - (1 if group.row_limit else 0)


def _one(tensor: m.Tensor) -> bytes:
    """Return the bytes of one element of a constant tensor (zero for an empty one)."""
    _, width, parts, *_ = m.DTYPES[tensor.dtype]
    one = tensor.bits[:parts] or [0] * parts
    size = (width * parts + 7) // 8
    return sum(bits << width * n for n, bits in enumerate(one)).to_bytes(size, "little")


def _stored_pieces(tensors: list[m.Tensor], group: m.Group) -> list[bytes]:
    """Return the byte sequence of a stored group, cut into the payloads of its units."""
    data = bytearray()
    for tensor in tensors:
        if tensor.canonical():
            data += bytes(-len(data) % (1 << group.alignment)) + tensor.canonical()
    cuts = group.pieces or [len(data)] * bool(data)
    starts = [sum(cuts[:n]) for n in range(len(cuts))]
    return [bytes(data[a : a + size]) for a, size in zip(starts, cuts, strict=True)]


def _header(this: Open, segments: int, tables: int, columns: list[Column]) -> None:
    """Write the group unit."""
    group, tensors = this.group, this.tensors
    p = this.file.payload("group")
    p.field("first", 4, this.first)
    p.field("count", 4, len(tensors))
    p.field("first_row", 8, group.first_row)
    p.field("row_limit", 8, group.row_limit)
    p.field("segment_count", 4, segments)
    p.field("table_count", 2, tables)
    hybrid = group.hybrid if group.coding in {"int", "uniform"} else m.Hybrid(0, 0, 0)
    rest = (
        ("dtype", 1, m.DTYPES[tensors[0].dtype][0]),
        ("coding", 1, CODINGS[group.coding]),
        ("flags", 1, group.predicted | group.sparse << 1),
        ("alignment", 1, group.alignment if group.coding == "stored" else 0),
        ("hybrid_split", 1, hybrid.split),
        ("hybrid_msb", 1, hybrid.msb),
        ("hybrid_lsb", 1, hybrid.lsb),
        ("exponent_count", 1, group.exponents),
        ("context_scale", 1, group.scale),
        ("root_classes", 1, group.root_classes if tables else 0),
        ("reserved", 6, 0),
    )
    unknown = Column(id=999, name="unknown", values=b"")
    p.table([*columns, unknown], counted(p, *rest))
    this.file.unit("group", p, first=this.first, count=len(tensors), deflate=this.deflate)


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


def _coded_group(this: Open) -> None:
    """Write a float, int or uniform group: header, map segments, dense or sparse segments."""
    group, tensors = this.group, this.tensors
    dense = s.dense_symbols(tensors, group)
    maps = s.map_symbols(group)
    table_map = group.table_map or [0] * 64 * group.root_classes
    classes = max(table_map) + 1
    parts = _cut(dense, group.cuts or [len(dense)] * bool(dense))
    bodies = [_body(group, table_map, classes, part) for _, part in parts]
    used = [
        [symbol.token for body in bodies for symbol, pick in body.symbols if pick == n]
        for n in range(classes * (1 + group.sparse))
    ]
    rows = group.tables or [frequencies_of(tokens, group.table_size) for tokens in used]
    map_cuts = group.map_cuts or [len(maps)] * bool(maps)
    rows = rows if dense else []
    columns = _parameters(group, tensors)
    if rows:
        columns.append(Column(id=12, name="table_map", values=table_map, default=group.map_default))
        columns.append(Column(id=13, name="tables", values=table_set(rows)))
    _header(this, len(parts) + len(map_cuts), len(rows), columns)
    for first, part in _cut(maps, map_cuts):
        _map_segment(this, first, part)
    for (first, part), body in zip(parts, bodies, strict=True):
        _dense_segment(this, rows, (first, len(part)), body)


def _body(group: m.Group, table_map: list[int], classes: int, part: list[s.Symbol]) -> sp.Body:
    """Return the symbols of a segment with their tables; a dense one counts no changes."""
    if group.sparse:
        return sp.sparse_part(group.hybrid, table_map, classes, part)
    return sp.Body(changes=[], symbols=[(one, table_map[one.context]) for one in part])


def _cut(items: list[Any], cuts: list[int]) -> list[tuple[int, list[Any]]]:
    starts = [sum(cuts[:n]) for n in range(len(cuts))]
    return [(a, items[a : a + size]) for a, size in zip(starts, cuts, strict=True)]


def _segment_header(p: Payload, kind: int, flags: int, lanes: int, cover: list[int]) -> None:
    """Write the fixed part; `cover` is word_count, first, count."""
    words, first, count = cover
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


def _map_segment(this: Open, first: int, part: list[Any]) -> None:
    """Write a map segment."""
    group, file = this.group, this.file
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
    _segment_header(p, 1, 0, group.map_lanes, [len(code.words), first, len(part)])
    p.field("table_count", 1, len(rows))
    p.field("reserved2", 1, 0)
    p.field("table_size", 2, len(tables))
    p.raw("map", bytes(group.map_of))
    p.raw("tables", tables)
    p.raw("tables_pad", bytes(-len(tables) % 4))
    _lanes(p, code.states, code.words)
    file.unit("segment", p, first=first, count=len(part))
    this.out.append(_said(p.label, "map", len(part), code.words, code.ends))


def _said(unit: str, kind: str, count: int, words: list[int], ends: list[int]) -> Segment:
    return Segment(
        unit=unit, kind=kind, symbols=count, lanes=len(ends), words=len(words), end_states=ends
    )


def _dense_segment(
    this: Open, rows: list[list[int]], cover: tuple[int, int], body: sp.Body
) -> None:
    """Write a dense or a sparse segment; `cover` is first and count."""
    group, file = this.group, this.file
    symbols = [symbol for symbol, _ in body.symbols]
    lanes = 1 << group.lanes
    data = s.side_bits(symbols).data()
    ends = _end_words(data if group.end_payload else b"", lanes)
    if group.end_payload:
        data = data[2 * lanes :]
    if group.ends is not None:
        ends = group.ends(ends)
    tokens = [symbol.token for symbol in symbols]
    code = encode_lanes(tokens, [pick for _, pick in body.symbols], rows, lanes, ends)
    p = file.payload("segment")
    kind = 2 if group.sparse else 0
    first, count = cover
    _segment_header(p, kind, int(group.end_payload), group.lanes, [len(code.words), first, count])
    if group.sparse:
        p.raw("changes", b"".join(n.to_bytes(4, "little") for n in body.changes))
    _lanes(p, code.states, code.words)
    p.raw("raw", s.raw_fields(symbols))
    p.raw("side", data)
    file.unit("segment", p, first=first, count=count)
    name = "sparse" if group.sparse else "dense"
    this.out.append(_said(p.label, name, count, code.words, code.ends))


def _end_words(data: bytes, lanes: int) -> list[int]:
    """End states that carry the first bits of the side stream."""
    full = data.ljust(2 * lanes, b"\0")
    return [65536 + int.from_bytes(full[2 * n : 2 * n + 2], "little") for n in range(lanes)]
