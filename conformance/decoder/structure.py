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
COLUMNS = dict.fromkeys((1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13), "int") | {3: "bytes"}


@dataclass(slots=True)
class Tensor:
    """A row of the structure; `parts` receives the bit patterns of its components."""

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
class Structure:
    """What a structure unit says."""

    tensors: list[Tensor]
    coded_order: list[int]
    has_skeleton: bool
    root: bytes | None
    """The root digest of a DoM."""
    root_tensors: list[int]


def product(sizes: list[int]) -> int:
    """Return the product of all sizes, 1 for none."""
    total = 1
    for size in sizes:
        total *= size
    return total


def read_structure(payload: bytes, features: int, output_limit: int, limits: Limits) -> Structure:
    """Read a structure unit; limits are checked before anything is allocated."""
    reader = Reader(payload, JUDGE)
    flags = reader.u(2)
    JUDGE.support(flags & ~9 == 0, "R-STR-004: inheritance or another reserved flag")
    roots, depth = reader.u(1), reader.u(1)
    JUDGE.support(roots <= 1, "R-STR-005: several roots")
    JUDGE.support(flags & 1 or not depth, "R-STR-006: chain depth of a model without root")
    count, output, columns = reader.u(4), reader.u(8), reader.u(2)
    reader.reserved(6)
    root = read_root(reader, bool(flags & 1), (roots, depth, features))
    JUDGE.limit(count <= limits.tensors, "too many tensors")
    JUDGE.limit(output <= output_limit, "too many bytes of output")
    table = Table(reader, columns, COLUMNS)
    good = root is not None or not (table.has(12) or table.has(13))
    JUDGE.fits(good, "R-PRE-005: columns of a DoM in another model")
    tensors = read_tensors(table, count, limits)
    check_aliases(tensors)
    JUDGE.fits(sum(tensor.size for tensor in tensors) == output, "output_bytes is another")
    coded = read_coded(table, tensors, root is not None)
    order = read_order(table, coded)
    return Structure(tensors, order, bool(flags & 8), root, table.ints(13, count, 0))


def read_root(reader: Reader, has_root: bool, said: tuple[int, int, int]) -> bytes | None:
    """Read the root digest of a DoM; `said` is root_count, chain_depth, required_features."""
    count, depth, features = said
    JUDGE.fits(count == has_root, "R-PRE-001: root_count and the flag disagree")
    if not has_root:
        return None
    JUDGE.allow(1 <= depth <= 64, "R-PRE-002: chain_depth")
    JUDGE.fits(features & 1 == 1, "R-PRE-003: a root without its feature bit")
    JUDGE.fits(reader.at + 32 <= len(reader.data), "R-PRE-016: no room for the root digest")
    return reader.take(32)


def read_tensors(table: Table, count: int, limits: Limits) -> list[Tensor]:
    """Columns 1 to 10."""
    names = read_names(table, count, limits.inflated_bytes)
    dtypes = table.ints(4, count)
    ranks = table.ints(5, count, 0)
    JUDGE.allow(all(rank <= 32 for rank in ranks), "rank above 32")
    JUDGE.limit(all(rank <= limits.rank for rank in ranks), "rank above the limit")
    dims = iter(table.ints(6, sum(ranks)))
    flags = table.ints(7, count, 0)
    JUDGE.support(all(flag < 4 for flag in flags), "a reserved tensor flag is set")
    aliases = table.ints(8, count, 0)
    tensors = []
    for n in range(count):
        JUDGE.support(dtypes[n] in DTYPES, f"dtype {dtypes[n]}")
        JUDGE.fits(aliases[n] <= count, "alias of a tensor that is not there")
        shape = [next(dims) for _ in range(ranks[n])]
        target = aliases[n] - 1 if aliases[n] else None
        view = bool(flags[n] & 2)
        JUDGE.fits(not view or target is not None, "a view that is no alias")
        JUDGE.allow(target is None or not flags[n] & 1, "a hidden alias")
        tensors.append(Tensor(names[n], dtypes[n], shape, bool(flags[n] & 1), view, target))
        check_dims(tensors[-1])
    own = [tensor for tensor in tensors if tensor.target is not None]
    for tensor, offset in zip(own, table.ints(9, len(own), 0), strict=True):
        tensor.offset = offset
    views = [tensor for tensor in own if tensor.view]
    strides = iter(table.ints(10, sum(len(tensor.dims) for tensor in views)))
    for tensor in views:
        tensor.strides = [next(strides) for _ in tensor.dims]
    return tensors


def read_names(table: Table, count: int, limit: int) -> list[str]:
    """Names, each sharing its first bytes with the one before."""
    shared = table.ints(1, count)
    lengths = table.ints(2, count)
    total = sum(shared) + sum(lengths)
    JUDGE.limit(total <= limit, "too many bytes of names: shared ones count each time")
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
    JUDGE.fits(len(set(names)) == count, "a name appears twice")
    return out


def read_text(data: bytes) -> str:
    """UTF-8, or forbidden."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        JUDGE.reject("forbidden-value", "text that is not UTF-8")


def check_dims(tensor: Tensor) -> None:
    """Each dim below 2^48, the whole below 2^56 bits."""
    JUDGE.allow(all(dim < 1 << 48 for dim in tensor.dims), "a dim of 2^48 or more")
    whole = product([max(dim, 1) for dim in tensor.dims]) * tensor.bits
    JUDGE.allow(whole < 1 << 56, "a tensor of 2^56 bits or more")


def check_aliases(tensors: list[Tensor]) -> None:
    """Aliases lie inside a tensor of the same dtype that is itself no alias."""
    for tensor in tensors:
        if tensor.target is None:
            continue
        target = tensors[tensor.target]
        JUDGE.fits(target.target is None, "an alias of an alias")
        JUDGE.fits(target.dtype == tensor.dtype, "an alias of another dtype")
        if tensor.bits < 8:
            whole = not tensor.view and tensor.offset == 0 and tensor.count == target.count
            JUDGE.allow(whole, "an alias of a part of a tensor below 8 bits")
        if not tensor.view:
            JUDGE.fits(tensor.offset + tensor.count <= target.count, "alias out of bounds")
        elif tensor.count:
            reach = sum((d - 1) * s for d, s in zip(tensor.dims, tensor.strides, strict=True))
            JUDGE.fits(tensor.offset + reach < target.count, "view out of bounds")


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
    JUDGE.fits(sorted(order) == coded, "coded_order is no permutation")
    return order


def read_metadata(payload: bytes, entry_limit: int) -> dict[str, str]:
    """Return a metadata unit: keys and values."""
    reader = Reader(payload, JUDGE)
    count, columns = reader.u(4), reader.u(2)
    reader.reserved(2)
    JUDGE.limit(count <= entry_limit, "too many entries of metadata")
    table = Table(reader, columns, {1: "int", 2: "int", 3: "bytes"})
    keys, values = table.ints(1, count), table.ints(2, count)
    text = table.data(3, sum(keys) + sum(values))
    out: dict[str, str] = {}
    at = 0
    for key, value in zip(keys, values, strict=True):
        name = read_text(text[at : at + key])
        JUDGE.fits(name not in out, "a metadata key appears twice")
        out[name] = read_text(text[at + key : at + key + value])
        at += key + value
    return out
