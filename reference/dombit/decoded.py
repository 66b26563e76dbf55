"""Decoded: a model as a stream gives it (chapter 15)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit import identity
from dombit.digests import tensor_bytes
from dombit.held import refuse_files
from dombit.models.carrier import file_digest
from dombit.rebuild import Outputs
from dombit.records import Skeleton, Structure


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedModel:
    """A model as a stream gives it, its digest checked."""

    structure: Structure
    outputs: Outputs
    """Canonical bytes of the tensors that are no aliases, by number."""
    skeleton: Skeleton | None
    lacks_skeleton: bool = False
    """Whether its files are made from a skeleton that the root given does not have."""
    metadata: dict[str, str]
    model_digest: bytes
    digests: dict[int, bytes]
    """Digest of each tensor that is not hidden, by number; empty where none was computed."""

    def data(self, number: int) -> NDArray[np.uint8]:
        """Return the canonical bytes of a tensor, an alias resolved."""
        return tensor_bytes(self.structure.tensors[number], self.outputs, number)

    def check_files(self) -> None:
        """Re-assemble every source file and compare its SHA-256; nothing is written.

        Raises DombitError (root-mismatch) where the root given does not have what they need.
        """
        if self.lacks_skeleton:
            refuse_files(self.structure.skeleton_id)
        if self.skeleton is None:
            return
        for number, file in enumerate(self.skeleton.files):
            if not file.sha256:  # inherited: the digest of the model says all that differs
                continue
            found = file_digest(self.skeleton, number, self.data, self.structure.tensors)
            identity.check_file(found, file.sha256, file.name)
