"""The whole stream: which unit may follow which, and the index (chapters 2, 9 and 15)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from conformance.decoder.container import PACKED_END, Reader, Table, Unit, units
from conformance.decoder.group import CONSTANT, STORED, Group, Place, read_group
from conformance.decoder.header import Header, read_header
from conformance.decoder.identity import canonical, check_model_end
from conformance.decoder.inherit import inherit, inherit_files, skeleton_id
from conformance.decoder.limits import Limits
from conformance.decoder.metadata import read_metadata
from conformance.decoder.patch import read_patch
from conformance.decoder.rebuild import fill_alias, fill_constants, join_halves
from conformance.decoder.reject import Judge
from conformance.decoder.roots import Pool, bind
from conformance.decoder.segment import Cover, SegmentTrace, start
from conformance.decoder.skeleton import Skeleton, dtype_name, fill, read_skeleton
from conformance.decoder.stored import read_stored
from conformance.decoder.structure import Structure, Tensor, read_structure
from conformance.decoder.symbols import finish, read_segment

JUDGE = Judge("container")
HEADER, METADATA, STRUCTURE, SKELETON, LITERALS, GROUP, SEGMENT, STORED_UNIT, MODEL_END = range(
    1, 10
)
PATCH, INDEX, END = 13, 32, 33


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
    limits = limits or Limits()

    def root(data: bytes, above: tuple[int, ...]) -> Decoder:
        return run(data, limits, pool, above)

    pool = Pool(roots, root)
    return run(data, limits, pool, ()).out


def run(data: bytes, limits: Limits, pool: Pool[Decoder], above: tuple[int, ...]) -> Decoder:
    """Decode a stream; `above` are the places of the roots being decoded, this one the last."""

    def root_of(structure: Structure) -> Decoder:
        return pool.root_of(structure, above)

    most, asked = limits.output(len(data) + pool.size), not above
    decoder = Decoder(most, limits, root_of, asked=asked)
    for unit in units(data, limits, decoder.check_place):
        decoder.take(unit)
    decoder.check_end(len(data))
    return decoder


class Decoder:
    """What has been read so far, and so what may come next."""

    def __init__(
        self,
        output_limit: int,
        limits: Limits,
        root_of: Callable[[Structure], Decoder],
        *,
        asked: bool = True,
    ) -> None:
        """Begin; `root_of` decodes the root of a structure. `asked`: files are wanted as well."""
        self.limits = (output_limit, limits)
        self.root_of = root_of
        self.asked = asked
        self.rows: list[tuple[int, int, int, int]] = []
        self.header = Header()
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
        if unit.type == PACKED_END:
            self.check_packed_end()
            return
        first = count = 0
        if unit.known:
            first, count = self.open(unit)
            self.before = unit.type
        self.rows.append((unit.type, unit.size, first, count))

    def check_place(self, kind: int, known: bool) -> None:
        """Check that a unit of a type may stand here (R-CON-506)."""
        good = (kind == HEADER) == (not self.rows)
        JUDGE.fits(good, "R-CON-035: stream header first, and once")
        good = not known or kind == HEADER or kind in self.expected()
        JUDGE.fits(good, f"a unit of type {kind} here")

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
        if self.before == STRUCTURE:
            expected.add(METADATA)
        inherits = self.structure is not None and self.structure.skeleton_id is not None
        if inherits and self.before in {STRUCTURE, METADATA}:
            expected.add(PATCH)
        return expected

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
            self.header = read_header(payload, packed=unit.packed)
        elif unit.type == STRUCTURE:
            self.open_structure(payload)
        elif unit.type == METADATA:
            self.out.metadata = read_metadata(payload, self.limits[1].tensors)
        elif unit.type == SKELETON:
            self.skeleton = read_skeleton(payload, self.tensors(), *self.limits)
        elif unit.type == LITERALS and self.skeleton is not None:
            self.skeleton.feed(payload)
        elif unit.type == PATCH:
            self.skeleton = read_patch(payload, self.skeleton, *self.limits)
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
            reader.holds(16)
            self.end = (reader.u(8), reader.u(8))
            reader.end()
        return 0, 0

    def open_structure(self, payload: bytes) -> None:
        """Read a structure; of a DoM take what it needs of the root."""
        structure = read_structure(payload, self.header.features, *self.limits)
        if structure.root is not None:
            root = self.root_of(structure)
            there, most = root.tensors(), self.limits[0]
            inherit(structure, there, self.limits[1])
            bind(structure, there)
            self.skeleton = inherit_files(structure, there, root.skeleton, most, asked=self.asked)
        self.structure = structure

    def tensors(self) -> list[Tensor]:
        """All tensors by number."""
        return self.structure.tensors if self.structure else []

    def skeleton_id(self) -> bytes:
        """Return the id of the skeleton; nothing where there is none."""
        return skeleton_id(self.skeleton, self.tensors()) if self.skeleton is not None else b""

    def open_group(self, payload: bytes) -> tuple[int, int]:
        """Read a group header."""
        assert self.structure is not None
        first = self.place.position
        self.group = read_group(
            payload, self.structure, self.place, self.header.level, self.header.features
        )
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
            trace = read_segment(unit.payload, self.group, self.cover, self.header.level)
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
        if self.skeleton is not None and self.asked:
            self.out.files = fill(self.skeleton, tensors)
        self.finished = True

    def check_index(self, payload: bytes) -> None:
        """Compare the index with the units before it."""
        JUDGE.fits(self.header.index, "an index that the stream header does not announce")
        reader = Reader(payload, JUDGE)
        reader.holds(8)
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

    def check_packed_end(self) -> None:
        """Check that the model is complete where the payload of a packed unit ends."""
        JUDGE.fits(self.finished, "R-CON-040: a packed unit without a whole model")
        JUDGE.fits(not self.header.index, "R-CON-043: no index, though it is announced")

    def check_end(self, size: int) -> None:
        """Compare the end unit with the file; a packed stream has none."""
        if self.header.packed:
            return
        JUDGE.fits(bool(self.index_offset) == self.header.index, "the index is missing")
        JUDGE.fits(self.end == (self.index_offset, size), "the end unit disagrees with the file")
