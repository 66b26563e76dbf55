"""Decoder: the units of a stream as a model, in the order of the text (chapter 15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dombit.batch import Batch
from dombit.bitstream import group as group_chapter
from dombit.bitstream import header as header_chapter
from dombit.bitstream import metadata as metadata_chapter
from dombit.bitstream import model_end as end_chapter
from dombit.bitstream import registry
from dombit.bitstream import skeleton as skeleton_chapter
from dombit.bitstream import skeleton_patch as patch_chapter
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.source import tell_payload
from dombit.decoded import DecodedModel
from dombit.digests import check_digests
from dombit.errors import DombitError, fail
from dombit.groups import (
    close_group,
    flush,
    open_group,
    take_segment,
)
from dombit.held import (
    FindRoot,
    HeldOutputs,
    inherited_skeleton,
    known_digests,
    no_root,
    open_root,
    root_tensors,
)
from dombit.kernels import NUMPY, Kernels
from dombit.layout import group_end
from dombit.limits import LEVELS, Limits
from dombit.models.patches import apply_patch
from dombit.open_model import OpenModel
from dombit.progress import Progress
from dombit.rebuild import Outputs, fill_constants, finish_integers
from dombit.records import (
    CONSTANT,
    STORED,
    StreamHeader,
    Unit,
)
from dombit.stored import close_stored, lay_out_bytes, take_stored
from dombit.trace import Trace, no_trace


def decode_units(
    units: Iterable[Unit],
    limits: Limits,
    trace: Trace = no_trace,
    *,
    check_digests: bool = True,
    progress: Progress | None = None,
    kernels: Kernels = NUMPY,
    find_root: FindRoot = no_root,
    files: bool = False,
) -> DecodedModel:
    """Decode the one model of a stream; `find_root` gives the root of a DoM by its digest.

    `files`: its files are wanted, so a root that lacks what they need is refused.

    Raises DombitError at the first fault, in file order. Memory: the decoded tensors, one unit,
    and the temporaries of one batch of segments (about 64 MiB).
    """
    state = _Stream(
        limits=limits,
        trace=trace,
        check_digests=check_digests,
        kernels=kernels,
        find_root=find_root,
        files=files,
    )
    try:
        for unit in units:
            try:
                take_unit(state, unit)
            except DombitError as error:
                raise _located(error, unit) from None
            _report(progress, state.model)
    except DombitError:
        if state.model is not None:
            flush(state.model.batch, state.model.outputs)  # an earlier fault comes first
        raise
    if state.decoded is None:
        fail("truncated", "R-DEC-050", "no model in the stream", stage="container")
    return state.decoded


@dataclass(kw_only=True)
class _Stream:
    """A stream whose units are arriving."""

    limits: Limits
    trace: Trace
    check_digests: bool
    kernels: Kernels
    find_root: FindRoot
    files: bool
    header: StreamHeader = field(default_factory=StreamHeader)
    model: OpenModel | None = None
    decoded: DecodedModel | None = None


def take_unit(state: _Stream, unit: Unit) -> None:
    """Do what the next unit of a stream asks for."""
    if unit.type == registry.HEADER:
        state.header = header_chapter.parse(unit, state.trace)
    elif unit.type == registry.STRUCTURE:
        state.model = read_structure(state, unit)
    elif unit.type == registry.MODEL_END:
        state.decoded = end_model(_model(state), unit)
    elif unit.type in STEPS:
        STEPS[unit.type](_model(state), unit)


def _model(state: _Stream) -> OpenModel:
    if state.model is None:
        fail("malformed", "R-DEC-053", "a unit before its model's structure", stage="container")
    return state.model


def _located(error: DombitError, unit: Unit) -> DombitError:
    return error.located(at=unit.start, unit=f"units[{unit.number}]")


def _report(progress: Progress | None, model: OpenModel | None) -> None:
    if progress is not None and model is not None:
        progress("decoding", model.next_tensor[0], model.structure.coded_order.size)


# ------------------------------------------------------------------- structure, metadata, skeleton


def read_structure(state: _Stream, unit: Unit) -> OpenModel:
    """Read names, dtypes and shapes; the caller's limits are checked before outputs exist."""
    features = state.header.required_features
    known = root_tensors(state.find_root)
    structure = structure_chapter.parse(unit, state.limits, state.trace, features, known)
    predictor = open_root(structure, state.find_root)
    outputs: Outputs = {
        int(number): np.zeros(structure.tensors[number].byte_size, np.uint8)
        for number in structure.coded_order
    }
    if predictor is not None:
        outputs = HeldOutputs(outputs, structure, predictor)
    return OpenModel(
        header=state.header,
        limits=state.limits,
        trace=state.trace,
        check_digests=state.check_digests,
        structure=structure,
        outputs=outputs,
        skeleton=inherited_skeleton(structure, predictor, state.limits, asked=state.files),
        batch=Batch(kernels=state.kernels),
        predictor=predictor,
    )


def read_metadata(model: OpenModel, unit: Unit) -> None:
    """Read the user's metadata."""
    model.metadata = metadata_chapter.parse(unit, model.limits, model.trace)


def read_skeleton(model: OpenModel, unit: Unit) -> None:
    """Read the pieces of the source files."""
    model.skeleton = skeleton_chapter.parse(unit, model.structure, model.limits, model.trace)


def read_skeleton_patch(model: OpenModel, unit: Unit) -> None:
    """Patch the literals of the root's skeleton, where the root has it."""
    patch = patch_chapter.parse(unit, model.limits, model.trace)
    if model.skeleton is not None:
        model.skeleton = apply_patch(model.skeleton, patch, model.limits)


def read_skeleton_data(model: OpenModel, unit: Unit) -> None:
    """Keep the next bytes of the literal pool."""
    tell_payload(unit, model.trace, "Literal bytes of the source files.")
    model.literals.append(bytes(unit.payload))


# ------------------------------------------------------------------------------------------ groups


def read_group(model: OpenModel, unit: Unit) -> None:
    """Close the group before, and read the parameters and tables of this one."""
    leave_group(model)
    structure, level = model.structure, LEVELS[model.header.level]
    predictor = model.predictor
    group = group_chapter.parse(
        unit,
        structure,
        level,
        model.trace,
        begin=model.next_tensor,
        roots=predictor.numbers if predictor is not None else None,
        features=model.header.required_features,
    )
    if model.groups:
        group_chapter.check_cut(model.groups[-1].group, group, structure, unit)
    model.group = open_group(group, structure, level, model.batch.kernels, predictor)
    model.units_due = group.segment_count
    model.next_tensor = group_end(group)
    if group.coding == STORED:
        model.stored = lay_out_bytes(model.group.layout, group.alignment)
    elif group.coding == CONSTANT:
        fill_constants(group, model.group.layout, model.outputs)


def read_segment(model: OpenModel, unit: Unit) -> None:
    """Decode a map segment, or let a dense one wait for its batch."""
    if model.group is None or model.stored is not None:
        fail("malformed", "R-DEC-051", "a segment without a coded group", stage="container")
    take_segment(model.group, unit, model.batch, model.trace)
    if model.batch.full or model.trace is not no_trace:  # so that events come in file order
        flush(model.batch, model.outputs)
    count_unit(model)


def read_stored(model: OpenModel, unit: Unit) -> None:
    """Copy stored bytes into their tensors."""
    if model.stored is None:
        fail("malformed", "R-DEC-052", "stored bytes without a stored group", stage="container")
    tell_payload(unit, model.trace, "Bytes of tensors as they are.")
    take_stored(model.stored, unit.payload, model.outputs, last=model.units_due == 1)
    count_unit(model)


def count_unit(model: OpenModel) -> None:
    """Close the group with its last unit of data: what is missing is that unit's fault."""
    model.units_due -= 1
    if not model.units_due:
        leave_group(model)


def leave_group(model: OpenModel) -> None:
    """Check that the open group is complete."""
    if model.group is None:
        return
    if model.stored is not None:
        close_stored(model.stored)
    close_group(model.group)
    model.groups.append(model.group)
    model.group, model.stored = None, None


STEPS = {
    registry.METADATA: read_metadata,
    registry.SKELETON: read_skeleton,
    registry.SKELETON_DATA: read_skeleton_data,
    registry.SKELETON_PATCH: read_skeleton_patch,
    registry.GROUP: read_group,
    registry.SEGMENT: read_segment,
    registry.STORED_DATA: read_stored,
}
"""What each unit inside a model does, in the order in which they come."""


# ---------------------------------------------------------------------------------------- identity


def end_model(model: OpenModel, unit: Unit) -> DecodedModel:
    """Decode what still waits, and compare the digests of tensors and model."""
    leave_group(model)
    structure = model.structure
    if model.next_tensor != (structure.coded_order.size, 0):
        fail("malformed", "R-GRP-053", "tensors without a group", stage="parameters")
    end = end_chapter.parse(unit, structure, model.trace)
    flush(model.batch, model.outputs)
    for opened in model.groups:
        finish_integers(opened.group, opened.layout.spans, model.outputs, model.predictor)
    digests = {}
    if model.check_digests:
        known, jobs = known_digests(structure, model.predictor), model.batch.kernels.jobs
        digests = check_digests(structure, model.outputs, end, jobs, known)
    return DecodedModel(
        structure=structure,
        outputs=model.outputs,
        skeleton=skeleton_chapter.with_literals(model.skeleton, tuple(model.literals)),
        lacks_skeleton=model.skeleton is None and bool(structure.skeleton_id),
        metadata=model.metadata,
        model_digest=end.model_digest,
        digests=digests,
    )
