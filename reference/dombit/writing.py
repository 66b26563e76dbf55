"""Writing: a planned model as the bytes of a stream, in order (informative)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit import digests
from dombit.bitstream import group as group_chapter
from dombit.bitstream import metadata as metadata_chapter
from dombit.bitstream import model_end as end_chapter
from dombit.bitstream import registry
from dombit.bitstream import segment as segment_chapter
from dombit.bitstream import skeleton as skeleton_chapter
from dombit.bitstream import skeleton_patch as patch_chapter
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.writer import PackingWriter, UnitWriter
from dombit.choose.bare import constant_group, stored_group
from dombit.choose.codings import tensor_patterns
from dombit.choose.exceptions import Lossy
from dombit.choose.parameters import plan_group
from dombit.choose.sparse import plan_sparse
from dombit.choose.steps import levels_of
from dombit.kernels import NUMPY, Kernels
from dombit.layout import lay_out
from dombit.models.carrier import with_digests
from dombit.predictor import Predictor
from dombit.progress import Progress
from dombit.recipe import (
    HEAD,
    LOSSLESS,
    QUANTISED,
    SKELETON_PART,
    GroupDraft,
    ModelPlan,
    Recipe,
    TensorChoice,
)
from dombit.records import (
    CONSTANT,
    STORED,
    UNIFORM,
    Group,
    ModelEnd,
    ModelFile,
    Skeleton,
    SkeletonPatch,
    StreamHeader,
)
from dombit.segments import dense_segments, map_segments
from dombit.splitting import Source
from dombit.stored import lay_out_bytes, stored_pieces

Chunk = Any
"""bytes, memoryview or uint8 array, to be written in order."""
LITERAL_UNIT = 1 << 24
"""Bytes of literals in one skeleton data unit."""
STORED_UNIT = 1 << 28
"""Bytes of a stored unit; a multiple of 64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A group whose tensors have symbols, ready to be written."""

    group: Group
    segments: tuple[tuple[int, int, Chunk], ...]
    """(first, count, payload) of each."""


@dataclass(slots=True, kw_only=True)
class Memory:
    """What several encodings of one model need not do again."""

    choices: dict[int, TensorChoice] = field(default_factory=dict)
    """Codings of tensors without loss."""
    coded: dict[tuple[int, GroupDraft], Coded | None] = field(default_factory=dict)
    """Groups by first tensor and draft, steps included; None: stored is smaller."""

    def forget_levels(self) -> None:
        """Forget quantised groups: others will come with other steps."""
        self.coded = {key: each for key, each in self.coded.items() if key[1].coding != UNIFORM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the writing of a stream needs to know."""

    model: ModelFile
    recipe: Recipe
    plan: ModelPlan
    lossy: Lossy
    decoded: dict[int, NDArray[np.uint8]]
    """Canonical bytes of tensors that differ from the source, by number."""
    kernels: Kernels = NUMPY
    predictor: Predictor | None = None
    """The root of a DoM."""
    patch: SkeletonPatch | None = None
    """What differs from an inherited skeleton."""
    memory: Memory | None = None
    """Keeps what is coded, where the model is encoded more than once."""

    def source(self) -> Source:
        """Return where the elements come from."""
        return Source(patterns=self.patterns, levels=self.levels, predictor=self.predictor)

    def patterns(self, number: int) -> NDArray[Any]:
        """Return the elements of a tensor."""
        return tensor_patterns(self.model.tensors[number])

    def levels(self, number: int, first: int, count: int) -> NDArray[np.int32]:
        """Return the levels of some elements of a tensor."""
        tensor, step = self.model.tensors[number], self.lossy.steps[number]
        patterns, guess = tensor_patterns(tensor)[first : first + count], None
        if self.predictor is not None and number in self.lossy.predicted:
            guess = self.predictor.patterns(number, first, count)
        return levels_of(tensor, patterns, guess, step, self.recipe.offset)

    def data(self, number: int) -> NDArray[np.uint8]:
        """Return the canonical bytes that a decoder will have; not for aliases."""
        data = self.decoded.get(number, self.model.tensors[number].data)
        return data if data is not None else np.zeros(0, np.uint8)

    def bytes_of(self, number: int) -> NDArray[np.uint8]:
        """Return the canonical bytes of any tensor, as the decoder will have them."""
        tensor = self.plan.structure.tensors[number]
        target = tensor.alias.target if tensor.alias is not None else number
        return digests.tensor_bytes(tensor, {target: self.data(target)}, number)


def write(
    job: Job, end: ModelEnd, progress: Progress | None, parts: dict[str, int] | None = None
) -> Iterator[Chunk]:
    """Yield the bytes of the stream, in order; `parts` gets the bytes of each part of it."""
    sizes = parts if parts is not None else {}
    for part, chunks in _parts(job, end, progress):
        for chunk in chunks:
            sizes[part] = sizes.get(part, 0) + memoryview(chunk).nbytes
            yield chunk


def _parts(
    job: Job, end: ModelEnd, progress: Progress | None
) -> Iterator[tuple[str, Iterable[Chunk]]]:
    """Yield the parts of the stream, in order, with their names."""
    recipe, structure = job.recipe, job.plan.structure
    packs = structure.inherited is not None if recipe.pack is None else recipe.pack
    writer = PackingWriter() if packs else UnitWriter()
    features = features_of(job.plan)
    head = StreamHeader(level=recipe.level, indexed=recipe.index, required_features=features)
    yield HEAD, [writer.start(head)]
    payload = structure_chapter.build(structure)
    yield HEAD, writer.unit(registry.STRUCTURE, payload, deflate=recipe.deflate)
    metadata = {**job.model.metadata, **recipe.metadata}
    if metadata:
        payload = metadata_chapter.build(metadata)
        yield HEAD, writer.unit(registry.METADATA, payload, deflate=recipe.deflate)
    if job.patch is not None:
        payload = patch_chapter.build(job.patch)
        yield SKELETON_PART, writer.unit(registry.SKELETON_PATCH, payload, deflate=recipe.deflate)
    elif job.model.skeleton is not None and not structure.skeleton_id:
        yield SKELETON_PART, write_skeleton(writer, job, job.model.skeleton)
    first = 0
    for draft in job.plan.drafts:
        if progress is not None:
            progress("encoding", first, structure.coded_order.size)
        part = QUANTISED if draft.coding == UNIFORM else LOSSLESS
        yield part, write_group(writer, job, draft, first)
        first += len(draft.choices)
    yield HEAD, writer.unit(registry.MODEL_END, end_chapter.build(end), deflate=False)
    digest = end.model_digest
    yield HEAD, [writer.finish(index=recipe.index, model_digests=digest, deflate=recipe.deflate)]


def features_of(plan: ModelPlan) -> int:
    """Return the features that a decoder of a planned model must know."""
    roots = registry.ROOTS if plan.structure.root_digest else 0
    sparse = any(draft.sparse for draft in plan.drafts)
    return roots | (registry.SPARSE_SEGMENTS if sparse else 0)


def write_skeleton(writer: UnitWriter, job: Job, skeleton: Skeleton) -> Iterator[Chunk]:
    """Yield the skeleton with the digests of the files as they will come out, and its literals."""
    if job.decoded:
        skeleton = with_digests(skeleton, job.bytes_of, job.plan.structure.tensors)
    deflate = job.recipe.deflate
    yield from writer.unit(registry.SKELETON, skeleton_chapter.build(skeleton), deflate=deflate)
    for pool in _literal_units(skeleton):
        yield from writer.unit(registry.SKELETON_DATA, pool, deflate=deflate)


def _literal_units(skeleton: Skeleton) -> Iterator[bytes]:
    """Yield the literal pool in pieces of at most LITERAL_UNIT bytes."""
    pool = bytearray()
    for literal in skeleton.literals:
        view = memoryview(literal)
        for at in range(0, len(view), LITERAL_UNIT):
            pool += view[at : at + LITERAL_UNIT]
            while len(pool) >= LITERAL_UNIT:
                yield bytes(pool[:LITERAL_UNIT])
                del pool[:LITERAL_UNIT]
    if pool:
        yield bytes(pool)


def write_group(writer: UnitWriter, job: Job, draft: GroupDraft, first: int) -> Iterator[Chunk]:
    """Yield the group unit of some tensors and the units behind it."""
    structure = job.plan.structure
    if draft.coding == CONSTANT:
        yield from _group_unit(writer, job, constant_group(draft, structure, first, job.data))
        return
    coded = _coded(job, draft, first) if draft.coding != STORED else None
    if coded is None:
        yield from write_stored(writer, job, draft, first)
        return
    yield from _group_unit(writer, job, coded.group)
    for start, count, payload in coded.segments:
        yield from writer.unit(registry.SEGMENT, payload, first=start, count=count)


def _coded(job: Job, draft: GroupDraft, first: int) -> Coded | None:
    """Return a group as symbols, remembered where that was asked for; None where that is larger."""
    if job.memory is None:
        return code_group(job, draft, first)
    key = first, draft
    if key not in job.memory.coded:
        job.memory.coded[key] = code_group(job, draft, first)
    return job.memory.coded[key]


def code_group(job: Job, draft: GroupDraft, first: int) -> Coded | None:
    """Return a group as symbols; None where its bytes as they are take no more."""
    structure, level = job.plan.structure, job.recipe.level
    plan_any = plan_sparse if draft.sparse else plan_group
    plan = plan_any(draft, structure, first, job.source(), level=level, kernels=job.kernels)
    segments = [*map_segments(plan), *dense_segments(plan, job.source())]
    payloads = [segment_chapter.build(segment) for segment in segments]
    if draft.coding != UNIFORM and not _pays(job, draft, plan.group, payloads):
        return None
    rows = zip(segments, payloads, strict=True)
    triples = tuple((segment.first, segment.count, payload) for segment, payload in rows)
    return Coded(group=plan.group, segments=triples)


def _pays(job: Job, draft: GroupDraft, group: Group, payloads: Sequence[Chunk]) -> bool:
    """Whether coding a group makes it smaller than its bytes as they are."""
    coded = len(group_chapter.build(group, job.plan.structure))
    coded += sum(memoryview(payload).nbytes + 16 for payload in payloads)
    return coded < sum(job.data(choice.number).size for choice in draft.choices)


def write_stored(writer: UnitWriter, job: Job, draft: GroupDraft, first: int) -> Iterator[Chunk]:
    """Yield a stored group: its tensors' bytes, cut into units."""
    group = stored_group(draft, job.plan.structure, first)
    layout = lay_out(group, job.plan.structure)
    total = lay_out_bytes(layout, group.alignment).total
    group = replace(group, segment_count=-(-total // STORED_UNIT))
    yield from _group_unit(writer, job, group)
    datas = {choice.number: job.data(choice.number) for choice in draft.choices}
    for buffers in _stored_units(stored_pieces(layout, group.alignment, datas)):
        yield from writer.unit(registry.STORED_DATA, buffers, align=64)


def _stored_units(pieces: Iterator[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.uint8]]]:
    """Yield the buffers of each stored unit: STORED_UNIT bytes, the last one what is left."""
    waiting: list[NDArray[np.uint8]] = []
    room = STORED_UNIT
    for piece in pieces:
        rest = piece
        while rest.size >= room:
            yield [*waiting, rest[:room]]
            rest, waiting, room = rest[room:], [], STORED_UNIT
        if rest.size:
            waiting.append(rest)
            room -= rest.size
    if waiting:
        yield waiting


def _group_unit(writer: UnitWriter, job: Job, group: Group) -> Iterator[Chunk]:
    payload = group_chapter.build(group, job.plan.structure)
    yield from writer.unit(
        registry.GROUP, payload, deflate=job.recipe.deflate, first=group.first, count=group.count
    )
