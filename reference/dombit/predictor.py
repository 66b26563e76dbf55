"""Predictor: elements of the root as predictions of a model's tensors (chapter 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import elements, pack_bits
from dombit.elements import patterns_of
from dombit.prediction.convert import convert
from dombit.prediction.root import Root
from dombit.records import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A root, and which of its tensors each tensor of the model has."""

    root: Root
    numbers: NDArray[np.int64]
    """[tensors of the model] place in the root's tensors, or -1."""
    tensors: tuple[Tensor, ...]
    """Those of the model."""

    def patterns(self, number: int, first: int, count: int) -> NDArray[Any]:
        """Return the predicted patterns of some elements of a tensor that has a root tensor."""
        place = int(self.numbers[number])
        origin, tensor = self.root.tensors[place], self.tensors[number]
        found = patterns_of(self.root.data(place), origin.dtype, origin.shape)
        return convert(found[first : first + count], origin.dtype, tensor.dtype)

    def keeps_dtype(self, number: int) -> bool:
        """Whether a tensor that has a root tensor is of its dtype."""
        origin = self.root.tensors[int(self.numbers[number])]
        return origin.dtype.code == self.tensors[number].dtype.code

    def data(self, number: int) -> NDArray[np.uint8]:
        """Return the canonical bytes of the prediction of a whole tensor, not to be written to."""
        tensor = self.tensors[number]
        if self.keeps_dtype(number):
            held = self.root.data(int(self.numbers[number])).view()
            held.flags.writeable = False  # they are the root's own
            return held
        found = self.patterns(number, 0, elements(tensor.shape))
        if tensor.dtype.bits < 8:
            return pack_bits(found, tensor.dtype.bits)
        return found.astype(found.dtype.newbyteorder("<")).view(np.uint8)
