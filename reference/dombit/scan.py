"""Scan: every field of a stream without decoding its symbols, also behind a fault (chapter 15)."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dombit.bitstream import group as group_chapter
from dombit.bitstream import header as header_chapter
from dombit.bitstream import metadata as metadata_chapter
from dombit.bitstream import model_end as end_chapter
from dombit.bitstream import registry
from dombit.bitstream import segment as segment_chapter
from dombit.bitstream import skeleton as skeleton_chapter
from dombit.bitstream import skeleton_patch as patch_chapter
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import Column
from dombit.bitstream.inherited import FindTensors
from dombit.bitstream.source import of_unit, tell_payload
from dombit.bitstream.table import TableReader
from dombit.bitstream.walk import Walk
from dombit.decoder import decode_units
from dombit.dtypes import elements
from dombit.engines import kernels_of
from dombit.errors import DombitError, RootMissing
from dombit.events import DigestRead, FaultFound, SpanRead, Tell, TensorRead
from dombit.files import RangeReader, Source, reading_chunks, size_of
from dombit.held import FindRoot, no_root, root_tensors
from dombit.identity import DIGEST_BYTES
from dombit.layout import group_end, lay_out, step_places, walk_classes
from dombit.limits import LEVELS, Level, Limits, default_limits
from dombit.records import FLOAT, UNIFORM, Group, Structure, Tensor, Unit
from dombit.trace import FieldRead, Trace, no_trace


def scan(
    stream: Source,
    tell: Tell,
    *,
    limits: Limits | None = None,
    verify: bool = False,
    find_root: FindRoot = no_root,
) -> None:
    """Tell of every field of a stream, and of every fault, then go on at the next unit.

    `stream`: a path, a binary file (a pipe is read whole) or bytes. Symbols are decoded and
    digests compared with `verify` only, and up to the first fault. Memory: one unit and the
    structure, stored bytes in pieces; with `verify` that of decoding. Faults of the stream are
    told, never raised; raises IoFailure.
    """
    if size_of(stream) is None:
        stream = b"".join(reading_chunks(stream))
    with RangeReader(stream) as reader:
        if limits is None:
            limits = default_limits(reader.size)
        walk = Walk(reader.read_at, reader.size, limits, tell, whole=verify)
        units, state = walk.units(), _State(limits, tell, root_tensors(find_root))
        waiting = _decode(units, walk, state, find_root) if verify else []
        for unit in itertools.chain(waiting, units):
            _read(unit, walk, state)


@dataclass
class _State:
    """What the units so far have said, as far as later ones need it."""

    limits: Limits
    tell: Tell
    find_tensors: FindTensors
    level: Level = LEVELS[2]
    """That of the header; the larger one where that is lost."""
    structure: Structure | None = None
    group_end: tuple[int, int] | None = (0, 0)
    """Position and row at which the next group begins; None behind a group that is damaged."""
    walk_classes: int | None = None
    """Those of the last group; None: it is damaged."""


def _decode(units: Iterator[Unit], walk: Walk, state: _State, find_root: FindRoot) -> list[Unit]:
    """Decode up to the first fault, which is told; return a unit that came with a fault."""
    waiting: list[Unit] = []

    def sound() -> Iterator[Unit]:
        for unit in units:
            if walk.fault is not None:
                waiting.append(unit)
                raise walk.fault
            with contextlib.suppress(DombitError):  # the decoder finds the same fault
                TAKERS[unit.type](state, unit, no_trace)
            yield unit
        if walk.fault is not None:
            raise walk.fault

    try:
        decode_units(
            sound(),
            state.limits,
            state.tell,
            kernels=kernels_of("auto", None),
            find_root=find_root,
        ).check_files()
    except DombitError as error:
        if error is not walk.fault:
            state.tell(FaultFound(error=error))
    except RootMissing:  # a DoM is parsed as far as that goes without its root
        pass
    return waiting


def _read(unit: Unit, walk: Walk, state: _State) -> None:
    """Parse a unit; a payload that is known to be damaged is read as far as it makes sense."""
    try:
        TAKERS[unit.type](state, unit, state.tell)
    except DombitError as error:
        if unit.number != walk.damaged:
            state.tell(FaultFound(error=error.located(at=unit.start, unit=f"units[{unit.number}]")))


# --------------------------------------------------------------------------------- unit by unit


def _take_header(state: _State, unit: Unit, trace: Trace) -> None:
    state.level = LEVELS[header_chapter.parse(unit, trace).level]


def _take_structure(state: _State, unit: Unit, trace: Trace) -> None:
    try:
        state.structure = structure_chapter.parse(
            unit, state.limits, trace, find_tensors=state.find_tensors
        )
    except RootMissing:  # its own fields were told; what inherits cannot be said without the root
        state.structure = None
        return
    for number, tensor in enumerate(state.structure.tensors):
        state.tell(_tensor(unit, number, tensor))


def _take_metadata(state: _State, unit: Unit, trace: Trace) -> None:
    metadata_chapter.parse(unit, state.limits, trace)


def _take_skeleton(state: _State, unit: Unit, trace: Trace) -> None:
    if state.structure is None:
        _take_blindly(unit, trace, skeleton_chapter.SkeletonPayload, skeleton_chapter.COLUMNS)
    else:
        skeleton_chapter.parse(unit, state.structure, state.limits, trace)


def _take_patch(state: _State, unit: Unit, trace: Trace) -> None:
    patch_chapter.parse(unit, state.limits, trace)


def _take_bytes(_state: _State, unit: Unit, trace: Trace) -> None:
    tell_payload(unit, trace, BYTES[unit.type])


def _take_group(state: _State, unit: Unit, trace: Trace) -> None:
    if state.structure is None:
        _take_blindly(unit, trace, group_chapter.GroupPayload, group_chapter.COLUMNS)
        return
    begin, state.group_end, state.walk_classes = state.group_end, None, None
    group = group_chapter.parse(unit, state.structure, state.level, trace, begin=begin)
    state.walk_classes, state.group_end = walk_classes(group), group_end(group)
    for span in _spans(unit, group, state.structure):
        state.tell(span)


def _take_segment(state: _State, unit: Unit, trace: Trace) -> None:
    told = [0]

    def watch(event: FieldRead) -> None:
        told[0] = max(told[0], event.stop - unit.payload_start)
        trace(event)

    told_to = no_trace if trace is no_trace else watch
    segment_chapter.parse(unit, state.level, told_to, walk_classes=state.walk_classes)
    stop = len(unit.payload)
    if told[0] < stop:  # what is behind the words takes decoded symbols to tell apart
        meaning = "Raw fields and side bits."
        of_unit(unit, trace).tell("tail", told[0], stop, stop - told[0], meaning=meaning)


def _take_model_end(state: _State, unit: Unit, trace: Trace) -> None:
    if state.structure is None:
        _take_blindly(unit, trace, end_chapter.ModelEndPayload, end_chapter.COLUMNS)
        return
    end = end_chapter.parse(unit, state.structure, trace)
    for place, number in enumerate(state.structure.visible if end.tensor_digests else ()):
        digest = end.tensor_digests[DIGEST_BYTES * place :][:DIGEST_BYTES]
        state.tell(DigestRead(unit=unit.number, number=number, digest=digest))


def _take_blindly(unit: Unit, trace: Trace, fixed: type[Bundle], columns: Sequence[Column]) -> None:
    """Parse what can be without the structure, which is damaged: fixed part and directory."""
    source = of_unit(unit, trace)
    head: Any = fixed.parse(source)
    TableReader(source, fixed.width(), head.column_count, columns).finish()


def _nothing(_state: _State, _unit: Unit, _trace: Trace) -> None:
    """Leave index and end to the walk."""


BYTES = {
    registry.SKELETON_DATA: "Literal bytes of the source files.",
    registry.STORED_DATA: "Bytes of tensors as they are.",
}
TAKERS: dict[int, Callable[[_State, Unit, Trace], None]] = {
    registry.HEADER: _take_header,
    registry.STRUCTURE: _take_structure,
    registry.METADATA: _take_metadata,
    registry.SKELETON: _take_skeleton,
    registry.SKELETON_DATA: _take_bytes,
    registry.SKELETON_PATCH: _take_patch,
    registry.GROUP: _take_group,
    registry.SEGMENT: _take_segment,
    registry.STORED_DATA: _take_bytes,
    registry.MODEL_END: _take_model_end,
    registry.INDEX: _nothing,
    registry.END: _nothing,
}
"""What each unit says, in the order of the chapters."""


# -------------------------------------------------------------------------------------- tensors


def _tensor(unit: Unit, number: int, tensor: Tensor) -> TensorRead:
    return TensorRead(
        unit=unit.number,
        number=number,
        name=tensor.name,
        dtype=tensor.dtype.name,
        bits=tensor.dtype.bits,
        is_float=tensor.dtype.layout is not None,
        shape=tensor.shape,
        hidden=tensor.hidden,
        alias_of=tensor.alias.target if tensor.alias else None,
    )


def _spans(unit: Unit, group: Group, structure: Structure) -> Iterator[SpanRead]:
    layout = lay_out(group, structure)
    places = step_places(group, layout) if group.coding == UNIFORM else ()
    for place, span in enumerate(layout.spans):
        dtype, axes = span.tensor.dtype, int(group.class_axes[place])
        parts = math.prod(span.coded) // max(1, elements(span.tensor.shape))
        axis = int(group.step_axis[place])
        yield SpanRead(
            unit=unit.number,
            number=span.number,
            coding=registry.CODINGS[group.coding],
            dtype=dtype.name,
            is_float=dtype.layout is not None,
            elements=span.count // max(1, parts),
            axis_groups=span.shape,
            first_row=group.first_row if place == 0 else 0,
            start=span.start,
            count=span.count,
            step_axis=axis - 1 if axis else None,
            steps=_steps(group, *places[place][:2]) if places else (),
            class_axes=tuple(number for number in range(3) if axes >> number & 1),
            low_zero=_low_zero(group, place),
        )


def _steps(group: Group, first: int, count: int) -> tuple[tuple[int, int], ...]:
    """Return mantissa and exponent of the smallest and the greatest of some steps."""
    mantissas = group.step_mantissa[first : first + count]
    exponents = group.step_exponent[first : first + count]
    if mantissas.strides == exponents.strides == (0,):  # one step, said for all indices at once
        mantissas, exponents = mantissas[:1], exponents[:1]
    if not mantissas.size:
        return ()
    sizes = np.log2(mantissas) + exponents
    ends = (int(sizes.argmin()), int(sizes.argmax()))
    return tuple((int(mantissas[end]), int(exponents[end])) for end in ends)


def _low_zero(group: Group, place: int) -> int | None:
    known = group.coding == FLOAT and not group.low_zero_rows[place]
    return int(group.low_zero[place]) if known else None
