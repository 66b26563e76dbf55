"""Access: single tensors by few small reads, and slices as arrays give them."""

from __future__ import annotations

import io
import zlib

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit import identity
from dombit.api import units_of
from dombit.bitstream import index as index_chapter
from dombit.bitstream import registry
from dombit.bitstream.container import read_unit_at
from dombit.bitstream.writer import UnitWriter
from dombit.errors import DombitError, IoFailure, UsageError
from dombit.limits import Limits
from dombit.records import StreamHeader

RANDOM = np.random.default_rng(8)


def layers(count: int, rows: int) -> dict[str, np.ndarray]:
    """Return a model of large weights and small vectors in turns."""
    model: dict[str, np.ndarray] = {}
    for n in range(count):
        model[f"layers.{n}.weight"] = RANDOM.normal(0, 0.02, (rows, 256)).astype(np.float32)
        model[f"layers.{n}.bias"] = RANDOM.normal(0, 0.02, rows).astype(np.float32)
    return model


class CountedFile(io.BytesIO):
    """A file that remembers its reads."""

    def __init__(self, data: bytes) -> None:
        """Start with none."""
        super().__init__(data)
        self.sizes: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        """Read, and remember how much."""
        data = super().read(size)
        self.sizes.append(len(data))
        return data


def test_one_small_tensor_costs_few_reads() -> None:
    """keys() and a vector of a stream of 20 MB: at most three reads beside the tail, 256 KiB.

    Likewise a matrix of nearly 64 KiB, in a group with others.
    """
    model = layers(160, 128)
    for n in range(20):
        model[f"heads.{n}"] = RANDOM.normal(0, 0.02, (63, 256)).astype(np.float32)
    data = dombit.to_bytes(model)
    for name in ("layers.0.bias", "layers.97.bias", "layers.159.bias", "heads.0", "heads.13"):
        file = CountedFile(data)
        with dombit.open(file) as stream:
            assert stream.keys() == list(model)
            found = stream.get_tensor(name)
        assert np.array_equal(found, model[name])
        reads = [size for size in file.sizes if size]
        assert len(reads) <= 4 and sum(reads) <= 256 << 10


@pytest.mark.parametrize("settings", [{}, {"snr": 25}, {"level": 2}, {"index": False}])
def test_every_tensor_is_the_decoded_one(settings: dict[str, float]) -> None:
    """Random access and decoding whole give the same tensors, of every coding."""
    model = {
        **layers(3, 400),
        "ids": RANDOM.integers(-5, 5, (300, 40)),
        "mask": RANDOM.integers(0, 2, (9, 9)).astype(bool),
        "noise": RANDOM.integers(0, 1 << 32, 5000, np.uint32),
        "one": np.float64(3),
        "none": np.zeros((0, 4), np.int8),
        "same": np.ones(3000, np.float16),
    }
    model["tied"] = model["layers.1.weight"]
    data = dombit.to_bytes(model, **settings)
    whole = dombit.decode(data)
    with dombit.open(data) as stream:
        for name, array in stream.get_tensors():
            assert np.array_equal(array, whole[name]) and array.dtype == whole[name].dtype
            assert stream.shape(name) == array.shape
        assert sorted(stream.offset_keys()) == sorted(stream.keys())
        assert stream.model_digest() == dombit.verify(data).model_digest


@pytest.mark.parametrize(
    "key",
    [
        slice(10, 20), slice(None, None, -3), slice(5, 5), (slice(100, 390, 7), slice(3, 9)),
        7, (7, 3), ..., (..., 2), slice(-40, None),
    ],
)  # fmt: skip
def test_slices_are_those_of_arrays(key: object) -> None:
    """get_slice(name)[key] is get_tensor(name)[key]."""
    model = layers(2, 400)
    with dombit.open(dombit.to_bytes(model, snr=30)) as stream:
        whole = stream.get_tensor("layers.1.weight")
        part = stream.get_slice("layers.1.weight")
        assert part.get_shape() == [400, 256] and part.get_dtype() == "f32"
        assert np.array_equal(part[key], whole[key])


def test_what_is_read_whole_is_digested() -> None:
    """A slice that is the whole tensor is checked against its digest, as the tensor itself is."""
    array = RANDOM.normal(0, 1, (60, 50)).astype(np.float32)
    data = dombit.to_bytes({"w": array, "part": array}, tensor_digests=True, deflate=False)
    units = list(units_of(data, Limits()))
    place = data.index(identity.tensor_digest(array.view(np.uint8).reshape(-1)))
    unit = units[-1]
    assert unit.payload_start < place < unit.start + unit.size
    changed = bytearray(data)
    changed[place] ^= 1
    stop = unit.start + unit.size - 4
    crc = zlib.crc32(changed[unit.payload_start : stop])
    changed[stop : stop + 4] = crc.to_bytes(4, "little")
    with dombit.open(bytes(changed)) as stream:
        part = stream.get_slice("w")
        assert np.array_equal(part[1:], array[1:])
        for key in (slice(None), ..., slice(None, None, -1), (slice(0, 60), 3), 5):
            with pytest.raises(DombitError) as verdict:
                part[key]
            assert verdict.value.rule == "R-IDN-001"


def test_slices_of_aliases_and_narrow_tensors() -> None:
    """Rows of a tensor that repeats another, or has elements of half a byte, are its rows."""
    model: dict[str, np.ndarray] = {"w": RANDOM.normal(0, 1, (90, 7)).astype(np.float32)}
    model["tied"] = model["w"].reshape(7, 90).copy()
    model["narrow"] = RANDOM.integers(-3, 3, (9, 5)).astype(ml_dtypes.int4)
    model["wide"] = RANDOM.integers(-(1 << 40), 1 << 40, (30, 3))
    model["pairs"] = RANDOM.normal(0, 1, (30, 3)).astype(np.complex64)
    with dombit.open(dombit.to_bytes(model)) as stream:
        assert stream.directory.structure.tensors[1].alias is not None
        for name, array in model.items():
            for key in (slice(2, 5), slice(6, 1, -2), slice(4, 4), 3, slice(-4, None)):
                found = stream.get_slice(name)[key]
                assert found.dtype == array.dtype and found.tobytes() == array[key].tobytes()


def test_frameworks_are_numpy_and_torch() -> None:
    """framework="pt" gives torch's tensors and slices; another word is a usage error."""
    torch = pytest.importorskip("torch")
    model = {"w": RANDOM.normal(0, 1, (20, 30)).astype(ml_dtypes.bfloat16)}
    data = dombit.to_bytes(model)
    with dombit.open(data, framework="pt") as stream:
        found = stream.get_tensor("w")
        assert found.dtype == torch.bfloat16 and found.shape == (20, 30)
        assert np.array_equal(found.view(torch.uint16).numpy(), model["w"].view(np.uint16))
        assert torch.equal(stream.get_slice("w")[3:9], found[3:9])
    with pytest.raises(UsageError), dombit.open(data, framework="tf") as stream:  # type: ignore[arg-type]
        stream.get_tensor("w")


def test_what_is_not_there_is_refused() -> None:
    """A name that is missing is a usage error."""
    with dombit.open(dombit.to_bytes(layers(1, 8))) as stream, pytest.raises(UsageError):
        stream.get_tensor("layers.9.weight")


@pytest.mark.parametrize("action", ["get_tensor", "get_slice", "open"])
def test_memory_that_runs_out_is_the_environments(
    action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MemoryError leaves as IoFailure, as from decode."""

    def none_left(*_: object, **__: object) -> None:
        raise MemoryError

    data = dombit.to_bytes(layers(1, 8))
    if action == "open":
        monkeypatch.setattr("dombit.directory.structure_chapter.parse", none_left)
        with pytest.raises(IoFailure, match="opening the stream: not enough memory"):
            dombit.open(data)
        return
    with dombit.open(data) as stream:
        monkeypatch.setattr("dombit.ranges.open_group", none_left)
        with pytest.raises(IoFailure, match="reading a tensor: not enough memory"):
            stream.get_tensor("layers.0.bias") if action == "get_tensor" else (
                stream.get_slice("layers.0.bias")[2:4]
            )


def test_a_damaged_tensor_is_found() -> None:
    """A tensor whose units are damaged is refused, the others are read."""
    model = layers(2, 2000)
    data = bytearray(dombit.to_bytes(model))
    data[len(data) // 2] ^= 16
    with dombit.open(bytes(data)) as stream:
        verdicts = []
        for name in model:
            try:
                verdicts.append(np.array_equal(stream.get_tensor(name), model[name]))
            except DombitError as error:
                verdicts.append(error.kind == "integrity")
    assert all(verdicts)


@pytest.mark.parametrize(("rule", "kinds"), [("R-DEC-054", {3: 7}), ("R-DEC-055", {3: 3, 9: 9})])
def test_an_index_that_lies_is_refused(rule: str, kinds: dict[int, int]) -> None:
    """Units that are not where or what the index says are refused when they are read."""
    data = dombit.to_bytes(layers(1, 300), deflate=False, tensor_digests=False)
    end = index_chapter.parse_end(data[-20:], len(data))
    unit = read_unit_at(memoryview(data)[end.index_offset :], end.index_offset, 1 << 20)
    index = index_chapter.parse(unit, 1, Limits())
    if rule == "R-DEC-055":
        index.unit_size[1] += 8
        index.unit_size[2] -= 8
    for row, kind in enumerate(index.unit_type.tolist()):
        index.unit_type[row] = kinds.get(kind, kind)
    writer = UnitWriter()
    writer.position = end.index_offset
    lying = b"".join(
        bytes(chunk) for chunk in writer.unit(registry.INDEX, index_chapter.build(index))
    )
    tail = data[end.index_offset + unit.size :]
    assert len(lying) == unit.size
    with pytest.raises(DombitError) as verdict:
        dombit.open(data[: end.index_offset] + lying + tail)
    assert verdict.value.rule == rule
    assert verdict.value.unit in ("index", "units[1]")


def test_a_pipe_is_read_whole() -> None:
    """What cannot seek is read to its end first."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    model = layers(1, 8)
    with dombit.open(Pipe(dombit.to_bytes(model))) as stream:
        assert np.array_equal(stream.get_tensor("layers.0.bias"), model["layers.0.bias"])


def test_units_are_the_streams_own() -> None:
    """units_of gives the header first and the model end last."""
    kinds = [unit.type for unit in units_of(dombit.to_bytes(layers(1, 8)), Limits())]
    assert kinds[0] == registry.HEADER and kinds[-1] == registry.MODEL_END
    assert StreamHeader().version_minor == 1
