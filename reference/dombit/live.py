"""Live: a model in a caller's memory, and what is known of it (chapter 13, informative)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit import identity
from dombit.errors import UsageError
from dombit.models.arrays import canonical_bytes, described
from dombit.models.inplace import region
from dombit.prediction.root import Root
from dombit.records import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a mapping."""

    key: Any
    leaf: Any
    """The array or torch tensor that the mapping holds."""
    value: Any
    """The same as something with a dtype: what `leaf` shows, if it is no array itself."""
    tensor: Tensor
    """Its name, dtype and shape."""
    tied: str
    """Name of the first entry that is the same view of the same memory: often its own."""
    beside: tuple[str, ...]
    """Names of entries that share some of its memory in another way."""


@dataclass(kw_only=True, eq=False)
class LiveModel:
    """A model in the caller's memory, as `apply` left it, and what is known of it.

    Given to `apply` in the place of the state dict it spares hashing what a step does not touch;
    `encode(root=...)` and `roots=[...]` take it as well. It speaks for the state dict as long as
    only `apply` changes that: entries that are replaced are noticed, other edits are not.
    """

    state_dict: Mapping[Any, Any]
    """The mapping that is kept up to date."""
    entries: dict[str, Entry]
    """By name."""
    model_digest: bytes = b""
    """Computed, or named by a stream that was applied without verifying; empty: not known."""
    digests: dict[str, bytes] = field(default_factory=dict)
    """Digests of tensors by name, all computed from what is held; those not known are absent."""
    chain_depth: int = 0
    """DoMs on the way to it, as the last stream says."""
    torn: bool = False
    """Whether writing was interrupted: some tensors are new and some old."""

    @property
    def byte_size(self) -> int:
        """Bytes of all tensors."""
        return sum(entry.tensor.byte_size for entry in self.entries.values())


def hold(state_dict: Mapping[Any, Any]) -> LiveModel:
    """Return a flat mapping of arrays or torch tensors as a model of which nothing is known yet.

    Raises UsageError for what is nested, or no array.
    """
    if not isinstance(state_dict, Mapping):
        raise UsageError(
            f"cannot write into a {type(state_dict).__name__}",
            hint="give a dict of arrays or tensors: module.state_dict(), or what apply returned",
        )
    nested = [key for key, leaf in state_dict.items() if isinstance(leaf, Mapping | list | tuple)]
    if nested:
        message = f"{nested[0]!r} is no array but a container"
        raise UsageError(message, hint="give a flat dict, such as the part that holds the weights")
    return LiveModel(state_dict=state_dict, entries=entries_of(state_dict))


def entries_of(state_dict: Mapping[Any, Any]) -> dict[str, Entry]:
    """Return the entries of a flat mapping by the names of their tensors."""
    found = described(state_dict)
    beside = _neighbours([value for _, value in found], [tensor for tensor, _ in found])
    entries = {}
    for number, (key, leaf) in enumerate(state_dict.items()):
        tensor, value = found[number]
        first = number if tensor.alias is None else tensor.alias.target
        entries[tensor.name] = Entry(
            key=key,
            leaf=leaf,
            value=value,
            tensor=Tensor(name=tensor.name, dtype=tensor.dtype, shape=tensor.shape, data=None),
            tied=found[first][0].name,
            beside=tuple(found[other][0].name for other in beside.get(number, ())),
        )
    return entries


def _neighbours(values: Sequence[Any], tensors: Sequence[Tensor]) -> dict[int, list[int]]:
    """Return for each view the others that share memory with it but are not the same view."""
    spans = []
    for number, value in enumerate(values):
        place = region(value)
        if place.size:
            low, high = np.lib.array_utils.byte_bounds(place)
            spans.append((str(getattr(value, "device", "cpu")), low, high, number, place))
    spans.sort(key=lambda span: span[:4])
    found: dict[int, list[int]] = {}
    open_spans: list[Any] = []
    for span in spans:
        device, low, _, number, place = span
        open_spans = [each for each in open_spans if each[0] == device and each[2] > low]
        for _, _, _, other, other_place in open_spans:
            first, second = tensors[number].alias, tensors[other].alias
            same = (first.target if first else number) == (second.target if second else other)
            if not same and np.shares_memory(place, other_place):
                found.setdefault(number, []).append(other)
                found.setdefault(other, []).append(number)
        open_spans.append(span)
    return found


def check_entries(live: LiveModel) -> None:
    """Raise UsageError where the mapping no longer holds what it held."""
    held = live.state_dict
    gone = [e.key for e in live.entries.values() if held.get(e.key) is not e.leaf]
    if gone or len(held) != len(live.entries):
        what = f"{gone[0]!r} was replaced" if gone else "entries were added"
        raise UsageError(f"{what} since the last step", hint="give the state dict itself again")


# ----------------------------------------------------------------------------------------- as root


def complete_digests(live: LiveModel, jobs: int = 1) -> None:
    """Hash what is not known, with `jobs` threads; the model digest is computed then."""
    missing = [name for name in live.entries if name not in live.digests]
    sources = sorted({live.entries[name].tied for name in missing})

    def digest(name: str) -> bytes:
        return identity.tensor_digest(_read(live.entries[name]))

    with ThreadPoolExecutor(jobs) as pool:
        found = dict(zip(sources, pool.map(digest, sources), strict=True))
    live.digests |= {name: found[live.entries[name].tied] for name in missing}
    live.model_digest = identity.model_digest(  # it may be a stream's word only
        (name, entry.tensor.dtype, entry.tensor.shape, live.digests[name])
        for name, entry in live.entries.items()
    )


def root_of_live(live: LiveModel, model_digest: bytes = b"") -> Root:
    """Return what is held as a root for one step: what has to be copied is read once.

    `model_digest`: what to take its digest for. Raises UsageError if a write was interrupted.
    """
    if live.torn:
        raise UsageError(
            "writing the last step into the state dict was interrupted: it is no model any more",
            hint="apply a stream of a whole model, which has no root",
        )
    names = sorted(live.entries, key=str.encode)
    read: dict[int, NDArray[np.uint8]] = {}

    def data(place: int) -> NDArray[np.uint8]:
        if place not in read:
            read[place] = _read(live.entries[names[place]])
        return read[place]

    known = live.digests.keys() >= live.entries.keys()
    return Root(
        tensors=tuple(live.entries[name].tensor for name in names),
        data=data,
        model_digest=model_digest or live.model_digest,
        chain_depth=live.chain_depth,
        digests=tuple(live.digests[name] for name in names) if known else (),
    )


def _read(entry: Entry) -> NDArray[np.uint8]:
    """Return the canonical bytes of an entry: its own memory, if that has their form."""
    data = canonical_bytes(entry.value, entry.tensor.dtype)
    if data.size != entry.tensor.byte_size:
        message = f"{entry.tensor.name!r} has another size than in the last step"
        raise UsageError(message, hint="give the state dict itself again")
    return data
