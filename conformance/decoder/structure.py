"""Structure and metadata: names, dtypes, shapes, aliases (chapters 4 and 5)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from conformance.decoder.container import Reader, Table
from conformance.decoder.limits import Limits
from conformance.decoder.reject import Judge

JUDGE = Judge("structure")

# code: (name, bits of a component, components, exponent bits, mantissa bits)
DTYPES = {
    1: ("bool", 8, 1, 0, 0),
    2: ("u8", 8, 1, 0, 0),
    3: ("i8", 8, 1, 0, 0),
    4: ("u16", 16, 1, 0, 0),
    5: ("i16", 16, 1, 0, 0),
    6: ("u32", 32, 1, 0, 0),
    7: ("i32", 32, 1, 0, 0),
    8: ("u64", 64, 1, 0, 0),
    9: ("i64", 64, 1, 0, 0),
    16: ("f16", 16, 1, 5, 10),
    17: ("bf16", 16, 1, 8, 7),
    18: ("f32", 32, 1, 8, 23),
    19: ("f64", 64, 1, 11, 52),
    24: ("f8_e4m3fn", 8, 1, 4, 3),
    25: ("f8_e5m2", 8, 1, 5, 2),
    26: ("f8_e4m3fnuz", 8, 1, 4, 3),
    27: ("f8_e5m2fnuz", 8, 1, 5, 2),
    28: ("f8_e8m0fnu", 8, 1, 0, 0),
    32: ("c64", 32, 2, 8, 23),
    33: ("c128", 64, 2, 11, 52),
    34: ("c32", 16, 2, 5, 10),
    40: ("i4", 4, 1, 0, 0),
    41: ("u4", 4, 1, 0, 0),
    42: ("i2", 2, 1, 0, 0),
    43: ("u2", 2, 1, 0, 0),
    44: ("f4_e2m1", 4, 1, 0, 0),
    45: ("f6_e2m3", 6, 1, 0, 0),
    46: ("f6_e3m2", 6, 1, 0, 0),
    64: ("opaque8", 8, 1, 0, 0),
}
COLUMNS = dict.fromkeys((1, 2, *range(4, 16)), "int") | {3: "bytes"}


@dataclass(slots=True)
class Tensor:
    """A tensor of the structure; `parts` receives the bit patterns of its components."""

    name: str
    dtype: int
    dims: list[int]
    hidden: bool
    view: bool
    target: int | None
    offset: int = 0
    strides: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    root: Tensor | None = None
    predicted: list[int] = field(default_factory=list)
    """The prediction, once it is asked for (13.3)."""
    halves: bool = False
    """`parts` are 32-bit halves until the model ends."""
    differs: bool = False
    """A group with the flag predicted holds it."""

    @property
    def count(self) -> int:
        """Elements of the tensor."""
        return product(self.dims)

    @property
    def bits(self) -> int:
        """Bits of an element."""
        _, width, components, *_ = DTYPES[self.dtype]
        return width * components

    @property
    def size(self) -> int:
        """Bytes of the canonical form."""
        return (self.count * self.bits + 7) // 8


@dataclass(frozen=True, slots=True)
class Late:
    """What a structure that inherits says and only its root can check (13.7)."""

    table: Table
    output: int
    dropped: list[int]
    dtypes: list[int]
    """One for each inherited tensor; 0: that of the root."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What a structure unit says."""

    tensors: list[Tensor]
    coded_order: list[int]
    has_skeleton: bool
    root: bytes | None
    """The root digest of a DoM."""
    root_tensors: list[int]
    skeleton_id: bytes | None
    """The id of the skeleton that it inherits."""
    late: Late | None
    """Where it inherits: its first tensors have no name, dtype and dims before `inherit`."""


def product(sizes: list[int]) -> int:
    """Return the product of all sizes, 1 for none."""
    total = 1
    for size in sizes:
        total *= size
    return total


def read_structure(payload: bytes, features: int, output_limit: int, limits: Limits) -> Structure:
    """Read a structure unit; limits are checked before anything is allocated."""
    reader = Reader(payload, JUDGE)
    reader.holds(24)
    flags = reader.u(2)
    JUDGE.support(flags & ~15 == 0, "R-STR-004: a reserved flag")
    roots, depth = reader.u(1), reader.u(1)
    JUDGE.support(roots <= 1, "R-STR-005: several roots")
    count, output, columns = reader.u(4), reader.u(8), reader.u(2)
    JUDGE.support(reader.u(2) == 0, "R-STR-007: a reserved field is not zero")
    added = reader.u(4)
    JUDGE.support(flags & 1 or not depth, "R-STR-006: chain depth of a model without root")
    JUDGE.support(flags & 2 or not added, "R-STR-008: added_count of a model that inherits nothing")
    root, skeleton_id = read_root(reader, flags, (roots, depth, features), count - added)
    JUDGE.limit(count <= limits.tensors, "R-LIM-001: too many tensors")
    JUDGE.limit(output <= output_limit, "R-LIM-002: too many bytes of output")
    table = Table(reader, columns, COLUMNS)
    check_senseless(table, flags)
    inherited = count - added if flags & 2 else 0
    tensors = read_tensors(table, count, inherited, limits)
    if not flags & 2:
        check_late(table, tensors, output)
    coded = read_coded(table, tensors, root is not None)
    order = read_order(table, coded)
    choices = table.ints(13, count, 0)
    late = read_late(table, inherited, output) if flags & 2 else None
    return Structure(tensors, order, bool(flags & 8), root, choices, skeleton_id, late)


def read_root(
    reader: Reader, flags: int, said: tuple[int, int, int], inherited: int
) -> tuple[bytes | None, bytes | None]:
    """Read the root digest of a DoM and the skeleton id of one that inherits a skeleton.

    `said` is root_count, chain_depth, required_features.
    """
    count, depth, features = said
    has_root = flags & 1
    JUDGE.fits(count == has_root, "R-PRE-001: root_count and the flag disagree")
    JUDGE.allow(not has_root or 1 <= depth <= 64, "R-PRE-002: chain_depth")
    JUDGE.fits(not has_root or features & 1 == 1, "R-PRE-003: a root without its feature bit")
    JUDGE.fits(bool(has_root) or not flags & 6, "R-PRE-017: nothing to inherit from")
    JUDGE.fits(not flags & 2 or inherited >= 0, "R-PRE-018: added_count")
    if not has_root:
        return None, None
    JUDGE.fits(reader.at + 32 <= len(reader.data), "R-PRE-016: no room for the root digest")
    root = reader.take(32)
    if not flags & 4:
        return root, None
    JUDGE.fits(reader.at + 16 <= len(reader.data), "R-PRE-023: no room for the skeleton id")
    JUDGE.fits(not flags & 8, "R-PRE-024: a skeleton that is inherited, and one that is not")
    return root, reader.take(16)


def check_senseless(table: Table, flags: int) -> None:
    """Refuse columns that only a DoM, or only a structure that inherits, may have."""
    good = bool(flags & 1) or not (table.has(12) or table.has(13))
    JUDGE.fits(good, "R-PRE-005: columns of a DoM in another model")
    good = bool(flags & 2) or not (table.has(14) or table.has(15))
    JUDGE.fits(good, "R-PRE-019: columns of a structure that inherits in another one")


def read_tensors(table: Table, count: int, inherited: int, limits: Limits) -> list[Tensor]:
    """Columns 1 to 9; the inherited tensors come first, and are blank."""
    tensors = [Tensor("", 0, [], False, False, None) for _ in range(inherited)]
    tensors += read_listed(table, count - inherited, limits)
    flags = table.ints(7, count, 0)
    JUDGE.support(all(flag < 4 for flag in flags), "R-STR-011: a reserved tensor flag is set")
    aliases = table.ints(8, count, 0)
    for tensor, flag, alias in zip(tensors, flags, aliases, strict=True):
        tensor.hidden, tensor.view = bool(flag & 1), bool(flag & 2)
        tensor.target = alias - 1 if alias else None
    own = [tensor for tensor in tensors if tensor.target is not None]
    good = all(tensor.target is not None for tensor in tensors if tensor.view)
    JUDGE.fits(good, "R-STR-019: a view that is no alias")
    JUDGE.allow(not any(tensor.hidden for tensor in own), "R-STR-026: a hidden alias")
    for tensor, offset in zip(own, table.ints(9, len(own), 0), strict=True):
        tensor.offset = offset
    return tensors


def read_listed(table: Table, count: int, limits: Limits) -> list[Tensor]:
    """Columns 1 to 6."""
    names = read_names(table, count, limits.inflated_bytes)
    dtypes = table.ints(4, count)
    JUDGE.support(all(dtype in DTYPES for dtype in dtypes), "R-STR-017: a dtype")
    ranks = table.ints(5, count, 0)
    JUDGE.allow(all(rank <= 32 for rank in ranks), "R-STR-009: rank above 32")
    JUDGE.limit(all(rank <= limits.rank for rank in ranks), "R-LIM-003: rank above the limit")
    dims = iter(table.ints(6, sum(ranks)))
    shapes = [[next(dims) for _ in range(rank)] for rank in ranks]
    rows = zip(names, dtypes, shapes, strict=True)
    tensors = [Tensor(name, dtype, shape, False, False, None) for name, dtype, shape in rows]
    for tensor in tensors:
        check_dims(tensor)
    return tensors


def read_late(table: Table, inherited: int, output: int) -> Late:
    """Columns 14 and 15, and what waits for the root."""
    dropped = table.ints(14, table.length(14), spread=False) if table.has(14) else []
    JUDGE.fits(dropped == sorted(set(dropped)), "R-PRE-020: dropped does not ascend strictly")
    dtypes = table.ints(15, inherited, 0)
    JUDGE.support(all(n == 0 or n in DTYPES for n in dtypes), "R-PRE-022: an inherited dtype")
    return Late(table, output, dropped, dtypes)


def check_late(table: Table, tensors: list[Tensor], output: int) -> None:
    """Column 10, and the rules that need the dtype and the dims of every tensor."""
    views = [tensor for tensor in tensors if tensor.view]
    strides = iter(table.ints(10, sum(len(tensor.dims) for tensor in views)))
    for tensor in views:
        tensor.strides = [next(strides) for _ in tensor.dims]
    check_aliases(tensors)
    total = sum(tensor.size for tensor in tensors)
    JUDGE.fits(total == output, "R-STR-024: output_bytes is another")


def read_names(table: Table, count: int, limit: int) -> list[str]:
    """Names, each sharing its first bytes with the one before."""
    shared = table.ints(1, count)
    lengths = table.ints(2, count)
    total = sum(shared) + sum(lengths)
    JUDGE.limit(total <= limit, "R-LIM-008: too many bytes of names: shared ones count each time")
    text = table.data(3, sum(lengths))
    at = 0
    names: list[bytes] = []
    for n in range(count):
        before = names[-1] if names else b""
        JUDGE.fits(shared[n] <= len(before), "more bytes shared than there are")
        name = before[: shared[n]] + text[at : at + lengths[n]]
        at += lengths[n]
        JUDGE.allow(1 <= len(name) <= 4096, "length of a name")
        names.append(name)
    out = [read_text(name) for name in names]
    for name in out:
        JUDGE.allow(all(unicodedata.category(c) != "Cc" for c in name), "control character")
    JUDGE.fits(len(set(names)) == count, "R-STR-013: a name appears twice")
    return out


def read_text(data: bytes) -> str:
    """UTF-8, or forbidden."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        JUDGE.reject("forbidden-value", "text that is not UTF-8")


def check_dims(tensor: Tensor) -> None:
    """Each dim below 2^48, the whole below 2^56 bits."""
    JUDGE.allow(all(dim < 1 << 48 for dim in tensor.dims), "R-STR-010: a dim of 2^48 or more")
    whole = product([max(dim, 1) for dim in tensor.dims]) * tensor.bits
    JUDGE.allow(whole < 1 << 56, "R-STR-018: a tensor of 2^56 bits or more")


def check_aliases(tensors: list[Tensor]) -> None:
    """Aliases lie inside a tensor of the same dtype."""
    for tensor in tensors:
        if tensor.target is None:
            continue
        JUDGE.fits(tensor.target < len(tensors), "R-STR-020: alias of a tensor that is not there")
        target = tensors[tensor.target]
        JUDGE.fits(target.target is None, "R-STR-020: an alias of an alias")
        JUDGE.fits(target.dtype == tensor.dtype, "R-STR-021: an alias of another dtype")
        if tensor.bits < 8:
            whole = not tensor.view and tensor.offset == 0 and tensor.count == target.count
            JUDGE.allow(whole, "R-STR-025: an alias of a part below 8 bits")
        if not tensor.view:
            JUDGE.fits(
                tensor.offset + tensor.count <= target.count, "R-STR-022: alias out of bounds"
            )
        elif tensor.count:
            reach = sum((d - 1) * s for d, s in zip(tensor.dims, tensor.strides, strict=True))
            JUDGE.fits(tensor.offset + reach < target.count, "R-STR-022: view out of bounds")


def read_coded(table: Table, tensors: list[Tensor], is_dom: bool) -> list[int]:
    """Return the numbers of the tensors that groups hold: in a DoM those that `coded` lists."""
    own = [n for n, tensor in enumerate(tensors) if tensor.target is None]
    if not is_dom:
        return own
    coded = table.ints(12, table.length(12), spread=False)
    good = coded == sorted(set(coded)) and set(coded) <= set(own)
    JUDGE.fits(good, "R-PRE-006: numbers of coded tensors")
    return coded


def read_order(table: Table, coded: list[int]) -> list[int]:
    """Return the numbers of the coded tensors in coded order."""
    if not table.has(11):
        return coded
    order = table.ints(11, len(coded), spread=False)
    JUDGE.fits(sorted(order) == coded, "R-STR-023: coded_order is no permutation")
    return order
