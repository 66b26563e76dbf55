"""Lanes: every test runs for the NumPy form and for its numba twin."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit import compiled, fast
from dombit.entropy import lanes
from dombit.entropy.choose import frequencies_of
from dombit.entropy.lanes import LaneInput, LaneSymbols, check_end_states
from dombit.entropy.tables import slot_tables
from dombit.errors import UsageError

CODERS = [pytest.param(lanes, id="numpy")]
if compiled.available():
    CODERS.append(pytest.param(fast, id="numba"))


@pytest.fixture(scope="session", params=CODERS)
def coder(request: pytest.FixtureRequest) -> ModuleType:
    """Give each module that codes lanes."""
    module: ModuleType = request.param
    return module


def random_tables(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return tables of all kinds: one token, few, many."""
    counts = np.zeros((count, 256), np.int64)
    for row in counts:
        size = int(rng.choice([1, 2, 5, 40, 256]))
        row[rng.choice(256, size, replace=False)] = np.exp(rng.uniform(0, 9, size)).astype(int)
    return frequencies_of(counts)


def random_symbols(
    rng: np.random.Generator, frequencies: np.ndarray, count: int, lanes_log2: int, *, end: bool
) -> LaneSymbols:
    """Return symbols drawn from random tables, with end payload or without."""
    slots = slot_tables(frequencies)
    tables = rng.integers(0, len(frequencies), count).astype(rng.choice([np.uint8, np.int32]))
    n = 1 << lanes_log2
    return LaneSymbols(
        tokens=(slots[tables, rng.integers(0, 4096, count)] & 255).astype(np.uint8),
        tables=tables,
        lanes=n,
        end_words=rng.integers(0, 1 << 16, n).astype(np.uint16) if end else None,
    )


def inputs_of(coder: ModuleType, symbols: list[LaneSymbols], frequencies: Any) -> list[LaneInput]:
    """Return what the decoder of these symbols gets."""
    codes = coder.encode_lanes(symbols, frequencies)
    return [
        LaneInput(states=code.states, words=code.words, tables=each.tables, where=f"segment {i}")
        for i, (code, each) in enumerate(zip(codes, symbols, strict=True))
    ]


def decoded_by(oracle: ModuleType, each: LaneInput, frequencies: Any) -> Any:
    """Return (tokens, end states) as the oracle decodes a segment."""
    parts = each.states.tolist(), each.words.tolist(), each.tables.tolist(), frequencies.tolist()
    return oracle.decode_lanes(*parts)


SEGMENTS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 6), st.booleans()), min_size=0, max_size=5
)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), segments=SEGMENTS)
def test_symbols_come_back(
    coder: ModuleType, oracle: ModuleType, seed: int, segments: list[tuple[int, int, bool]]
) -> None:
    """Segments of any size are decoded as encoded, as by the oracle, and end as they began."""
    rng = np.random.default_rng(seed)
    frequencies = random_tables(rng, 3)
    symbols = [random_symbols(rng, frequencies, n, k, end=end) for n, k, end in segments]
    inputs = inputs_of(coder, symbols, frequencies)
    outputs = coder.decode_lanes(inputs, slot_tables(frequencies))
    assert len(outputs) == len(segments)
    for each, code, output in zip(symbols, inputs, outputs, strict=True):
        assert output.tokens.dtype == np.uint8 and output.end_states.dtype == np.uint32
        assert (output.tokens == each.tokens).all() and output.tokens.size == each.tokens.size
        check_end_states(output.end_states, lanes.states_at_end(each))
        tokens, ends = decoded_by(oracle, code, frequencies)
        assert tokens == each.tokens.tolist() and ends == output.end_states.tolist()


def test_many_lanes_and_rounds_come_back(coder: ModuleType) -> None:
    """Segments that fill several blocks and more lanes than fly at once are decoded."""
    rng = np.random.default_rng(5)
    frequencies = random_tables(rng, 9)
    sizes = [(300_001, 9), (40_000, 16), (70_000, 13), (5_000, 14), (100, 0), (66_000, 4)]
    symbols = [random_symbols(rng, frequencies, n, k, end=True) for n, k in sizes]
    inputs = inputs_of(coder, symbols, frequencies)
    outputs = coder.decode_lanes(inputs, slot_tables(frequencies))
    for each, output in zip(symbols, outputs, strict=True):
        assert (output.tokens == each.tokens).all()
        check_end_states(output.end_states, lanes.states_at_end(each))


def test_one_token_costs_nothing(coder: ModuleType) -> None:
    """A table of one token draws no word and leaves the states as they are."""
    frequencies = np.zeros((1, 256), np.uint16)
    frequencies[0, 7] = 4096
    tokens, tables = np.full(100, 7, np.uint8), np.zeros(100, np.uint8)
    symbols = LaneSymbols(tokens=tokens, tables=tables, lanes=8)
    code = coder.encode_lanes([symbols], frequencies)[0]
    assert code.words.size == 0 and (code.states == 65536).all()
    for start in (65536, 2**32 - 1):
        states = np.full(8, start, np.uint32)
        each = LaneInput(states=states, words=code.words, tables=tables)
        output = coder.decode_lanes([each], slot_tables(frequencies))[0]
        assert (output.tokens == 7).all() and (output.end_states == start).all()


def test_inputs_stay_as_they_are(coder: ModuleType) -> None:
    """Neither direction writes into what it is given."""
    rng = np.random.default_rng(6)
    frequencies = random_tables(rng, 2)
    symbols = random_symbols(rng, frequencies, 500, 3, end=True)
    for part in (symbols.tokens, symbols.tables, symbols.end_words):
        assert part is not None
        part.flags.writeable = False
    each = inputs_of(coder, [symbols], frequencies)[0]
    slots = slot_tables(frequencies)
    for part in (each.states, each.words, slots):
        part.flags.writeable = False
    for _ in range(2):
        assert (coder.decode_lanes([each], slots)[0].tokens == symbols.tokens).all()


# ---------------------------------------------------------------------------------------- faults

Case = tuple[list[LaneInput], np.ndarray]


@pytest.fixture
def case(coder: ModuleType) -> Case:
    """Give three good segments with their slot tables."""
    rng = np.random.default_rng(8)
    frequencies = frequencies_of(np.ones((2, 16), np.int64) * np.arange(1, 17))
    wide = np.zeros((2, 256), np.uint16)
    wide[:, :16] = frequencies
    symbols = [random_symbols(rng, wide, n, 3, end=False) for n in (400, 300, 500)]
    return inputs_of(coder, symbols, wide), slot_tables(wide)


def broken(case: Case, place: int, **parts: Any) -> list[LaneInput]:
    """Return the inputs with other parts in one segment."""
    inputs = list(case[0])
    inputs[place] = replace(inputs[place], **parts)
    return inputs


def low_state(each: LaneInput) -> dict[str, Any]:
    """Put a start state just below the interval."""
    states = each.states.copy()
    states[-1] = 65535
    return {"states": states}


def no_table(each: LaneInput) -> dict[str, Any]:
    """Let the last symbol name the idle table."""
    tables = each.tables.astype(np.uint16)
    tables[-1] = 2
    return {"tables": tables}


def negative_table(each: LaneInput) -> dict[str, Any]:
    """Let the first symbol name a table before the pool."""
    tables = each.tables.astype(np.int32)
    tables[0] = -1
    return {"tables": tables}


FAULTS = {
    "low start state": ("R-ENT-010", "forbidden-value", low_state),
    "idle table": ("R-ENT-011", "malformed", no_table),
    "negative table": ("R-ENT-011", "malformed", negative_table),
    "a word short": ("R-ENT-012", "malformed", lambda each: {"words": each.words[:-1]}),
    "no words": ("R-ENT-012", "malformed", lambda each: {"words": each.words[:0]}),
    "a word left": (
        "R-ENT-013",
        "malformed",
        lambda each: {"words": np.append(each.words, each.words[:1])},
    ),
    "words of another": ("R-ENT-013", "malformed", lambda each: {"words": np.tile(each.words, 9)}),
}


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "among others"])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_rule(
    coder: ModuleType, case: Case, refused: Any, fault: str, alone: bool
) -> None:
    """A segment with one fault is refused for exactly that, alone or in a batch."""
    rule, kind, make = FAULTS[fault]
    inputs = broken(case, 1, **make(case[0][1]))
    with refused(rule, kind, "segment"):
        coder.decode_lanes(inputs[1:2] if alone else inputs, case[1])


@pytest.mark.parametrize("first", FAULTS)
@pytest.mark.parametrize("second", ["low start state", "a word short", "a word left"])
def test_the_first_broken_segment_is_reported(
    coder: ModuleType, case: Case, refused: Any, first: str, second: str
) -> None:
    """Of two broken segments the earlier one is named, whatever its fault."""
    rule, kind, make = FAULTS[first]
    inputs = broken(case, 0, **make(case[0][0]))
    inputs[2] = broken(case, 2, **FAULTS[second][2](case[0][2]))[2]
    with refused(rule, kind, "segment"):
        coder.decode_lanes(inputs, case[1])
    with pytest.raises(Exception, match="unit segment 0,"):
        coder.decode_lanes(inputs, case[1])


def test_a_wrong_end_state_is_an_integrity_error(
    coder: ModuleType, case: Case, refused: Any
) -> None:
    """A start state with another bit set ends elsewhere, and the check says so."""
    states = case[0][0].states.copy()
    states[3] ^= 1 << 12
    output = coder.decode_lanes([case[0][0]], case[1])[0]
    check_end_states(output.end_states)
    check_end_states(output.end_states >> 16, 1)
    output.end_states[3] += 1
    check_end_states(output.end_states >> 16, 1)
    with refused("R-ENT-014", "integrity", "segment"):
        check_end_states(output.end_states, where="segment 0")
    output.end_states[3] = 1 << 17
    with refused("R-ENT-014", "integrity", "segment"):
        check_end_states(output.end_states >> 16, 1)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_noise_is_decoded_or_refused(coder: ModuleType, oracle: ModuleType, seed: int) -> None:
    """From random states and words the room makes what the oracle makes."""
    rng = np.random.default_rng(seed)
    frequencies = random_tables(rng, 2)
    count = int(rng.integers(1, 60))
    each = LaneInput(
        states=rng.integers(65536, 1 << 32, 4).astype(np.uint32),
        words=rng.integers(0, 1 << 16, int(rng.integers(0, 20))).astype(np.uint16),
        tables=rng.integers(0, 2, count).astype(np.uint16),
    )
    try:
        tokens, ends = decoded_by(oracle, each, frequencies)
    except ValueError as refusal:
        with pytest.raises(Exception, match=f"^{refusal}"):
            coder.decode_lanes([each], slot_tables(frequencies))
    else:
        output = coder.decode_lanes([each], slot_tables(frequencies))[0]
        assert output.tokens.tolist() == tokens and output.end_states.tolist() == ends


def test_what_cannot_be_encoded_is_a_usage_error(coder: ModuleType) -> None:
    """A token without frequency, a missing table, or too few tables are the caller's fault."""
    frequencies = frequencies_of(np.eye(1, 256, 3, np.int64) * 5)
    for tokens, tables in (([3, 4], [0, 0]), ([3, 3], [0, 1]), ([3, 3], [0])):
        symbols = LaneSymbols(
            tokens=np.array(tokens, np.uint8), tables=np.array(tables, np.uint8), lanes=2
        )
        with pytest.raises(UsageError):
            coder.encode_lanes([symbols], frequencies)
