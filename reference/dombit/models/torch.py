"""PyTorch checkpoints: tensors and the places of their storages (chapter 8, annex).

The pickle is walked, never executed; `torch.load(weights_only=True)` then reads the same file,
and both must agree. What the walk does not understand is carried whole.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dombit.dtypes import elements
from dombit.errors import BadSource
from dombit.limits import default_limits
from dombit.models import carrier, pickles, zipwalk
from dombit.models.naming import Namer, main_file_name
from dombit.models.paths import Unwalkable, is_optimiser, joined, leaves
from dombit.models.storages import place
from dombit.models.torchload import View, agrees, need_torch
from dombit.models.torchrefs import StorageRef, TensorRef
from dombit.records import Buffer, ModelFile, Tensor

CARRIER = 3
MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of a file in the format before zip archives."""
PROTOCOL = 1001
Path = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the walk finds in a file."""

    tree: object
    """The object that was saved, with TensorRefs for its tensors."""
    opcodes: int
    regions: Mapping[str, int]
    """Offset of each storage's bytes in the file."""
    entries: Mapping[str, zipwalk.Entry]
    """Zip entry of each storage; empty where the file is no archive."""


def read(files: Mapping[str, Buffer], main: str) -> ModelFile:
    """Read a checkpoint: a zip archive of torch.save, or a file of the format before it.

    Raises MissingExtra without torch, and BadSource for a damaged file, for one that holds code
    or foreign classes (it names them; nothing is executed), for TorchScript.
    """
    need_torch()
    data = memoryview(files[main]).cast("B").toreadonly()
    name = main_file_name(main)
    try:
        layout = _zip(data) if data[:4] == zipwalk.LOCAL else _sequential(data)
        return _model(name, data, layout)
    except Unwalkable as reason:
        note = f"{name} is carried whole, without tensors: {reason}"
        whole = carrier.whole(0, {name: data})
        return ModelFile(carrier=0, tensors=(), skeleton=whole, notes=(note,))


# ---------------------------------------------------------------------------- where things lie


def _zip(data: memoryview) -> Layout:
    """Find the storages of a zip checkpoint."""
    found = {entry.name: entry for entry in zipwalk.entries(data)}
    root = next(iter(found), "").partition("/")[0]
    if f"{root}/constants.pkl" in found or any(n.startswith(f"{root}/code/") for n in found):
        raise BadSource(
            "a TorchScript archive, which holds code",
            hint="export the model to ONNX, or save its state_dict()",
        )
    if f"{root}/data.pkl" not in found:
        raise BadSource("a zip archive that is no PyTorch checkpoint: it has no data.pkl")
    if any(not entry.plain for entry in found.values()):
        raise Unwalkable("entries of the archive are compressed or encrypted")
    order = found.get(f"{root}/byteorder")
    if order is not None and bytes(_content(data, order)) != b"little":
        raise Unwalkable("its storages are big-endian")
    walked = pickles.walk(View(_content(data, found[f"{root}/data.pkl"])))
    entries = {key: found.get(f"{root}/data/{key}") for key in walked.storages}
    present = {key: entry for key, entry in entries.items() if entry is not None}
    for key, storage in walked.storages.items():
        if key not in present or present[key].size != storage.size:
            raise BadSource(f"damaged checkpoint: storage {key} is missing or has another size")
    return Layout(
        tree=walked.result,
        opcodes=walked.opcodes,
        regions={key: entry.start for key, entry in present.items()},
        entries=present,
    )


def _content(data: memoryview, entry: zipwalk.Entry) -> memoryview:
    return data[entry.start : entry.start + entry.size]


def _sequential(data: memoryview) -> Layout:
    """Find the storages of a checkpoint older than the zip format: pickles, then raw bytes."""
    stream = View(data)
    if bytes(data[:2]) != b"\x80\x02" or pickles.walk(stream).result != MAGIC:
        raise BadSource("not a PyTorch checkpoint: neither a zip archive nor its older format")
    if pickles.walk(stream).result != PROTOCOL:
        raise BadSource("a PyTorch checkpoint of an unknown protocol version")
    system = pickles.walk(stream).result
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise Unwalkable("its storages are big-endian")
    walked = pickles.walk(stream)
    keys = pickles.walk(stream).result
    if not isinstance(keys, list) or len(keys) != len(walked.storages):
        raise BadSource("damaged checkpoint: its list of storages does not fit")
    regions = _raw_storages(data, stream.tell(), keys, walked.storages)
    return Layout(tree=walked.result, opcodes=walked.opcodes, regions=regions, entries={})


def _raw_storages(
    data: memoryview, at: int, keys: Sequence[object], storages: Mapping[str, StorageRef]
) -> dict[str, int]:
    """Return the offset of each storage: an i64 number of elements, then their bytes."""
    regions: dict[str, int] = {}
    for key in keys:
        storage = storages.get(key) if isinstance(key, str) else None
        if storage is None or storage.key in regions or at + 8 + storage.size > len(data):
            raise BadSource("damaged checkpoint: its list of storages does not fit")
        (count,) = struct.unpack_from("<q", data, at)
        if count * storage.width != storage.size:
            raise BadSource(f"damaged checkpoint: storage {storage.key} has another size")
        regions[storage.key] = at + 8
        at += 8 + storage.size
    return regions


# ------------------------------------------------------------------------------------ the model


def _model(name: str, data: memoryview, layout: Layout) -> ModelFile:
    """Cut the tensors out of a file; the walk and torch.load must agree on them."""
    most = 4 * layout.opcodes + 1000
    found = leaves(layout.tree, lambda node: isinstance(node, TensorRef), most)
    namer = Namer()
    named = [(namer.give(joined(path)), ref) for path, ref in found]
    total = sum(ref.dtype.bits // 8 * elements(ref.shape) for _, ref in found)
    if total > default_limits(len(data)).output_bytes:
        raise Unwalkable("expanded tensors that make it many times its size")
    if not agrees(data, found, layout.regions, most):
        raise Unwalkable("torch.load reads other tensors than its pickle describes")
    tensors, holes = place(data, named, layout.regions, namer)
    used = dict.fromkeys(ref.storage.key for _, ref in found if ref.span)
    crcs = [
        crc
        for key in used
        if key in layout.entries
        for crc in zipwalk.checksums(data, layout.entries[key])
    ]
    skeleton = carrier.skeleton(CARRIER, [carrier.cut(name, data, holes, crcs)])
    if not carrier.verify(skeleton, {name: data}, tensors):
        raise Unwalkable("it does not come back byte for byte")
    return ModelFile(
        carrier=CARRIER,
        tensors=tuple(tensors),
        skeleton=skeleton,
        optimiser=_optimiser([path for path, _ in found], tensors, layout.tree),
    )


def _optimiser(paths: Sequence[Path], tensors: Sequence[Tensor], tree: object) -> frozenset[int]:
    """Return the numbers of tensors that are optimiser state, and hold no other tensor's data."""
    everything = isinstance(tree, dict) and set(tree) == {"state", "param_groups"}
    states: set[int] = set()
    others: set[int] = set()
    for number, path in enumerate(paths):
        alias = tensors[number].alias
        holder = number if alias is None else alias.target
        if everything or is_optimiser(path):
            states.update((number, holder))
        else:
            others.update((number, holder))
    return frozenset(states - others)
