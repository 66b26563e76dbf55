"""Access: single tensors of a stream by range reads (chapter 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit import identity
from dombit.digests import tensor_bytes
from dombit.directory import Units, read_directory
from dombit.errors import UsageError
from dombit.files import Source, memory_errors, reading_chunks, size_of
from dombit.held import FindRoot, no_root
from dombit.kernels import NUMPY, Kernels
from dombit.ranges import PartReader
from dombit.records import Tensor


class StreamFile:
    """A stream that is open for reading single tensors; use it as a context manager.

    `keys`, `get_tensor`, `get_slice` and `metadata` are as in safetensors.safe_open. Raises
    DombitError where the stream is damaged; a tensor is checked against its digest where the
    stream carries one.
    """

    @memory_errors("opening the stream")
    def __init__(
        self,
        source: Source,
        convert: Callable[[Tensor, NDArray[np.uint8]], Any],
        kernels: Kernels = NUMPY,
        find_root: FindRoot = no_root,
    ) -> None:
        """Read the end, the index (or walk where there is none), the structure, the digests."""
        if size_of(source) is None:
            source = b"".join(reading_chunks(source))
        self._units = Units(source)
        self.reader = self._units.reader
        try:
            self.directory = read_directory(self._units, find_root)
        except BaseException:
            self.close()
            raise
        self._parts = PartReader(self._units, self.directory, kernels, find_root)
        self._convert = convert
        structure = self.directory.structure
        self._numbers = {structure.tensors[number].name: number for number in structure.visible}
        self._places = {number: place for place, number in enumerate(structure.visible)}

    def __enter__(self) -> StreamFile:
        """Return the open stream."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file, where this object opened it."""
        self.reader.close()

    def keys(self) -> list[str]:
        """Return the names of the tensors, in the model's order."""
        return list(self._numbers)

    def offset_keys(self) -> list[str]:
        """Return the names in the order in which the tensors lie in the stream; copies first."""
        structure = self.directory.structure
        place = {int(number): at for at, number in enumerate(structure.coded_order)}
        return sorted(
            self._numbers, key=lambda name: place.get(self._target(self._numbers[name]), -1)
        )

    def metadata(self) -> dict[str, str]:
        """Return the user's metadata."""
        return dict(self.directory.metadata)

    def model_digest(self) -> str:
        """Return the digest that the stream gives for its model, in hex (not checked here)."""
        return self.directory.end.model_digest.hex()

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor, without reading it."""
        return self._tensor(name)[1].shape

    def dtype(self, name: str) -> str:
        """Return the name of a tensor's dtype, without reading it."""
        return self._tensor(name)[1].dtype.name

    @memory_errors("reading a tensor")
    def get_tensor(self, name: str) -> Any:
        """Return one tensor; only its own units are read."""
        number, tensor = self._tensor(name)
        data = self._bytes(number, None)
        self._check(number, tensor, data)
        return self._convert(tensor, data)

    def get_slice(self, name: str) -> Slice:
        """Return something to be indexed: of large tensors only what is asked for is decoded."""
        return Slice(self, name)

    @memory_errors("reading the changes of a tensor")
    def changes(self, name: str) -> tuple[NDArray[np.int64], Any]:
        """Return which elements of a tensor differ from the root's: flat indices, and values.

        Indices are int64, ascending, into the tensor in row-major order; values are an array or
        tensor of one axis, as get_tensor gives them. An element is there if its bits are not
        those of its prediction, the root's tensor of that name (or the one that the stream names)
        in this dtype. A copied tensor gives none, and nothing is read; one without a root tensor
        gives all. The root is checked by its digest, and units by their CRC; the digest of the
        tensor is not: a sparse one is not rebuilt.
        """
        number, tensor = self._tensor(name)
        indices, data = self._parts.changes(number)
        return indices, self._convert(replace(tensor, shape=indices.shape, alias=None), data)

    def get_tensors(self) -> Iterator[tuple[str, Any]]:
        """Yield all tensors, by name."""
        for name in self.keys():
            yield name, self.get_tensor(name)

    # ------------------------------------------------------------------------------------ reading

    def _tensor(self, name: str) -> tuple[int, Tensor]:
        if name not in self._numbers:
            raise UsageError(f"the stream has no tensor {name!r}", hint="keys() lists them")
        number = self._numbers[name]
        return number, self.directory.structure.tensors[number]

    def _target(self, number: int) -> int:
        alias = self.directory.structure.tensors[number].alias
        return alias.target if alias is not None else number

    def _bytes(self, number: int, rows: tuple[int, int] | None) -> NDArray[np.uint8]:
        """Return the bytes of a tensor; those outside `rows` of its first axis stay zero."""
        target = self._target(number)
        outputs = {target: self._parts.read(target, rows)}
        return tensor_bytes(self.directory.structure.tensors[number], outputs, number)

    def _check(self, number: int, tensor: Tensor, data: NDArray[np.uint8]) -> None:
        """Compare a whole tensor with its digest, where the stream has one."""
        digests = self.directory.end.tensor_digests
        if digests:
            place = self._places[number]
            identity.check_tensor(
                identity.tensor_digest(data), digests[32 * place : 32 * place + 32], tensor.name
            )


class Slice:
    """A tensor that is read when it is indexed."""

    def __init__(self, stream: StreamFile, name: str) -> None:
        """Name the tensor; nothing is read yet."""
        self._stream = stream
        self._number, self._tensor = stream._tensor(name)

    def get_shape(self) -> list[int]:
        """Return the shape."""
        return list(self._tensor.shape)

    def get_dtype(self) -> str:
        """Return the name of the dtype."""
        return self._tensor.dtype.name

    @memory_errors("reading a tensor")
    def __getitem__(self, key: Any) -> Any:
        """Return a part, indexed as an array is."""
        first = key[0] if isinstance(key, tuple) and key else key
        rows = self._rows(first) if isinstance(first, slice) else None
        data = self._stream._bytes(self._number, rows)
        if rows is None:
            self._stream._check(self._number, self._tensor, data)
        return self._stream._convert(self._tensor, data)[key]

    def _rows(self, asked: slice) -> tuple[int, int] | None:
        """Return the rows of the first axis to decode; None: all, the digest can be checked."""
        tensor = self._tensor
        if not tensor.shape or tensor.dtype.bits < 8 or tensor.alias is not None:
            return None
        span = range(*asked.indices(tensor.shape[0]))
        rows = (min(span), max(span) + 1) if span else (0, 0)
        return None if rows == (0, tensor.shape[0]) else rows
