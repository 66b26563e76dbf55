"""Roots: the models that a caller holds, found by digest when a stream asks (below api)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from dombit import digests
from dombit.bitstream.structure_root import MAX_DEPTH
from dombit.decoded import DecodedModel
from dombit.directory import stated_digest
from dombit.errors import DombitError, RootMissing, fail
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
    """Candidates: streams are decoded if they state the digest, models opened until one has it."""

    sources: Sequence[Any]
    """Paths of models and streams, mappings of arrays, modules; Roots already open."""
    decode: Decode
    found: dict[int, Root] = field(default_factory=dict)
    """Candidates that are open, by place."""
    lost: dict[int, DombitError | RootMissing] = field(default_factory=dict)
    """Why a stream gives no model, by place: none is decoded twice, whatever names it."""
    stated: dict[int, bytes | None] = field(default_factory=dict)
    """What `_stated` said, by place."""
    busy: list[int] = field(default_factory=list)
    """Streams that wait for a root of their own."""

    def find(self, digest: bytes, skeleton: bytes = b"") -> Root:
        """Return the candidate with a model digest, one with a skeleton's id if there is one.

        Raises RootMissing where there is none; root-mismatch if what was given is another model;
        what is wrong with a stream that states the digest, where there is no other.
        """
        if len(self.busy) >= MAX_DEPTH:
            message = f"a chain of more than {MAX_DEPTH} differences"
            fail("limit-exceeded", "R-PRE-504", message, stage="structure")
        others, bare, wrong = [], None, None
        for place in range(len(self.sources)):
            stated = self._stated(place)
            if place in self.busy or stated not in (None, digest):
                others.append(f"{_label(self.sources[place])}: {_said(stated)}")
                continue
            try:
                root = self._open(place)
            except (DombitError, RootMissing) as error:
                wrong = wrong or error
                continue
            if root.model_digest != digest:
                others.append(f"{_label(self.sources[place])}: {_said(root.model_digest)}")
            elif not skeleton or has_skeleton(root, skeleton):
                return root
            else:
                bare = bare or root
        if bare is None and wrong is not None:
            raise wrong
        return bare or self._refuse(digest, others)

    def first(self) -> Root:
        """Return the first candidate, whatever its digest is."""
        try:
            return self._open(0)
        except RootMissing:
            raise RootMissing(
                "the root is itself a difference, from a model that was not given",
                hint="give it with --root as well",
            ) from None

    def _refuse(self, digest: bytes, others: list[str]) -> NoReturn:
        """Say what was looked for, and what is there."""
        wanted = digest.hex()
        if any(self.stated[place] == digest for place in self.busy):
            message = f"a chain of differences comes back to {wanted}"
            fail("limit-exceeded", "R-PRE-504", message, stage="structure")
        if len(self.sources) == len(self.busy):
            no_root(digest)
        message = f"the stream needs the root {wanted}; given: {', '.join(others)}"
        fail("root-mismatch", "R-PRE-502", message, stage="structure")

    def _stated(self, place: int) -> bytes | None:
        """Return the digest that a stream states; None: it is none, or must be decoded to know."""
        if place not in self.stated:
            source = self.sources[place]
            known = isinstance(source, Root | LiveModel) or not is_stream(source)
            self.stated[place] = None if known else stated_digest(source)
        return self.stated[place]

    def _open(self, place: int) -> Root:
        """Return a candidate; raises what its decoding raises, also when it is asked for again."""
        if place in self.lost:
            raise self.lost[place]
        if place not in self.found:
            self.found[place] = self._opened(place)
        return self.found[place]

    def _opened(self, place: int) -> Root:
        source = self.sources[place]
        if isinstance(source, Root):
            return source
        if isinstance(source, LiveModel):
            check_entries(source)
            complete_digests(source)
            return root_of_live(source)
        if not is_stream(source):
            return root_of_model(load_model(source))
        self.busy.append(place)
        try:
            return root_of_stream(self.decode(source, self.find))
        except (DombitError, RootMissing) as error:
            self.lost[place] = error
            raise
        finally:
            self.busy.pop()


def _said(digest: bytes | None) -> str:
    return digest.hex() if digest else "a damaged stream" if digest is not None else "a pipe"


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
