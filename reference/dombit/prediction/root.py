"""Root: a model that the receiver holds, as a DoM sees it (chapter 13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.records import NamedSkeleton, Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A model that the receiver holds, as a DoM sees it (chapter 13)."""

    tensors: tuple[Tensor, ...]
    """Those that are not hidden, in byte order of their names; `data` is None."""
    data: Callable[[int], NDArray[np.uint8]]
    """Canonical bytes of a tensor by its place in `tensors`."""
    model_digest: bytes
    chain_depth: int = 0
    """DoMs on the way to it; 0: it is none."""
    skeleton: NamedSkeleton | None = None
    """That of its files; None for a model that came without."""
    digests: tuple[bytes, ...] = ()
    """Digest of each of `tensors`; empty where they are not known."""
