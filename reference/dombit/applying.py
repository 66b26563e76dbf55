"""Applying: a stream written over the model that a caller holds (chapter 13, informative)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.decoded import DecodedModel
from dombit.decoder import decode_units
from dombit.engines import Engine, kernels_of
from dombit.errors import DombitError, UsageError
from dombit.files import Source, memory_errors
from dombit.held import HeldOutputs, same_in_root
from dombit.kernels import Kernels
from dombit.limits import Limits
from dombit.live import (
    Entry,
    LiveModel,
    check_entries,
    complete_digests,
    entries_of,
    hold,
    root_of_live,
)
from dombit.models.arrays import is_torch, to_numpy, to_torch
from dombit.models.inplace import obstacle, write
from dombit.prediction.root import Root
from dombit.progress import Progress
from dombit.records import Tensor
from dombit.streams import limits_of, units_of

ROOT_HINT = (
    "the state dict is another version, was changed, or differs in names or dtypes"
    " (sub-byte tensors come widened from decode)"
)


@memory_errors("applying the stream")
def apply(
    stream: Source,
    state_dict: Mapping[Any, Any] | LiveModel,
    *,
    verify: bool = True,
    limits: Limits | None = None,
    progress: Progress | None = None,
    engine: Engine = "auto",
    jobs: int | None = None,
) -> LiveModel:
    """Make the model in `state_dict` that of `stream`, in place, and return a handle for more.

    `stream`: a path, a readable binary file (a pipe too) or bytes; the difference (DoM) from what
    is held, or a whole model, which overwrites all. `state_dict`: a flat mapping of NumPy arrays
    or torch tensors, or what the last `apply` returned: then only what changes is hashed. What
    other code wrote meanwhile into tensors that the step does not touch goes unnoticed.

    All or nothing: everything is decoded and checked before the first write, so whatever is
    raised, nothing has changed; only what breaks in between (KeyboardInterrupt, a device that
    fails) leaves old and new tensors, and a handle that takes whole models only. Bits go into the
    arrays that are there; tensors under new names become new arrays, as the first entry is NumPy's
    or torch's (on its device), and names that the model has no more are deleted, last.

    With `verify` (the default) what is held must have the digest of the stream's root, and the
    result that of its model. Without, nothing is hashed: from a bare mapping there is no digest to
    trust then, the stream's word is taken for it that this is its root, and a wrong root gives
    wrong weights without an error. A handle still knows the digest that the last stream named for
    its model, and a step that does not follow it is refused.

    Raises DombitError for a bad stream or the wrong root, UsageError where an entry cannot take
    its tensor in place: read-only, expanded, another shape or dtype, tied where the stream is not.
    """
    live = state_dict if isinstance(state_dict, LiveModel) else hold(state_dict)
    check_entries(live)
    kernels = kernels_of(engine, jobs)
    decoded = _decode(live, stream, kernels, verify=verify, limits=limits, progress=progress)
    _carry_out(_plan(live, decoded), live, decoded)
    return live


def _decode(
    live: LiveModel,
    stream: Source,
    kernels: Kernels,
    *,
    verify: bool,
    limits: Limits | None,
    progress: Progress | None,
) -> DecodedModel:
    """Decode a stream with what is held as its root."""

    def find_root(digest: bytes, _skeleton: bytes) -> Root:
        if verify and not live.torn:
            complete_digests(live, kernels.jobs)
        return root_of_live(live, b"" if live.model_digest else digest)

    limits = limits or limits_of(stream, live.byte_size)
    try:
        return decode_units(
            units_of(stream, limits),
            limits,
            check_digests=verify,
            progress=progress,
            kernels=kernels,
            find_root=find_root,
        )
    except DombitError as error:
        if error.kind == "root-mismatch":
            error.hint = ROOT_HINT
        raise


# -------------------------------------------------------------------------------------------- plan


@dataclass(kw_only=True)
class _Plan:
    """What a step does to a mapping; its arrays share no memory with what is held."""

    writes: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    """Canonical bytes by name; of entries that are tied only for one."""
    added: dict[str, Any] = field(default_factory=dict)
    """New arrays by name."""
    dropped: list[Entry] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    """Names of all entries that are not what they were."""


def _plan(live: LiveModel, decoded: DecodedModel) -> _Plan:
    """Return what there is to do, everything decoded and checked."""
    tensors = decoded.structure.tensors
    numbers = {tensors[number].name: number for number in decoded.structure.visible}
    stay = {name: number for name, number in numbers.items() if name in live.entries}
    for name, number in stay.items():
        _check_kind(live.entries[name], tensors[number])
    untouched = _untouched(live, decoded)
    plan = _Plan(changed={name for name, number in stay.items() if number not in untouched})
    plan.dropped = [entry for name, entry in live.entries.items() if name not in numbers]
    ties: dict[str, list[str]] = {}
    for name in stay:
        ties.setdefault(live.entries[name].tied, []).append(name)
    for names in ties.values():
        if not plan.changed.isdisjoint(names):
            _check_tied(names, stay, decoded)
            _check_alone(live.entries[names[0]], stay)
            _check_target(live.entries[names[0]], tensors[stay[names[0]]])
            plan.changed.update(names)
            plan.writes[names[0]] = _own_data(decoded, stay[names[0]])
    added = [number for name, number in numbers.items() if name not in stay]
    if (added or plan.dropped) and not isinstance(live.state_dict, MutableMapping):
        kind = type(live.state_dict).__name__
        raise UsageError(f"the step adds or drops tensors, and a {kind} cannot be edited")
    plan.added = {tensors[number].name: _new(live, decoded, number) for number in added}
    return plan


def _untouched(live: LiveModel, decoded: DecodedModel) -> set[int]:
    """Return the numbers of tensors that are held already, under their names."""
    tensors, outputs = decoded.structure.tensors, decoded.outputs
    if decoded.digests:
        return {
            number
            for number, digest in decoded.digests.items()
            if live.digests.get(tensors[number].name) == digest
        }
    if not isinstance(outputs, HeldOutputs):
        return set()
    predictor = outputs.predictor
    names = [tensor.name for tensor in predictor.root.tensors]
    copied = same_in_root(decoded.structure, predictor)
    return {number for number, place in copied.items() if names[place] == tensors[number].name}


def _check_kind(entry: Entry, tensor: Tensor) -> None:
    """Raise UsageError where a tensor that stays gets another dtype or shape."""
    for what in ("dtype", "shape"):
        held, new = getattr(entry.tensor, what), getattr(tensor, what)
        if held != new:
            held, new = (getattr(each, "name", each) for each in (held, new))
            raise UsageError(
                f"{tensor.name!r} is held with the {what} {held}, the stream's is {new}",
                hint="decode the stream into a dict of its own: dombit.decode(..., roots=[...])",
            )


def _check_tied(names: list[str], numbers: dict[str, int], decoded: DecodedModel) -> None:
    """Raise UsageError where entries that are one array would get different elements."""
    first = numbers[names[0]]
    for name in names[1:]:
        number = numbers[name]
        if decoded.digests:
            same = decoded.digests[number] == decoded.digests[first]
        else:
            same = np.array_equal(decoded.data(number), decoded.data(first))
        if not same:
            raise UsageError(
                f"{names[0]!r} and {name!r} are one array, and the step makes them differ",
                hint="give one of them memory of its own",
            )


def _check_alone(entry: Entry, stay: dict[str, int]) -> None:
    """Raise UsageError where an entry shows a part of another one's memory."""
    others = [name for name in entry.beside if name in stay]
    if others:
        raise UsageError(
            f"{entry.tensor.name!r} shares memory with {others[0]!r}, as another view of it",
            hint="give each of them memory of its own",
        )


def _check_target(entry: Entry, tensor: Tensor) -> None:
    """Raise UsageError where a tensor cannot be written."""
    reason = obstacle(entry.leaf, tensor)
    if reason is not None:
        raise UsageError(
            f"{tensor.name!r} cannot be written in place: it {reason}",
            hint="nothing was changed; give it an array of its own",
        )


def _own_data(decoded: DecodedModel, number: int) -> NDArray[np.uint8]:
    """Return the bytes of a tensor, not those of what is held: a copy is a view of that."""
    alias = decoded.structure.tensors[number].alias
    target = number if alias is None else alias.target
    coded = target in decoded.structure.coded_order
    data = decoded.data(number)
    return data if coded and data.flags.writeable else data.copy()


def _new(live: LiveModel, decoded: DecodedModel, number: int) -> Any:
    """Return a tensor that is not held as an array of its own, of the kind of the first entry."""
    tensor, data = decoded.structure.tensors[number], _own_data(decoded, number)
    first = next(iter(live.entries.values()), None)
    if first is not None and is_torch(first.leaf):
        return to_torch(tensor, data).to(first.leaf.device)
    return to_numpy(tensor, data if tensor.alias is None else data.copy())


# ----------------------------------------------------------------------------------------- writing


def _carry_out(plan: _Plan, live: LiveModel, decoded: DecodedModel) -> None:
    """Write the tensors, then edit the mapping, then keep what is known now."""
    digests, live.digests, live.model_digest, live.torn = live.digests, {}, b"", True
    for name, data in plan.writes.items():
        entry = live.entries[name]
        write(entry.leaf, entry.tensor, data)
    if isinstance(live.state_dict, MutableMapping):  # else there is nothing to edit
        for entry in plan.dropped:
            del live.state_dict[entry.key]
            del live.entries[entry.tensor.name]
        for name, array in plan.added.items():
            live.state_dict[name] = array
            live.entries |= entries_of({name: array})
    tensors = decoded.structure.tensors
    computed = {tensors[number].name: digest for number, digest in decoded.digests.items()}
    kept = {n: d for n, d in digests.items() if n in live.entries and n not in plan.changed}
    live.digests = computed or kept
    live.model_digest = decoded.model_digest
    live.chain_depth = decoded.structure.chain_depth
    live.torn = False
