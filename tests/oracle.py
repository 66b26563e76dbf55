"""Oracle: entropy coding, decoded symbol by symbol in plain Python from the text alone.

Imports nothing of dombit. A refusal is a ValueError whose text is the kind of the error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def bits_of(data: bytes) -> Iterator[int]:
    """Yield the bits of bytes, the lowest of a byte first."""
    for byte in data:
        for place in range(8):
            yield byte >> place & 1


def field(bits: Iterator[int], width: int) -> int:
    """Take one LSB-first field; refuse the end of the bits."""
    value = 0
    for place in range(width):
        bit = next(bits, None)
        if bit is None:
            raise ValueError("malformed")
        value |= bit << place
    return value


def read_tables(data: bytes, count: int, max_tokens: int) -> list[list[int]]:
    """Return the frequencies of each table of a set."""
    bits = bits_of(data)
    tables, used = [], 0
    for _ in range(count):
        table, width = read_table(bits, max_tokens)
        tables.append(table)
        used += width
    if (used + 7) // 8 != len(data):
        raise ValueError("malformed")
    if any(bits):
        raise ValueError("forbidden-value")
    return tables


def read_table(bits: Iterator[int], max_tokens: int) -> tuple[list[int], int]:
    """Return a table's frequencies and the bits that it took."""
    size = field(bits, 8) + 1
    if size > max_tokens:
        raise ValueError("forbidden-value")
    rest = field(bits, 8)
    if rest >= size:
        raise ValueError("forbidden-value")
    table, used, log = [0] * size, 16, 0
    for token in range(size):
        if token == rest:
            continue
        ones = 0
        while ones < 3 and field(bits, 1):
            ones += 1
        used += (1, 2, 3, 7)[ones]
        log = (log, log - 1, log + 1, 0)[ones] if ones < 3 else field(bits, 4)
        if not 0 <= log <= 12:
            raise ValueError("forbidden-value")
        if log:
            width = log // 2
            table[token] = 2 ** (log - 1) + (field(bits, width) << (log - 1 - width))
            used += width
    table[rest] = 4096 - sum(table)
    if table[rest] < 1:
        raise ValueError("malformed")
    return table, used


def slots_of(table: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return (token, frequency, place among the token's slots) of each of the 4096 slots."""
    return [(token, f, place) for token, f in enumerate(table) for place in range(f)]


def decode_lanes(
    states: Sequence[int],
    words: Sequence[int],
    tables: Sequence[int],
    frequencies: Sequence[Sequence[int]],
) -> tuple[list[int], list[int]]:
    """Return (tokens, end states); `tables` names the row of frequencies of each symbol."""
    slots = [slots_of(table) for table in frequencies]
    now, tokens, used = list(states), [], 0
    if any(state < 2**16 for state in now):
        raise ValueError("forbidden-value")
    for symbol, table in enumerate(tables):
        lane = symbol % len(now)
        token, f, place = slots[table][now[lane] % 4096]
        state = f * (now[lane] // 4096) + place
        if state < 2**16:
            if used == len(words):
                raise ValueError("malformed")
            state = state * 2**16 + words[used]
            used += 1
        now[lane] = state
        tokens.append(token)
    if used < len(words):
        raise ValueError("malformed")
    return tokens, now


def hybrid_width(token: int, split: int, msb: int, lsb: int) -> int:
    """Return the extra bits of a token."""
    if token < 2**split:
        return 0
    log = split + ((token - 2**split) >> (msb + lsb))
    if log > 31:
        raise ValueError("forbidden-value")
    return log - msb - lsb


def hybrid_join(token: int, extra: int, split: int, msb: int, lsb: int) -> int:
    """Return the value of a token and its extra bits."""
    if token < 2**split:
        return token
    width = hybrid_width(token, split, msb, lsb)
    inside = (token - 2**split) % 2 ** (msb + lsb)
    top, low = divmod(inside, 2**lsb)
    return (((1 << msb | top) << width | extra) << lsb) | low


def read_fields(data: bytes, widths: Sequence[int]) -> list[int]:
    """Return fields that follow each other."""
    bits = bits_of(data)
    return [field(bits, width) for width in widths]


def read_rows(data: bytes, counts: Sequence[int], widths: Sequence[int]) -> list[int]:
    """Return the fields of rows, each of which begins at a byte."""
    values, first = [], 0
    for count, width in zip(counts, widths, strict=True):
        size = -(-count * width // 8)
        values += read_fields(data[first : first + size], [width] * count)
        first += size
    return values


def dense_tables(
    shape: Sequence[int],
    classes: Sequence[Sequence[int] | None],
    bias: int,
    table_map: Sequence[int],
) -> list[int]:
    """Return the table of every element of a tensor."""
    tables = []
    for a in range(shape[0]):
        for b in range(shape[1]):
            for c in range(shape[2]):
                places = zip(classes, (a, b, c), strict=True)
                total = bias + sum(some[at] for some, at in places if some is not None)
                tables.append(table_map[min(max(total, 0), 63)])
    return tables
