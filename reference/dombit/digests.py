"""Digests: what a decoded model is compared with (chapter 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dombit import identity
from dombit.rebuild import Outputs
from dombit.records import (
    ModelEnd,
    Structure,
    Tensor,
)
from dombit.views import bytes_of_alias

NOTHING: Mapping[int, bytes] = MappingProxyType({})


def check_digests(
    structure: Structure,
    outputs: Outputs,
    end: ModelEnd,
    jobs: int = 1,
    known: Mapping[int, bytes] = NOTHING,
) -> dict[int, bytes]:
    """Compare the digest of each tensor (where the stream gives it) and of the model."""
    visible = structure.visible
    digests = tensor_digests(structure, outputs, visible, jobs, known)
    for place, number in enumerate(visible):
        expected = end.tensor_digests[32 * place : 32 * place + 32]
        if expected:
            identity.check_tensor(digests[number], expected, structure.tensors[number].name)
    identity.check_model(model_digest(structure, digests), end.model_digest)
    return digests


def tensor_digests(
    structure: Structure,
    outputs: Outputs,
    numbers: Sequence[int],
    jobs: int = 1,
    known: Mapping[int, bytes] = NOTHING,
) -> dict[int, bytes]:
    """Return the digests of tensors, hashed by `jobs` threads; whole aliases only once.

    `known`: digests of tensors that are no aliases, by number; these are not looked at.
    """
    sources = {number: source_of(structure, number) for number in numbers}
    unknown = set(sources.values()) - known.keys()
    hashed = sorted(unknown, key=lambda n: -structure.tensors[n].byte_size)

    def digest(number: int) -> bytes:
        data = tensor_bytes(structure.tensors[number], outputs, number)
        return identity.tensor_digest(data)

    with ThreadPoolExecutor(jobs) as pool:
        found = {**known, **dict(zip(hashed, pool.map(digest, hashed), strict=True))}
    return {number: found[source] for number, source in sources.items()}


def source_of(structure: Structure, number: int) -> int:
    """Return the tensor whose bytes are those of an alias, or its own number."""
    tensor = structure.tensors[number]
    alias = tensor.alias
    if alias is None or alias.strides is not None:
        return number
    whole = tensor.byte_size == structure.tensors[alias.target].byte_size
    return alias.target if whole else number


def model_digest(structure: Structure, digests: dict[int, bytes]) -> bytes:
    """Return the digest of a model from those of its tensors."""
    return identity.model_digest(
        (tensor.name, tensor.dtype, tensor.shape, digests[number])
        for number, tensor in enumerate(structure.tensors)
        if not tensor.hidden
    )


def tensor_bytes(tensor: Tensor, outputs: Outputs, number: int) -> NDArray[np.uint8]:
    """Return the canonical bytes of a tensor; those of an alias come from its target."""
    if tensor.alias is None:
        return outputs[number]
    return bytes_of_alias(tensor, outputs[tensor.alias.target])
