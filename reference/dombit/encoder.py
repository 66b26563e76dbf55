"""Encoder: a model as a stream: choose, plan, write, in this order (informative)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dombit import digests as digest_chapter
from dombit import identity
from dombit.arithmetic import step_value
from dombit.choose.codings import count_weights
from dombit.choose.exceptions import Lossy
from dombit.choose.groups import plan_model, source_digests
from dombit.choose.inheritance import inherit, untied
from dombit.choose.lossy import Decoded, decide_steps, decode_lossy
from dombit.choose.misses import bits_notes, snr_notes
from dombit.choose.skeletons import SkeletonChoice, choose_skeleton
from dombit.kernels import NUMPY, Kernels
from dombit.prediction.root import Root
from dombit.prediction.roots import numbers_by_name
from dombit.predictor import Predictor
from dombit.progress import Progress
from dombit.recipe import Recipe
from dombit.records import Inherited, ModelEnd, ModelFile
from dombit.writing import Chunk, Job, Memory, write

SPARSE_SHARE = 64
"""Of so many bytes of a tensor about one is sent where it is sparse."""
DIGEST_ROOM = 24
"""Bytes that deflated digests may take more than others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A stream that is ready to be written, and what is known of it."""

    recipe: Recipe
    chunks: Iterator[Chunk]
    weights: int
    """Float elements of the model."""
    step: float | None
    """The common step; None where no tensor has it."""
    snr_db: float | None
    """None where nothing is lossy."""
    model_digest: bytes
    source_digest: bytes
    notes: tuple[str, ...]
    parts: dict[str, int]
    """Bytes of each part of the stream, complete once all chunks are taken."""

    def bits_per_weight(self) -> float:
        """Return the bits per weight of the whole stream; 0 for a model without weights."""
        return 8 * sum(self.parts.values()) / self.weights if self.weights else 0.0

    def all_notes(self) -> tuple[str, ...]:
        """Return the notes, with that on the size, once all chunks are taken."""
        return (*self.notes, *bits_notes(self.recipe, self.bits_per_weight(), self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """What all encodings of one model share."""

    model: ModelFile
    recipe: Recipe
    digests: dict[int, bytes]
    """Of the source's tensors."""
    weights: int
    kernels: Kernels
    memory: Memory
    predictor: Predictor | None
    """The root of a DoM."""
    inherited: Inherited | None
    skeleton: SkeletonChoice


def encode_model(
    model: ModelFile,
    recipe: Recipe,
    progress: Progress | None = None,
    kernels: Kernels = NUMPY,
    root: Root | None = None,
) -> Encoded:
    """Encode a model as a recipe asks; with a root as a DoM.

    Memory: the source, the decoded values of quantised tensors, and the symbols of one group; for
    a target in bits also the stream.
    """
    model, inherited = _inherit(model, root)
    bench = _Bench(
        model=model,
        recipe=recipe,
        digests=source_digests(model),
        weights=count_weights(model),
        kernels=kernels,
        memory=Memory(),
        predictor=predictor_of(model, root) if root is not None else None,
        inherited=inherited,
        skeleton=_skeleton(model, root),
    )
    lossy = decide_steps(model, recipe, lambda some: _bits(bench, some), bench.predictor)
    if not lossy.steps and model.exact is not None:
        bench = replace(bench, model=model.exact, skeleton=_skeleton(model.exact, root))
    decoded = decode_lossy(bench.model, lossy, recipe.offset, bench.predictor)
    job = _job(bench, lossy, decoded)
    end, source = _identity(job, bench.digests)
    parts: dict[str, int] = {}
    return Encoded(
        recipe=recipe,
        chunks=write(job, end, progress, parts),
        weights=bench.weights,
        step=_common_step(lossy),
        snr_db=decoded.snr_db,
        model_digest=end.model_digest,
        source_digest=source,
        notes=(*bench.model.notes, *lossy.notes, *snr_notes(recipe, decoded.snr_db)),
        parts=parts,
    )


def _inherit(model: ModelFile, root: Root | None) -> tuple[ModelFile, Inherited | None]:
    """Return a model numbered as its root is, and what of the root's structure it has."""
    if root is None:
        return model, None
    return inherit(untied(model, root), root)


def _skeleton(model: ModelFile, root: Root | None) -> SkeletonChoice:
    return choose_skeleton(model, root.skeleton if root is not None else None)


def _common_step(lossy: Lossy) -> float | None:
    """Return the step of the tensors that have none of their own."""
    used = lossy.steps.keys() - lossy.own
    return step_value(*lossy.common) if used and lossy.common is not None else None


def _bits(bench: _Bench, lossy: Lossy) -> float:
    """Return the bits per weight of the stream that a choice of steps gives, or a little more.

    The digests are not known yet; deflated, they may take some bytes more than these.
    """
    bench.memory.forget_levels()
    job = _job(bench, lossy, Decoded(data={}, snr_db=None))
    end = ModelEnd(
        model_digest=identity.tensor_digest(np.zeros(0, np.uint8)),
        tensor_count=0,
        tensor_digests=bytes(_digest_bytes(job)),
    )
    size = DIGEST_ROOM + sum(memoryview(chunk).nbytes for chunk in write(job, end, None))
    return 8 * size / max(1, bench.weights)


def _job(bench: _Bench, lossy: Lossy, decoded: Decoded) -> Job:
    model, memory = bench.model, bench.memory
    plan = plan_model(
        model,
        bench.recipe.level,
        bench.digests,
        lossy.steps,
        known=memory.choices,
        predictor=bench.predictor,
        predicted=lossy.predicted,
        inherited=bench.inherited,
        skeleton_id=bench.skeleton.skeleton_id,
    )
    return Job(
        model=model,
        recipe=bench.recipe,
        plan=plan,
        lossy=lossy,
        decoded=decoded.data,
        kernels=bench.kernels,
        predictor=bench.predictor,
        patch=bench.skeleton.patch,
        memory=memory if bench.recipe.mode == "bits" else None,
    )


def predictor_of(model: ModelFile, root: Root) -> Predictor:
    """Return the predictor of a model: its tensors have the root's of the same names."""
    numbers = numbers_by_name(model.tensors, root)
    return Predictor(root=root, numbers=numbers, tensors=model.tensors)


# ---------------------------------------------------------------------------------------- identity


def _identity(job: Job, digests: dict[int, bytes]) -> tuple[ModelEnd, bytes]:
    """Return the model end, and the digest of the source model."""
    structure = job.plan.structure
    visible = structure.visible
    changed = {n: identity.tensor_digest(data) for n, data in job.decoded.items()}
    final = {n: _digest(job, {**digests, **changed}, n) for n in visible}
    before = replace(job, decoded={})
    origin = {n: _digest(before, digests, n) for n in visible} if changed else final
    end = ModelEnd(
        model_digest=digest_chapter.model_digest(structure, final),
        tensor_count=len(visible),
        tensor_digests=b"".join(final[n] for n in visible) if _digest_bytes(job) else b"",
    )
    return end, digest_chapter.model_digest(structure, origin)


def _digest(job: Job, digests: dict[int, bytes], number: int) -> bytes:
    """Return the digest of a tensor; a whole alias has that of its target."""
    structure = job.plan.structure
    source = digest_chapter.source_of(structure, number)
    if structure.tensors[source].alias is None:
        return digests[source]
    return identity.tensor_digest(job.bytes_of(number))


def _digest_bytes(job: Job) -> int:
    """Return the bytes of the per-tensor digests: all or nothing."""
    structure = job.plan.structure
    size = identity.DIGEST_BYTES * len(structure.visible)
    cheap = size * 1024 <= _bytes_sent(job)
    wanted = job.recipe.tensor_digests
    return size if wanted or (wanted is None and cheap) else 0


def _bytes_sent(job: Job) -> int:
    """Return the bytes of the tensors that a stream carries; of a sparse one few are."""
    structure = job.plan.structure
    if not structure.root_digest:
        return structure.output_bytes
    return sum(
        structure.tensors[choice.number].byte_size // (SPARSE_SHARE if draft.sparse else 1)
        for draft in job.plan.drafts
        for choice in draft.choices
    )
