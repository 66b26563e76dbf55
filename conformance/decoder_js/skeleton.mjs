// Skeletons: source files as literal bytes, holes and CRCs (chapter 8).
// SPDX-License-Identifier: Apache-2.0
import { CONTROL, LIMITS, allow, crc32, fits, limit, product, same, sha, sum, support, text, u64, zero } from "./common.mjs";
import { listed, table } from "./container.mjs";
import { DTYPES, byteSize, bytesOf, gather } from "./structure.mjs";

export function skeleton(p, tensors, outputBytes) {
  fits(p.length >= 24, "fixed part");
  support(p[0] <= 3 && zero(p.subarray(1, 4)) && zero(p.subarray(14, 16)), "carrier, reserved bytes");
  const count = p.readUInt32LE(4), pieceCount = p.readUInt32LE(8);
  const literal = u64(p, 16);
  allow(count > 0, "no files");
  limit(count <= LIMITS.tensors && pieceCount <= LIMITS.tensors, "files, pieces");
  const c = table(p, 24, p.readUInt16LE(12), listed([1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], [2, 4]));
  const names = fileNames(c, count), sizes = c.ints(3, count);
  limit(sum(sizes) <= outputBytes, "bytes of files");
  const digests = c.bytes(4, 32 * count), counts = c.ints(5, count, 1);
  fits(sum(counts) === pieceCount, "file_piece_count");
  const { all, permutations } = pieces(c, pieceCount), holes = all.filter((piece) => piece.kind === 1);
  fits(sum(all.map((piece) => (piece.kind === 0 ? piece.size : 0))) === literal, "literal_bytes");
  const files = names.map((name, f) => {
    const file = { name, size: sizes[f], digest: digests.subarray(32 * f, 32 * f + 32), pieces: all.splice(0, counts[f]) };
    checkFile(file);
    return file;
  });
  for (const piece of holes) {
    fits(piece.tensor < tensors.length && piece.turn <= permutations.length, "tensor, permutation");
    piece.axes = permutations[piece.turn - 1];
    checkHole(piece, tensors[piece.tensor]);
    allow(!piece.axes || DTYPES[tensors[piece.tensor].dtype].bits >= 8, "permuted below 8 bits");
  }
  return { carrier: p[0], files };
}

function fileNames(c, count) {
  const lengths = c.ints(1, count), names = c.bytes(2, sum(lengths)), seen = new Set();
  let at = 0;
  return lengths.map((length) => {
    const name = text(names.subarray(at, (at += length)));
    allow(!name.split("/").some((part) => ["", ".", ".."].includes(part)) && !/[\\:]/.test(name) && !CONTROL.test(name), "file name");
    fits(!seen.has(name), "a file name twice");
    seen.add(name);
    return name;
  });
}

function pieces(c, count) {
  const kinds = c.ints(6, count);
  support(kinds.every((kind) => kind < 3), "kind of a piece");
  const sizes = c.ints(7, count, undefined, false);
  allow(sizes.every((size) => size > 0), "an empty piece");
  const all = kinds.map((kind, n) => ({ kind, size: sizes[n] })), holes = all.filter((piece) => piece.kind === 1);
  const tensor = c.ints(8, holes.length), first = c.ints(9, holes.length, 0), turns = c.ints(10, holes.length, 0);
  const ranks = c.ints(11, c.length(11), undefined, false);
  allow(ranks.every((rank) => rank <= 32), "rank");
  const axes = c.ints(12, sum(ranks)), permutations = ranks.map((rank) => axes.splice(0, rank));
  for (const one of permutations) fits([...one].sort((a, b) => a - b).every((axis, k) => axis === k), "axes");
  holes.forEach((piece, n) => Object.assign(piece, { tensor: tensor[n], first: first[n], turn: turns[n] }));
  const crcs = all.filter((piece) => piece.kind === 2), starts = c.ints(13, crcs.length), lengths = c.ints(14, crcs.length);
  crcs.forEach((piece, n) => Object.assign(piece, { first: starts[n], length: lengths[n] }));
  return { all, permutations };
}

export function checkHole(piece, t) {
  fits(piece.first + piece.size <= byteSize(t), "a hole outside of its tensor");
  fits(!piece.axes || piece.axes.length === t.dims.length, "rank of a permutation");
}

function checkFile(file) {
  const places = [];
  let at = 0;
  for (const piece of file.pieces) { if (piece.kind === 2) places.push(at); at += piece.size; }
  fits(at === file.size, "file_size");
  allow(file.pieces.every(({ kind, size }) => kind !== 2 || size === 4), "size of a CRC");
  for (const { kind, first, length } of file.pieces) if (kind === 2)
    fits(first + length <= file.size && places.every((q) => q + 4 <= first || q >= first + length), "range of a CRC");
}

export function assemble(file, tensors, pool) {
  const parts = file.pieces.map((piece) => {
    if (piece.kind === 0) { const part = pool.data.subarray(pool.at, pool.at + piece.size); pool.at += piece.size; return part; }
    if (piece.kind === 2) return Buffer.alloc(4);
    const t = tensors[piece.tensor];
    let data = bytesOf(tensors, t);
    if (piece.axes) {
      const strides = t.dims.map((_, k) => product(t.dims.slice(k + 1)));
      data = gather(data, DTYPES[t.dtype].bits / 8, piece.axes.map((k) => t.dims[k]), piece.axes.map((k) => strides[k]), 0);
    }
    return data.subarray(piece.first, piece.first + piece.size);
  });
  const whole = Buffer.concat(parts);
  let at = 0;
  for (const piece of file.pieces) {
    if (piece.kind === 2) whole.writeUInt32LE(crc32(whole.subarray(piece.first, piece.first + piece.length)), at);
    at += piece.size;
  }
  same(!file.digest || sha(whole).equals(file.digest), `SHA-256 of ${file.name}`); // an inherited file has none
  return whole;
}
