"""ONNX: tensors of a model file, found in its wire bytes, and its skeleton (chapters 8, 10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import elements
from dombit.errors import BadSource
from dombit.models import carrier
from dombit.models.naming import Namer, main_file_name
from dombit.models.onnx_raw import Place, with_raw_data
from dombit.models.onnx_tensors import LeftLiteral, Stored
from dombit.models.onnx_walk import Found, Walk, walked
from dombit.records import Alias, Buffer, ModelFile, Skeleton, Tensor

CARRIER = 1
"""Code of this carrier in a skeleton."""
_PROTOBUF_LIMIT = 1 << 31
"""Bytes that a message of protobuf stays below."""

Values = NDArray[np.uint8]


def external_names(data: Buffer) -> list[str]:
    """Return the names of the files beside the model file that hold tensors' data.

    Relative paths without `.` and `..`, in walk order. Raises BadSource.
    """
    return list(walked(data).files)


def read(files: Mapping[str, Buffer], main: str, *, raw: bool = False) -> ModelFile:
    """Return the tensors of an ONNX model, with the skeleton of its files.

    `files` holds the main file and, by the names of `external_names`, the files beside it.
    Tensors' data are views of the buffers. What is not understood stays literal, with a note. With
    `raw`, tensors whose values stand as varints become raw_data, so that other values of them can
    take the same place. Raises BadSource where a file is missing, damaged or no ONNX model.
    """
    exact, typed = _read(files, main)
    if not raw or not typed:
        return exact
    other = with_raw_data(files[main], typed)
    if len(other) >= _PROTOBUF_LIMIT:
        return exact
    model, left = _read({**files, main: other}, main)
    if left or not _same(model, exact):
        return exact
    note = f"tensors that come back as raw_data, the same values in another form: {len(typed)}"
    return replace(model, exact=exact, notes=(*model.notes, note))


def _read(files: Mapping[str, Buffer], main: str) -> tuple[ModelFile, dict[Place, Values]]:
    """Return a model, and the canonical bytes of tensors whose values stand as varints."""
    walk = walked(files[main])
    name = main_file_name(main)
    sources = {name: files[main], **_beside(files, walk.files, name)}
    if walk.whole:
        return _carried_whole(sources, [walk.whole]), {}
    places = _Places(sources, name, walk)
    model = places.model()
    if model.skeleton and carrier.verify(model.skeleton, sources, model.tensors):
        return model, places.typed
    return _carried_whole(sources, ["re-assembly does not give the same bytes"]), {}


def _same(model: ModelFile, other: ModelFile) -> bool:
    """Whether two models have the same tensors, by name, kind and bytes."""
    plain = [[replace(each, data=None) for each in some.tensors] for some in (model, other)]
    datas = zip(model.tensors, other.tensors, strict=False)
    return plain[0] == plain[1] and all(
        one.data is other.data or np.array_equal(one.data, other.data)  # type: ignore[arg-type]
        for one, other in datas
    )


def _beside(files: Mapping[str, Buffer], names: Iterable[str], main: str) -> dict[str, Buffer]:
    missing = [name for name in names if name not in files and name != main]
    if missing:
        raise BadSource(
            f"the model's data is in {missing[0]}, which is not there",
            hint="keep the files of external data beside the model file",
        )
    return {name: files[name] for name in names if name != main}


def _carried_whole(sources: Mapping[str, Buffer], reasons: list[str]) -> ModelFile:
    notes = tuple(f"the model is carried whole: {reason}" for reason in reasons)
    return ModelFile(carrier=0, tensors=(), skeleton=carrier.whole(0, sources), notes=notes)


# --------------------------------------------------------------------------- from places to holes


class _Places:
    """Turns what a walk found into tensors, aliases and holes."""

    def __init__(self, sources: Mapping[str, Buffer], main: str, walk: Walk) -> None:
        self._sources = sources
        self._main = main
        self._walk = walk
        self._bytes = {name: np.frombuffer(data, np.uint8) for name, data in sources.items()}
        self._shared = _overlapping(walk.found)
        self._namer = Namer()
        self._tensors: list[Tensor] = []
        self._holes: dict[str, list[carrier.Hole]] = defaultdict(list)
        self._first: dict[tuple[str, tuple[tuple[int, int], ...], int, int], int] = {}
        self._pinned: set[int] = set()
        self.typed: dict[Place, Values] = {}
        """Canonical bytes of tensors whose values stand as varints."""

    def model(self) -> ModelFile:
        """Return the model with all tensors that can be taken out of its files."""
        for place, found in enumerate(self._walk.found):
            try:
                self._add(found, place in self._shared)
            except LeftLiteral as left:
                self._walk.note(found.name, str(left))
        return ModelFile(
            carrier=CARRIER,
            tensors=tuple(self._tensors),
            skeleton=self._skeleton(),
            notes=self._walk.notes(),
            pinned=frozenset(self._pinned),
        )

    def _skeleton(self) -> Skeleton:
        cuts = [carrier.cut(name, data, self._holes[name]) for name, data in self._sources.items()]
        return carrier.skeleton(CARRIER, cuts)

    def _add(self, found: Found, shared: bool) -> None:
        stored, number = found.stored, len(self._tensors)
        if shared:
            raise LeftLiteral("its data overlaps with another tensor's")
        if stored.file == self._main:
            raise LeftLiteral("its external data is in the model file itself")
        data = self._data(stored)
        key = (stored.file, stored.places, stored.dtype.code, elements(stored.shape))
        target = self._first.setdefault(key, number) if stored.places else number
        self._tensors.append(
            Tensor(
                name=self._namer.unique(found.name),
                dtype=stored.dtype,
                shape=stored.shape,
                data=data if target == number else None,
                alias=None if target == number else Alias(target=target),
            )
        )
        if stored.values is not None and stored.values.size:
            self._pinned.add(number)
            self.typed[stored.message] = data
        if target == number:
            self._cut_out(stored, number)

    def _cut_out(self, stored: Stored, number: int) -> None:
        first = 0
        for start, length in stored.places:
            hole = carrier.Hole(start=start, length=length, tensor=number, first=first)
            self._holes[stored.file or self._main].append(hole)
            first += length

    def _data(self, stored: Stored) -> NDArray[np.uint8]:
        """Return the canonical bytes: a view of the file where they stand in one run."""
        file = self._bytes[stored.file or self._main]
        if any(start + length > file.size for start, length in stored.places):
            raise BadSource(f"{stored.file} ends before a tensor's data does")
        runs = [file[start : start + length] for start, length in stored.places]
        data = stored.values if stored.values is not None else np.zeros(0, np.uint8)
        if runs:
            data = runs[0] if len(runs) == 1 else np.concatenate(runs)
        unused = -elements(stored.shape) * stored.dtype.bits % 8
        if unused and int(data[-1]) >> (8 - unused):
            raise LeftLiteral("bits behind its last element are not zero")
        return data


def _overlapping(found: Sequence[Found]) -> set[int]:
    """Return the places in `found` of tensors whose external bytes overlap, but are not equal."""
    spans: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for place, each in enumerate(found):
        if each.stored.file and each.stored.places:
            start, length = each.stored.places[0]
            spans[each.stored.file].append((start, start + length, place))
    return {place for each in spans.values() for place in _clashes(sorted(each), found)}


def _clashes(spans: Sequence[tuple[int, int, int]], found: Sequence[Found]) -> Iterator[int]:
    """Yield the members of each run of overlapping spans that are not all the same tensor."""
    run: list[tuple[int, int, int]] = []
    reach = 0
    for span in [*spans, (1 << 63, 0, -1)]:
        if run and span[0] >= reach:
            kinds = {(a, b, found[p].stored.dtype.code, elements(found[p].stored.shape))
                     for a, b, p in run}  # fmt: skip
            yield from (place for _, _, place in run if len(kinds) > 1)
            run, reach = [], 0
        run.append(span)
        reach = max(reach, span[1])
