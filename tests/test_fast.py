"""Fast: the twins give what the plain forms give, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit import compiled, fast
from dombit.entropy import lanes, rawbits, signed
from dombit.entropy.choose import frequencies_of
from dombit.entropy.lanes import LaneInput, LaneSymbols
from dombit.entropy.tables import slot_tables
from dombit.errors import DombitError, MissingExtra, UsageError

needs_numba = pytest.mark.skipif(not compiled.available(), reason="numba is not installed")


@needs_numba
@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 10)), max_size=4),
)
def test_lanes_are_coded_alike(seed: int, sizes: list[tuple[int, int]]) -> None:
    """Both forms make the same states, words, tokens and end states."""
    rng = np.random.default_rng(seed)
    counts = np.exp(rng.uniform(0, 12, (5, 256))).astype(np.int64)
    counts[:, 40:] *= rng.integers(0, 2, (5, 1))
    frequencies = frequencies_of(counts)
    slots = slot_tables(frequencies)
    symbols = []
    for count, lanes_log2 in sizes:
        tables = rng.integers(0, 5, count).astype(np.uint16)
        tokens = (slots[tables, rng.integers(0, 4096, count)] & 255).astype(np.uint8)
        symbols.append(LaneSymbols(tokens=tokens, tables=tables, lanes=1 << lanes_log2))
    plain, quick = (form.encode_lanes(symbols, frequencies) for form in (lanes, fast))
    for one, other, each in zip(plain, quick, symbols, strict=True):
        assert one.states.tolist() == other.states.tolist()
        assert one.words.tolist() == other.words.tolist()
        given_ = LaneInput(states=one.states, words=one.words, tables=each.tables)
        outputs = [form.decode_lanes([given_], slots)[0] for form in (lanes, fast)]
        assert outputs[0].tokens.tolist() == outputs[1].tokens.tolist()
        assert outputs[0].end_states.tolist() == outputs[1].end_states.tolist()


def test_table_indices_keep_their_values() -> None:
    """Indices come in one narrow type unless one of them needs more bits."""
    for largest, dtype in ((0, np.uint16), (65_535, np.uint16), (65_536, np.uint32)):
        tables = fast._narrow(np.array([0, largest], np.int64))
        assert tables.dtype == dtype and tables.tolist() == [0, largest]


@needs_numba
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 300), widest=st.integers(0, 32))
def test_fields_are_read_and_written_alike(seed: int, count: int, widest: int) -> None:
    """Both forms of fields of variable width make the same bytes and values."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(0, widest + 1, count).astype(np.uint8)
    values = (rng.integers(0, 1 << 32, count) & ((1 << widths.astype(np.int64)) - 1)).astype(
        np.uint32
    )
    data = fast.write_variable(values, widths)
    assert data.tolist() == rawbits.write_variable(values, widths).tolist()
    assert fast.read_variable(data, widths).tolist() == values.tolist()


@needs_numba
def test_fields_are_checked_alike() -> None:
    """Set pad bits are refused and missing bytes are a usage error, as in the plain form."""
    with pytest.raises(DombitError, match="R-ENT-018"):
        fast.read_variable(np.array([8], np.uint8), np.array([3], np.uint8))
    with pytest.raises(UsageError):
        fast.read_variable(np.zeros(1, np.uint8), np.array([9], np.uint8))


def test_without_numba_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba is missing the twins say what to install."""
    monkeypatch.setattr(compiled, "find_spec", lambda _name: None)
    compiled.compiled.cache_clear()
    assert not compiled.available()
    with pytest.raises(MissingExtra, match="dombit\\[fast\\]"):
        fast.read_variable(np.zeros(1, np.uint8), np.array([1], np.uint8))


@needs_numba
def test_no_place_for_a_cache_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba can keep nothing on disk it compiles all the same."""
    import numba

    njit = numba.njit

    def no_cache(*kernels: object, **options: bool) -> object:
        if options.get("cache"):
            raise RuntimeError("no locator")
        return njit(*kernels, **options)

    monkeypatch.setattr(numba, "njit", no_cache)
    compiled.compiled.cache_clear()
    assert fast.read_variable(np.array([5], np.uint8), np.array([3], np.uint8)).tolist() == [5]
    compiled.compiled.cache_clear()


@needs_numba
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.uint64])
def test_codes_are_looked_up_alike(kind: type) -> None:
    """Both forms write the same entries of the table, of any width."""
    rng = np.random.default_rng(1)
    table = rng.integers(0, 256, 512).astype(kind)
    codes = rng.integers(0, 512, 70_001).astype(np.uint16)
    plain, quick = np.zeros((2, codes.size), kind)
    signed.look_up(codes, table, plain)
    fast.look_up(codes, table, quick)
    assert np.array_equal(plain, table[codes]) and np.array_equal(quick, plain)
