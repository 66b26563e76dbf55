"""Groups: which tensors share one, and in which order they are coded (informative)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dombit import identity
from dombit.bitstream.structure_root import MAX_DEPTH
from dombit.choose.codings import choose_coding
from dombit.choose.differences import choose_difference, in_company
from dombit.dtypes import elements
from dombit.limits import LEVELS
from dombit.predictor import Predictor
from dombit.recipe import GroupDraft, ModelPlan, Step, TensorChoice
from dombit.records import Alias, Inherited, ModelFile, Structure, Tensor

SMALL = 1 << 16
"""Tensors below this many bytes are read by range: they share small groups."""
SMALL_GROUP = 1 << 17
"""Bytes of the tensors of a group of small tensors, at most."""
LARGE_GROUP = 1 << 24
"""Elements of a group of large tensors, about."""
ALIAS_FROM = 64
"""Equal tensors below this many bytes are coded again: an alias costs as much."""


def plan_model(
    model: ModelFile,
    level: int,
    digests: dict[int, bytes],
    steps: dict[int, Step],
    *,
    known: dict[int, TensorChoice] | None = None,
    predictor: Predictor | None = None,
    predicted: frozenset[int] = frozenset(),
    inherited: Inherited | None = None,
    skeleton_id: bytes = b"",
) -> ModelPlan:
    """Decide on aliases, codings and groups; tensors with a step are quantised.

    `known` remembers the choices for tensors without one, for the next plan of the same model.
    With a root, tensors may be copied or predicted where that costs less; those with a step are
    where `predicted` names them. `inherited` and `skeleton_id`: what the structure says of both.
    """
    copied = find_copies(model.tensors, predictor, steps)
    tensors = find_duplicates(model.tensors, digests, steps, copied)
    kept = known if known is not None else {}
    choices: list[TensorChoice] = []
    for number, tensor in enumerate(tensors):
        if tensor.alias is None and number not in copied:
            step = steps.get(number)
            choice = kept.get(number) if step is None else None
            choice = choice or choose_coding(tensor, number, step, LEVELS[level].tokens)
            choices.append(choice)
            if step is None:
                kept[number] = choice
    if predictor is not None:
        choices = with_root(tensors, choices, predictor, predicted)
    drafts = form_groups(tensors, choices)
    order = [choice.number for draft in drafts for choice in draft.choices]
    structure = Structure(
        tensors=tuple(replace(tensor, data=None) for tensor in tensors),
        coded_order=np.array(order, np.int64),
        output_bytes=sum(tensor.byte_size for tensor in tensors),
        has_skeleton=model.skeleton is not None and not skeleton_id,
        inherited=inherited,
        skeleton_id=skeleton_id,
        **root_fields(tensors, predictor),
    )
    return ModelPlan(structure=structure, drafts=drafts)


def with_root(
    tensors: Sequence[Tensor],
    choices: Sequence[TensorChoice],
    predictor: Predictor,
    predicted: frozenset[int],
) -> list[TensorChoice]:
    """Return what is coded of a DoM: copied tensors drop out, differences where they pay."""
    own = [tensors[choice.number] for choice in choices]
    verdicts = [
        choose_difference(tensor, choice, predictor, predicted)
        for tensor, choice in zip(own, choices, strict=True)
    ]
    families = [(tensor.dtype.code, tensor.byte_size >= SMALL) for tensor in own]
    return [choice for choice in in_company(verdicts, families) if choice is not None]


def root_fields(tensors: Sequence[Tensor], predictor: Predictor | None) -> dict[str, Any]:
    """Return what a structure says of its root."""
    if predictor is None:
        return {}
    return {
        "root_digest": predictor.root.model_digest,
        "chain_depth": min(predictor.root.chain_depth + 1, MAX_DEPTH),
        "root_tensor": np.zeros(len(tensors), np.int64),
    }


def find_copies(
    tensors: Sequence[Tensor], predictor: Predictor | None, steps: dict[int, Step]
) -> frozenset[int]:
    """Return the numbers of tensors that are their predictions, and so need no data."""
    if predictor is None:
        return frozenset()
    return frozenset(
        number
        for number, tensor in enumerate(tensors)
        if tensor.data is not None
        and predictor.numbers[number] >= 0
        and number not in steps
        and np.array_equal(predictor.data(number), tensor.data)
    )


def find_duplicates(
    tensors: Sequence[Tensor],
    digests: dict[int, bytes],
    steps: dict[int, Step],
    copied: frozenset[int] = frozenset(),
) -> tuple[Tensor, ...]:
    """Make an alias of each tensor that repeats an earlier one, bit by bit.

    One that is quantised is no repetition of one that is not: they will differ. One that is
    copied from the root stays as it is: that costs nothing.
    """
    seen: dict[tuple[int, bytes, Step | None], int] = {}
    out: list[Tensor] = []
    aliased = {tensor.alias.target for tensor in tensors if tensor.alias is not None}
    for number, tensor in enumerate(tensors):
        worth = tensor.byte_size >= ALIAS_FROM and number in digests and not tensor.hidden
        worth &= number not in copied
        key = (tensor.dtype.code, digests.get(number, b""), steps.get(number))
        if worth and tensor.alias is None and key in seen and number not in aliased:
            out.append(replace(tensor, data=None, alias=Alias(target=seen[key])))
            continue
        if worth and tensor.alias is None:
            seen.setdefault(key, number)
        out.append(tensor)
    return tuple(out)


def form_groups(
    tensors: Sequence[Tensor], choices: Sequence[TensorChoice]
) -> tuple[GroupDraft, ...]:
    """Put tensors of one dtype, coding and size class together, in the model's order."""
    families: dict[tuple[int, int, bool, bool, bool], list[TensorChoice]] = {}
    for choice in choices:
        tensor = tensors[choice.number]
        large = tensor.byte_size >= SMALL
        key = (choice.coding, tensor.dtype.code, large, choice.predicted, choice.sparse)
        families.setdefault(key, []).append(choice)
    drafts: list[GroupDraft] = []
    for (coding, _, large, _, _), members in families.items():
        room = LARGE_GROUP if large else SMALL_GROUP
        drafts += _cut(tensors, coding, members, room, large=large)
    return tuple(drafts)


def _cut(
    tensors: Sequence[Tensor],
    coding: int,
    members: Sequence[TensorChoice],
    room: int,
    *,
    large: bool,
) -> list[GroupDraft]:
    drafts: list[GroupDraft] = []
    some: list[TensorChoice] = []
    filled = 0
    for choice in members:
        tensor = tensors[choice.number]
        size = elements(tensor.shape) if large else tensor.byte_size
        if some and filled + size > room:
            drafts.append(GroupDraft(coding=coding, choices=tuple(some)))
            some, filled = [], 0
        some.append(choice)
        filled += size
    drafts.append(GroupDraft(coding=coding, choices=tuple(some)))
    return drafts


def source_digests(model: ModelFile) -> dict[int, bytes]:
    """Return the digests of all tensors that have data, as the source has them."""
    return {
        number: identity.tensor_digest(tensor.data)
        for number, tensor in enumerate(model.tensors)
        if tensor.data is not None
    }
