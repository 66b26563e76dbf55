"""A described model as a file: one function a unit, in file order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from conformance.make import model as m
from conformance.make.groups import Segment, write_group
from conformance.make.inherited import skeleton_id, structure_columns
from conformance.make.pieces import write_patch, write_skeleton
from conformance.make.writer import Column, File, Payload, Unit, counted


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
    file = File(overrides=overrides or {}, packed=model.packed)
    segments: list[Segment] = []
    _header(file, model)
    _structure(file, model)
    _metadata(file, model)
    if model.skeleton is not None:
        write_skeleton(file, model.skeleton, model.deflate)
    if model.patches is not None:
        write_patch(file, model.patches, model.deflate.get("patch", ""))
    at = 0
    for group in model.groups:
        at = write_group(file, model, group, at, segments)
    _model_end(file, model)
    if model.packed is None:
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
    p.field("flags", 2, int(model.index and model.packed is None))
    p.field("required_features", 8, model.features())
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
    p.table(columns, counted(p, ("reserved", 2, 0)))
    file.unit("metadata", p, deflate=model.deflate.get("metadata", ""))


def _structure(file: File, model: m.Model) -> None:
    p = file.payload("structure")
    tensors = model.tensors
    root = model.root
    has_files = 8 * (model.skeleton is not None) + 4 * (model.files is not None)
    p.field("flags", 2, (root is not None) | model.inherits << 1 | has_files)
    p.field("root_count", 1, int(root is not None))
    p.field("chain_depth", 1, model.depth())
    p.field("tensor_count", 4, len(tensors))
    p.field("output_bytes", 8, sum(tensor.size() for tensor in tensors))
    listed = [tensor for tensor in tensors if not tensor.inherited]
    columns = _name_columns(listed) if listed else []
    columns += _shape_columns(listed, tensors) if tensors else []
    if model.coded_order:
        order = tuple(model.coded_order)
        columns.append(Column(id=11, name="coded_order", values=order))
    choices = [tensor.root_tensor for tensor in tensors]
    columns.append(Column(id=12, name="coded", values=tuple(model.own() if root else ())))
    columns.append(Column(id=13, name="root_tensor", values=choices, default=0))
    columns += structure_columns(model)
    added = len(listed) if model.inherits else 0
    fixed = counted(p, ("reserved", 2, 0), ("added_count", 4, added))

    def rest(count: int) -> None:
        fixed(count)
        if root is not None:
            p.raw("root_digest", m.model_digest(root.visible()))
        if root is not None and model.files is not None:
            p.raw("skeleton_id", skeleton_id(root))

    p.table(columns, rest)
    file.unit("structure", p, deflate=model.deflate.get("structure", ""))


def _name_columns(tensors: list[m.Tensor]) -> list[Column]:
    names = [tensor.name.encode() for tensor in tensors]
    shared = [0]
    for before, name in pairwise(names):
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


def _shape_columns(listed: list[m.Tensor], tensors: list[m.Tensor]) -> list[Column]:
    aliases = [t for t in tensors if t.alias_of is not None]
    flags = [t.hidden | (t.strides is not None) << 1 for t in tensors]
    target = [0 if t.alias_of is None else t.alias_of + 1 for t in tensors]
    strides = [stride for t in aliases if t.strides is not None for stride in t.strides]
    return [
        Column(id=4, name="dtype", values=[m.DTYPES[t.dtype][0] for t in listed]),
        Column(id=5, name="rank", values=[len(t.shape) for t in listed], default=0),
        Column(id=6, name="dims", values=[size for t in listed for size in t.shape]),
        Column(id=7, name="tensor_flags", values=flags, default=0),
        Column(id=8, name="alias_of", values=target, default=0),
        Column(id=9, name="alias_offset", values=[t.offset for t in aliases], default=0),
        Column(id=10, name="alias_strides", values=strides),
    ]


def _model_end(file: File, model: m.Model) -> None:
    p = file.payload("model_end")
    own = model.visible()
    p.raw("model_digest", m.model_digest(own))
    p.field("tensor_count", 4, len(own))
    p.field("digest_kind", 1, 1)
    p.field("reserved", 1, 0)
    digests = b"".join(m.tensor_digest(tensor.canonical()) for tensor in own)
    columns = [Column(id=1, name="tensor_digests", values=digests)] if own and model.digests else []
    p.table(columns, counted(p))
    file.unit("model_end", p, deflate=model.deflate.get("model_end", ""))


def _index(file: File, model: m.Model) -> None:
    p = file.payload("index")

    def build(rows: list[tuple[int, int, int, int]], _offset: int) -> Payload:
        p.field("unit_count", 4, len(rows))
        names = ("unit_type", "unit_size", "first", "count")
        columns = [
            Column(
                id=n + 1, name=name, values=[row[n] for row in rows], default=0 if n > 1 else None
            )
            for n, name in enumerate(names)
        ]
        digest = m.model_digest(model.visible())
        columns.append(Column(id=5, name="model_digests", values=digest))
        p.table(columns, counted(p, ("reserved", 2, 0)))
        return p

    deflate = model.deflate.get("index", "")
    file.units.append(Unit(p.label, 32, build, deflate=deflate))


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
