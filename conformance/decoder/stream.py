"""The whole stream: which unit may follow which, and the index (chapters 2, 9 and 15)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from conformance.decoder.container import Reader, Table, Unit, units
from conformance.decoder.group import CONSTANT, STORED, Group, Place, read_group
from conformance.decoder.identity import canonical, check_model_end
from conformance.decoder.limits import Limits
from conformance.decoder.rebuild import fill_alias, fill_constants, join_halves
from conformance.decoder.reject import Judge
from conformance.decoder.roots import Pool, bind
from conformance.decoder.segment import Cover, SegmentTrace, start
from conformance.decoder.skeleton import Skeleton, dtype_name, fill, read_skeleton
from conformance.decoder.stored import read_stored
from conformance.decoder.structure import Structure, Tensor, read_metadata, read_structure
from conformance.decoder.symbols import finish, read_segment

JUDGE = Judge("container")
FEATURES = (
    "roots",
    "sparse segments",
    "trellis",
    "codebook",
    "grid rows",
    "low rank",
    "two-model predictor",
    "several models",
    "packed units",
    "global tables",
    "zero classes",
)
KNOWN_FEATURES = 3
HEADER, METADATA, STRUCTURE, SKELETON, LITERALS, GROUP, SEGMENT, STORED_UNIT, MODEL_END = range(
    1, 10
)
INDEX, END = 32, 33


@dataclass(frozen=True, slots=True)
class DecodedTensor:
    """A tensor of the model."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes


@dataclass(slots=True)
class Decoded:
    """What a stream holds."""

    tensors: list[DecodedTensor] = field(default_factory=list)
    model_digest: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    segments: list[SegmentTrace] = field(default_factory=list)


def decode(data: bytes, limits: Limits | None = None, roots: Sequence[bytes] = ()) -> Decoded:
    """Decode and check a whole stream, or raise Reject.

    A DoM takes its root from `roots`, other streams, and these take theirs; RootMissing says that
    none of them is left.
    """
    return run(data, limits or Limits(), Pool(roots), ()).out


def run(data: bytes, limits: Limits, pool: Pool, above: tuple[bytes, ...]) -> Decoder:
    """Decode a stream; `above` are the roots that are being decoded, this one the last."""

    def root_of(root: bytes) -> list[Tensor]:
        below = run(pool.find(root, above), limits, pool, (*above, root))
        return [tensor for tensor in below.tensors() if not tensor.hidden]

    decoder = Decoder(limits.output(len(data) + pool.size), limits, root_of)
    for unit in units(data, limits):
        decoder.take(unit)
    decoder.check_end(len(data))
    return decoder


class Decoder:
    """What has been read so far, and so what may come next."""

    def __init__(
        self, output_limit: int, limits: Limits, root_of: Callable[[bytes], list[Tensor]]
    ) -> None:
        """Begin; `root_of` gives the tensors of the root with a digest."""
        self.limits = (output_limit, limits)
        self.root_of = root_of
        self.rows: list[tuple[int, int, int, int]] = []
        self.level = 0
        self.features = 0
        self.index_flag = False
        self.index_offset = 0
        self.end = (0, 0)
        self.structure: Structure | None = None
        self.skeleton: Skeleton | None = None
        self.group: Group | None = None
        self.cover = Cover([], [])
        self.place = Place()
        self.before = 0
        self.finished = False
        self.out = Decoded()

    def take(self, unit: Unit) -> None:
        """Read the next unit."""
        JUDGE.fits((unit.type == HEADER) == (not self.rows), "stream header first, and once")
        first = count = 0
        if unit.known:
            good = unit.type == HEADER or unit.type in self.expected()
            JUDGE.fits(good, f"a unit of type {unit.type} here")
            first, count = self.open(unit)
            self.before = unit.type
        self.rows.append((unit.type, unit.size, first, count))

    def expected(self) -> set[int]:
        """Return the types of known units that may stand here."""
        skeleton = self.skeleton
        if self.structure is None:
            expected = {STRUCTURE}
        elif self.finished:
            expected = {INDEX, END} if self.before == MODEL_END else {END}
        elif self.structure.has_skeleton and skeleton is None:
            expected = {SKELETON}
        elif skeleton is not None and not skeleton.complete():
            expected = {LITERALS}
        elif self.group is not None and self.group_open():
            expected = {STORED_UNIT if self.group.coding == STORED else SEGMENT}
        else:
            expected = {GROUP, MODEL_END}
        return expected | ({METADATA} if self.before == STRUCTURE else set())

    def group_open(self) -> bool:
        """Tell whether the last group waits for segments."""
        return self.group is not None and self.cover.segments < self.group.segment_count

    def covered(self) -> bool:
        """Tell whether the groups hold the whole coded order."""
        assert self.structure is not None
        return self.place.position == len(self.structure.coded_order) and self.place.row == 0

    def open(self, unit: Unit) -> tuple[int, int]:
        """Read the contents of a known unit; return its first and count for the index."""
        payload = unit.payload
        if unit.type == HEADER:
            self.read_header(payload)
        elif unit.type == STRUCTURE:
            structure = read_structure(payload, self.features, *self.limits)
            if structure.root is not None:
                bind(structure, self.root_of(structure.root))
            self.structure = structure
        elif unit.type == METADATA:
            self.out.metadata = read_metadata(payload, self.limits[1].tensors)
        elif unit.type == SKELETON:
            self.skeleton = read_skeleton(payload, self.tensors(), *self.limits)
        elif unit.type == LITERALS and self.skeleton is not None:
            self.skeleton.feed(payload)
        elif unit.type == GROUP:
            return self.open_group(payload)
        elif unit.type in {SEGMENT, STORED_UNIT}:
            return self.open_segment(unit)
        elif unit.type == MODEL_END:
            self.end_model(payload)
        elif unit.type == INDEX:
            self.index_offset = unit.offset
            self.check_index(payload)
        elif unit.type == END:
            reader = Reader(payload, JUDGE)
            self.end = (reader.u(8), reader.u(8))
            reader.end()
        return 0, 0

    def tensors(self) -> list[Tensor]:
        """All tensors by number."""
        return self.structure.tensors if self.structure else []

    def read_header(self, payload: bytes) -> None:
        """Return the stream header."""
        reader = Reader(payload, JUDGE)
        JUDGE.support((reader.u(1), reader.u(1)) == (0, 1), "version")
        JUDGE.support(reader.u(1) <= 1, "profile")
        self.level = reader.u(1)
        JUDGE.support(self.level in {1, 2}, "level")
        models = reader.u(2)
        JUDGE.allow(models > 0, "no model")
        JUDGE.support(models == 1, "several models")
        flags = reader.u(2)
        JUDGE.support(flags < 2, "a reserved stream flag is set")
        self.index_flag = bool(flags)
        self.features = int.from_bytes(reader.take(8), "little")
        unknown = self.features & ~KNOWN_FEATURES
        if unknown:
            lowest = (unknown & -unknown).bit_length() - 1
            name = FEATURES[lowest] if lowest < len(FEATURES) else "unknown"
            JUDGE.reject("unsupported", f"feature bit {lowest} ({name})")
        reader.end()

    def open_group(self, payload: bytes) -> tuple[int, int]:
        """Read a group header."""
        assert self.structure is not None
        first = self.place.position
        self.group = read_group(payload, self.structure, self.place, self.level, self.features)
        self.cover = start(self.group)
        if not self.group_open():
            self.close_group()
        return first, len(self.group.parts)

    def open_segment(self, unit: Unit) -> tuple[int, int]:
        """Read a segment or stored unit of the open group."""
        assert self.group is not None
        self.cover.segments += 1
        first = count = 0
        if unit.type == STORED_UNIT:
            read_stored(unit.payload, self.group, self.cover)
        else:
            done = self.cover.map_done, self.cover.dense_done
            trace = read_segment(unit.payload, self.group, self.cover, self.level)
            self.out.segments.append(trace)
            first, count = done[trace.kind != "map"], trace.symbols
        if not self.group_open():
            self.close_group()
        return first, count

    def close_group(self) -> None:
        """All units of a group are there."""
        assert self.group is not None
        finish(self.group, self.cover)
        if self.group.coding == CONSTANT:
            fill_constants(self.group)

    def end_model(self, payload: bytes) -> None:
        """Fill aliases, compare digests, put the files together."""
        Judge("parameters").fits(self.covered(), "R-GRP-053: the groups do not hold all tensors")
        tensors = self.tensors()
        for tensor in tensors:
            if tensor.halves:
                join_halves(tensor)
        for tensor in tensors:
            if tensor.target is not None:
                fill_alias(tensor, tensors[tensor.target])
        own = [tensor for tensor in tensors if not tensor.hidden]
        self.out.model_digest = check_model_end(payload, own)
        for tensor in own:
            row = DecodedTensor(
                tensor.name, dtype_name(tensor), tuple(tensor.dims), canonical(tensor)
            )
            self.out.tensors.append(row)
        if self.skeleton is not None:
            self.out.files = fill(self.skeleton, tensors)
        self.finished = True

    def check_index(self, payload: bytes) -> None:
        """Compare the index with the units before it."""
        JUDGE.fits(self.index_flag, "an index that the stream header does not announce")
        reader = Reader(payload, JUDGE)
        count, columns = reader.u(4), reader.u(2)
        reader.reserved(2)
        JUDGE.limit(count <= self.limits[1].units, "unit_count above the limit of units")
        table = Table(reader, columns, {1: "int", 2: "int", 3: "int", 4: "int", 5: "bytes"})
        JUDGE.fits(count == len(self.rows), "unit_count is another")
        sizes = table.ints(2, count)
        JUDGE.allow(all(size >= 16 for size in sizes), "a unit of less than 16 bytes")
        said = zip(
            table.ints(1, count),
            sizes,
            table.ints(3, count, 0),
            table.ints(4, count, 0),
            strict=True,
        )
        JUDGE.fits(list(said) == self.rows, "the index disagrees with the units")
        digest = table.data(5, 32) if table.has(5) else self.out.model_digest
        JUDGE.fits(digest == self.out.model_digest, "model digest of the index")

    def check_end(self, size: int) -> None:
        """Compare the end unit with the file."""
        JUDGE.fits(bool(self.index_offset) == self.index_flag, "the index is missing")
        JUDGE.fits(self.end == (self.index_offset, size), "the end unit disagrees with the file")
