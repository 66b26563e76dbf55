"""Roots: which of the models that a caller holds is the root of a stream."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dombit
from dombit.errors import DombitError, RootMissing

Weights = dict[str, np.ndarray]


def weights(seed: int) -> Weights:
    """Return two small tensors."""
    random = np.random.default_rng(seed)
    return {"w": random.normal(size=(8, 4)).astype(np.float32), "b": np.arange(seed, seed + 4)}


def sent(path: Path, model: Weights, root: object = None, roots: list[object] | None = None) -> str:
    """Encode a model; return the path of the stream."""
    more = {} if root is None else {"root": root, "roots": roots or []}
    dombit.encode(model, path, force=True, **more)  # type: ignore[arg-type]
    return str(path)


@pytest.fixture
def chain(tmp_path: Path) -> list[str]:
    """Three streams: a model, a difference from it, and a difference from that."""
    first = sent(tmp_path / "0.dombit", weights(1))
    second = sent(tmp_path / "1.dombit", weights(2), first)
    return [first, second, sent(tmp_path / "2.dombit", weights(3), second, [first])]


def comes_out(stream: str, roots: list[str], model: Weights) -> bool:
    """Whether a stream decodes to a model."""
    back = dombit.decode(stream, roots=roots)
    return all(np.array_equal(back[name], model[name]) for name in model)


def test_a_stream_that_is_not_asked_for_is_not_decoded(chain: list[str], tmp_path: Path) -> None:
    """One whose own root is missing, and one that is cut, may stand before the root."""
    other = sent(tmp_path / "x.dombit", weights(4))
    lonely = sent(tmp_path / "y.dombit", weights(5), other)
    cut = tmp_path / "cut.dombit"
    cut.write_bytes(Path(other).read_bytes()[:-9])
    assert comes_out(chain[1], [lonely, str(cut), chain[0]], weights(2))
    assert comes_out(chain[2], [lonely, chain[1], str(cut), chain[0]], weights(3))


def test_the_root_of_a_root_is_missing(chain: list[str], tmp_path: Path) -> None:
    """It is missing where all that was given waits for it, and wrong where something else is."""
    other = sent(tmp_path / "x.dombit", weights(4))
    with pytest.raises(RootMissing):
        dombit.decode(chain[2], roots=[chain[1]])
    with pytest.raises(DombitError) as caught:
        dombit.decode(chain[2], roots=[chain[1], other])
    assert caught.value.rule == "R-PRE-502"


def test_a_damaged_stream_is_no_root(chain: list[str], tmp_path: Path) -> None:
    """Another one with its digest is taken; where there is none its own fault is told."""
    data = bytearray(Path(chain[0]).read_bytes())
    data[len(data) // 2] ^= 1
    bad = tmp_path / "bad.dombit"
    bad.write_bytes(data)
    assert comes_out(chain[1], [str(bad), chain[0]], weights(2))
    with pytest.raises(DombitError) as caught:
        dombit.decode(chain[1], roots=[str(bad)])
    assert caught.value.kind == "integrity"


def test_differences_from_equal_models_end(tmp_path: Path) -> None:
    """Twelve streams that all name each other as root are each decoded once, then refused."""
    first = sent(tmp_path / "0.dombit", weights(1))
    same = [sent(tmp_path / f"{n}.dombit", weights(1), first) for n in range(1, 13)]
    with pytest.raises(DombitError) as caught:
        dombit.decode(same[0], roots=same)
    assert caught.value.rule == "R-PRE-504"
    assert comes_out(same[0], [*same, first], weights(1))


def test_an_open_file_stays_where_it_stands(chain: list[str]) -> None:
    """A root that is an open file is read from there, whatever was looked at before."""
    with Path(chain[0]).open("rb") as file:
        back = dombit.decode(chain[1], roots=[file])
    assert np.array_equal(back["w"], weights(2)["w"])
