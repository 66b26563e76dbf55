"""Encoder: a model as a stream: choose, plan, write, in this order (informative)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dombit import digests as digest_chapter
from dombit import identity
from dombit.choose.groups import plan_model, source_digests
from dombit.choose.lossy import Decoded, Lossy, decide_steps, decode_lossy
from dombit.dtypes import elements
from dombit.kernels import NUMPY, Kernels
from dombit.progress import Progress
from dombit.recipe import Recipe
from dombit.records import ModelEnd, ModelFile
from dombit.writing import Chunk, Job, write

DIGEST_ROOM = 24
"""Bytes that deflated digests may take more than others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A stream that is ready to be written, and what is known of it."""

    chunks: Iterator[Chunk]
    weights: int
    """Float elements of the model."""
    snr_db: float | None
    """None where nothing is lossy."""
    model_digest: bytes
    source_digest: bytes
    notes: tuple[str, ...]


def encode_model(
    model: ModelFile,
    recipe: Recipe,
    progress: Progress | None = None,
    kernels: Kernels = NUMPY,
) -> Encoded:
    """Encode a model as a recipe asks.

    Memory: the source, the decoded values of quantised tensors, and the symbols of one group.
    """
    digests = source_digests(model)
    weights = count_weights(model)
    lossy = decide_steps(
        model,
        recipe,
        lambda some: 8 * _size(model, recipe, digests, some, kernels) / max(1, weights),
    )
    decoded = decode_lossy(model, lossy, recipe.offset)
    job = _job(model, recipe, digests, lossy, decoded, kernels=kernels)
    end, source = _identity(job, digests)
    return Encoded(
        chunks=write(job, end, progress),
        weights=weights,
        snr_db=decoded.snr_db,
        model_digest=end.model_digest,
        source_digest=source,
        notes=(*model.notes, *lossy.notes),
    )


def count_weights(model: ModelFile) -> int:
    """Return the number of float elements of a model."""
    return sum(
        elements(tensor.shape)
        for tensor in model.tensors
        if tensor.dtype.layout is not None and not tensor.hidden
    )


def _size(
    model: ModelFile,
    recipe: Recipe,
    digests: dict[int, bytes],
    lossy: Lossy,
    kernels: Kernels,
) -> int:
    """Return the bytes of the stream that a choice of steps gives, or a few more.

    The digests are not known yet; deflated, they may take some bytes more than these.
    """
    job = _job(model, recipe, digests, lossy, Decoded(data={}, snr_db=None), kernels=kernels)
    end = ModelEnd(
        model_digest=identity.tensor_digest(np.zeros(0, np.uint8)),
        tensor_count=0,
        tensor_digests=bytes(_digest_bytes(job)),
    )
    return DIGEST_ROOM + sum(memoryview(chunk).nbytes for chunk in write(job, end, None))


def _job(
    model: ModelFile,
    recipe: Recipe,
    digests: dict[int, bytes],
    lossy: Lossy,
    decoded: Decoded,
    *,
    kernels: Kernels,
) -> Job:
    plan = plan_model(model, recipe.level, digests, lossy.steps)
    return Job(
        model=model, recipe=recipe, plan=plan, lossy=lossy, decoded=decoded.data, kernels=kernels
    )


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
    size = identity.DIGEST_BYTES * len(job.plan.structure.visible)
    cheap = size * 1024 <= job.plan.structure.output_bytes
    wanted = job.recipe.tensor_digests
    return size if wanted or (wanted is None and cheap) else 0
