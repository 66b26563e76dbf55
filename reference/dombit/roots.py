"""Roots: the models that a caller holds, found by digest when a stream asks (below api)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dombit import digests
from dombit.bitstream.structure_root import MAX_DEPTH
from dombit.decoded import DecodedModel
from dombit.errors import RootMissing, fail
from dombit.files import is_path, size_of
from dombit.held import FindRoot, has_skeleton, no_root
from dombit.live import LiveModel, check_entries, complete_digests, root_of_live
from dombit.prediction.root import Root
from dombit.records import ModelFile, NamedSkeleton, Skeleton, Structure, Tensor
from dombit.sources import is_stream, load_model

Decode = Callable[[Any, FindRoot], DecodedModel]
"""Decodes a stream."""


@dataclass(kw_only=True)
class Roots:
    """Candidates, opened one after another until one has the digest that is looked for."""

    sources: Sequence[Any]
    """Paths of models and streams, mappings of arrays, modules; Roots already open."""
    decode: Decode
    declared: Callable[[Any], bytes]
    """Gives the model digest that a stream says its own is; empty where it cannot be read."""
    found: dict[int, Root] = field(default_factory=dict)
    """Candidates that are open, by place."""
    busy: list[int] = field(default_factory=list)
    """Streams that wait for a root of their own."""
    depths: dict[int, int] = field(default_factory=dict)
    """Differences that were resolved on the way to a stream, by place; of others 0."""
    lacking: dict[int, str] = field(default_factory=dict)
    """Streams, by place, whose own root is not among the candidates, and what they lack."""

    def find(self, digest: bytes, skeleton: bytes = b"") -> Root:
        """Return the candidate with a model digest, one with a skeleton's id if there is one.

        Raises RootMissing where there is none; root-mismatch if what was given is another model.
        """
        self._check_depth(len(self.busy))
        others, bare = [], None
        for place in range(len(self.sources)):
            if place in self.busy:
                continue
            root = self._open(place)
            if root is not None and root.model_digest == digest:
                if not skeleton or has_skeleton(root, skeleton):
                    return self._taken(root, place)
                bare = bare or (root, place)
                continue
            said = root.model_digest.hex() if root is not None else self.lacking[place]
            others.append(f"{_label(self.sources[place])}: {said}")
        return self._taken(*bare) if bare else self._refuse(digest, others)

    def _taken(self, root: Root, place: int) -> Root:
        """Return the root that was found, and count the differences on the way to it."""
        depth = self.depths.get(place, 0)
        self._check_depth(depth)
        if self.busy:
            self.depths[self.busy[-1]] = depth + 1
        return root

    def _check_depth(self, resolved: int) -> None:
        """Refuse one difference more than a chain may have."""
        if resolved >= MAX_DEPTH:
            message = f"a chain of more than {MAX_DEPTH} differences"
            fail("limit-exceeded", "R-PRE-504", message, stage="structure")

    def first(self) -> Root:
        """Return the first candidate, whatever its digest is."""
        root = self._open(0)
        if root is None:
            raise RootMissing(
                "the root is itself a difference, from a model that was not given",
                hint="give it with --root as well",
            )
        return root

    def _refuse(self, digest: bytes, others: list[str]) -> Root:
        """Say what was looked for, and what is there."""
        if not self.sources:
            no_root(digest)
        wanted = digest.hex()
        if any(self.declared(self.sources[place]) == digest for place in self.busy):
            message = f"a chain of differences comes back to {wanted}"
            fail("limit-exceeded", "R-PRE-504", message, stage="structure")
        if not others:
            labels = ", ".join(_label(source) for source in self.sources)
            message = f"the model {wanted}, of which {labels} is a difference, was not given"
            raise RootMissing(message, hint="give it with --root (roots=[...] in Python)")
        message = f"the stream needs the root {wanted}; given: {', '.join(others)}"
        if self.lacking:  # one of these may be it
            raise RootMissing(message, hint="give the root of the difference too (--root, roots=)")
        fail("root-mismatch", "R-PRE-502", message, stage="structure")

    def _open(self, place: int) -> Root | None:
        """Return a candidate; None for a DoM whose own root is not among the candidates."""
        if place in self.found:
            return self.found[place]
        source = self.sources[place]
        if isinstance(source, Root):
            root = source
        elif isinstance(source, LiveModel):
            check_entries(source)
            complete_digests(source)
            root = root_of_live(source)
        elif is_stream(source):
            self.busy.append(place)
            try:
                root = root_of_stream(self.decode(source, self.find))
            except RootMissing as error:
                self.lacking[place] = error.message
                return None
            finally:
                self.busy.pop()
        else:
            root = root_of_model(load_model(source))
        self.found[place] = root
        return root


def _label(source: Any) -> str:
    """Return what a candidate is called in a message."""
    return str(source) if is_path(source) else f"a {type(source).__name__}"


def bytes_of(sources: Sequence[Any]) -> int:
    """Return the bytes of candidates, as far as that is known without opening them."""
    sizes = 0
    for source in sources:
        if is_path(source) or isinstance(source, bytes | bytearray | memoryview):
            sizes += size_of(source) or 0
        elif isinstance(source, Root):
            sizes += sum(tensor.byte_size for tensor in source.tensors)
        elif isinstance(source, LiveModel):
            sizes += source.byte_size
        elif isinstance(source, Mapping):
            sizes += sum(getattr(array, "nbytes", 0) for array in source.values())
    return sizes


def root_of_stream(decoded: DecodedModel) -> Root:
    """Return a decoded model as a root."""
    structure = decoded.structure
    numbers = _by_name(structure)
    return Root(
        tensors=tuple(structure.tensors[number] for number in numbers),
        data=lambda place: decoded.data(numbers[place]),
        model_digest=decoded.model_digest,
        chain_depth=structure.chain_depth,
        skeleton=_named(decoded.skeleton, structure.tensors),
        digests=tuple(decoded.digests[number] for number in numbers if decoded.digests),
    )


def root_of_model(model: ModelFile) -> Root:
    """Return a model as its source has it as a root: its digests are computed."""
    tensors = model.tensors
    outputs = {n: tensor.data for n, tensor in enumerate(tensors) if tensor.data is not None}
    structure = Structure(
        tensors=tensors,
        coded_order=np.array(sorted(outputs), np.int64),
        output_bytes=sum(tensor.byte_size for tensor in tensors),
    )
    found = digests.tensor_digests(structure, outputs, structure.visible)
    numbers = _by_name(structure)
    return Root(
        tensors=tuple(replace(tensors[number], data=None) for number in numbers),
        data=lambda place: digests.tensor_bytes(tensors[numbers[place]], outputs, numbers[place]),
        model_digest=digests.model_digest(structure, found),
        skeleton=_named(model.skeleton, tensors),
        digests=tuple(found[number] for number in numbers),
    )


def _named(skeleton: Skeleton | None, tensors: Sequence[Tensor]) -> NamedSkeleton | None:
    if skeleton is None:
        return None
    return NamedSkeleton(skeleton=skeleton, names=tuple(tensor.name for tensor in tensors))


def _by_name(structure: Structure) -> list[int]:
    """Return the numbers of the tensors that are not hidden, in byte order of their names."""
    return sorted(structure.visible, key=lambda number: structure.tensors[number].name.encode())
