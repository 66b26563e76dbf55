"""Roots: the stream that has a digest, the tensor that a tensor comes from (13.1 to 13.3)."""

from __future__ import annotations

from collections.abc import Sequence

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


class Pool:
    """The streams given as roots, by the model digest that they state."""

    def __init__(self, streams: Sequence[bytes]) -> None:
        self.streams = {stated_digest(data): data for data in streams}
        self.size = sum(map(len, streams))

    def find(self, digest: bytes, above: Sequence[bytes]) -> bytes:
        """Return the stream of a root; `above` are the roots that are being decoded for it."""
        JUDGE.limit(len(above) < MAX_CHAIN, "R-PRE-504: more than 64 DoMs in a chain")
        JUDGE.limit(digest not in above, "R-PRE-504: a chain that comes back to itself")
        if digest not in self.streams:
            if len(self.streams) == len(above):
                raise RootMissing(digest)
            JUDGE.reject("root-mismatch", f"R-PRE-502: no given root is {digest.hex()}")
        return self.streams[digest]


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
