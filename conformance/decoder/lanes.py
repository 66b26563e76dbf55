"""Interleaved lanes: rANS over rounds of N symbols, one list of words (chapter 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.decoder.reject import Judge

JUDGE = Judge("segment")


def slots(table: Sequence[int]) -> list[tuple[int, int, int]]:
    """For each of the 4096 slots: (token, frequency, slot - cumulated frequency)."""
    out = []
    for token, frequency in enumerate(table):
        out += [(token, frequency, n) for n in range(frequency)]
    return out


def decode_lanes(
    states: list[int],
    words: Sequence[int],
    count: int,
    slots_at: Callable[[int], list[tuple[int, int, int]]],
) -> list[int]:
    """Return `count` tokens; `slots_at(k)` is the table of symbol k; `states` is advanced."""
    JUDGE.allow(all(state >= 1 << 16 for state in states), "R-ENT-010: a start state below 65536")
    tokens = []
    used = 0
    for k in range(count):
        lane = k % len(states)
        x = states[lane]
        token, frequency, rest = slots_at(k)[x & 0xFFF]
        x = frequency * (x >> 12) + rest
        if x < 1 << 16:
            JUDGE.fits(used < len(words), "R-ENT-012: the word list is exhausted")
            x = x << 16 | words[used]
            used += 1
        states[lane] = x
        tokens.append(token)
    JUDGE.fits(used == len(words), "R-ENT-013: words are left over")
    return tokens
