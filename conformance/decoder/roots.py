"""Roots: the stream that has a digest, the tensor that a tensor comes from (13.1 to 13.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from conformance.decoder.container import units
from conformance.decoder.floats import FORMATS, convert
from conformance.decoder.limits import Limits
from conformance.decoder.reject import Judge, Reject
from conformance.decoder.structure import Structure, Tensor

JUDGE = Judge("structure")
MAX_CHAIN = 64
MODEL_END = 9


class RootMissing(Exception):  # noqa: N818 - it is no fault of the stream
    """The model that a DoM differs from is not among the given ones, and none other is."""

    def __init__(self, digest: bytes) -> None:
        super().__init__(f"the root, the model {digest.hex()}, is needed: no root was given")
        self.digest = digest


class Root(Protocol):
    """A decoded stream."""

    def skeleton_id(self) -> bytes:
        """Return the id of its skeleton; nothing where there is none."""


R = TypeVar("R", bound=Root)


class Pool(Generic[R]):
    """The streams given as roots; each is decoded once, if it states a digest that is wanted."""

    def __init__(
        self, streams: Sequence[bytes], decode: Callable[[bytes, tuple[int, ...]], R]
    ) -> None:
        """`decode` decodes one; the numbers are the places of it and of those that wait for it."""
        self.streams, self.decode = list(streams), decode
        self.digests = [stated_digest(data) for data in streams]
        self.size = sum(map(len, streams))
        self.done: dict[int, R | Reject | RootMissing] = {}

    def root_of(self, structure: Structure, above: tuple[int, ...]) -> R:
        """Return the root that a structure names: one with the skeleton that it names (R-PRE-506).

        `above` are the places of the streams that wait for it.
        """
        assert structure.root is not None
        best: R | Reject | RootMissing | None = None
        for place in self.find(structure.root, above):
            one = self.take(place, above)
            bad = isinstance(one, Reject | RootMissing)
            if not bad and structure.skeleton_id in {None, one.skeleton_id()}:
                return one
            if best is None or (isinstance(best, Reject | RootMissing) and not bad):
                best = one
        assert best is not None
        if isinstance(best, Reject | RootMissing):
            raise best
        return best

    def find(self, digest: bytes, above: tuple[int, ...]) -> list[int]:
        """Return the places of the streams that state a digest, at least one."""
        JUDGE.limit(len(above) < MAX_CHAIN, "R-PRE-504: more than 64 DoMs in a chain")
        there = [place for place, stated in enumerate(self.digests) if stated == digest]
        free = [place for place in there if place not in above]
        JUDGE.limit(not there or bool(free), "R-PRE-504: a chain that comes back to a stream")
        if not free:
            if len(self.streams) == len(above):
                raise RootMissing(digest)
            JUDGE.reject("root-mismatch", f"R-PRE-502: no given root is {digest.hex()}")
        return free

    def take(self, place: int, above: tuple[int, ...]) -> R | Reject | RootMissing:
        """Return what comes out of a stream, or why nothing does."""
        if place not in self.done:
            try:
                self.done[place] = self.decode(self.streams[place], (*above, place))
            except (Reject, RootMissing) as why:
                self.done[place] = why
        return self.done[place]


def stated_digest(data: bytes) -> bytes:
    """Return the digest in the model end of a stream; what has none is no model."""
    try:
        return next(unit.payload[:32] for unit in units(data, Limits()) if unit.type == MODEL_END)
    except (Reject, StopIteration):
        return b""


def convertible(root: Tensor, tensor: Tensor) -> bool:
    """Tell whether a tensor of the root may stand for a tensor."""
    floats = root.dtype in FORMATS and tensor.dtype in FORMATS
    return root.dims == tensor.dims and (root.dtype == tensor.dtype or floats)


def numbered(root: Sequence[Tensor]) -> list[Tensor]:
    """Return the tensors of the root by their numbers: the byte order of names, without hidden."""
    own = [tensor for tensor in root if not tensor.hidden]
    return sorted(own, key=lambda tensor: tensor.name.encode())


def bind(structure: Structure, root: Sequence[Tensor]) -> None:
    """Give every tensor its root tensor, and copied tensors their elements."""
    there = numbered(root)
    named = {tensor.name: tensor for tensor in there}
    for tensor, choice in zip(structure.tensors, structure.root_tensors, strict=True):
        if choice >= 2:
            good = choice - 2 < len(there) and convertible(there[choice - 2], tensor)
            JUDGE.fits(good, f"R-PRE-007: root_tensor {choice} of {tensor.name}")
            tensor.root = there[choice - 2]
        elif choice == 0 and tensor.name in named and convertible(named[tensor.name], tensor):
            tensor.root = named[tensor.name]
    coded = set(structure.coded_order)
    for number, tensor in enumerate(structure.tensors):
        if tensor.target is None and number not in coded:
            JUDGE.fits(tensor.root is not None, f"R-PRE-008: {tensor.name} is copied from nothing")
            tensor.parts = list(prediction(tensor))


def prediction(tensor: Tensor) -> list[int]:
    """Return the patterns of the prediction: the root tensor in the dtype of the tensor."""
    assert tensor.root is not None
    if not tensor.predicted:
        old, new = tensor.root.dtype, tensor.dtype
        same = old == new
        tensor.predicted = [x if same else convert(x, old, new) for x in tensor.root.parts]
    return tensor.predicted
