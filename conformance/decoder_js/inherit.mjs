// What a model takes from its root besides elements: names and shapes (13.7), files and their patches (13.8, 8.7, 8.10).
// SPDX-License-Identifier: Apache-2.0
import { LIMITS, fits, limit, refuse, sha, sum, support, zero } from "./common.mjs";
import { listed, table } from "./container.mjs";
import { checkHole } from "./skeleton.mjs";
import { DTYPES, checkDims, checkTogether } from "./structure.mjs";

const LITERAL = 0, HOLE = 1, CRC = 2;

export function inherit(model, there) { // there: the tensors of the root, by their numbers
  const { dropped, dtypes } = model.inherited, drop = new Set(dropped);
  fits(!dropped.length || dropped.at(-1) < there.length, "dropped lists a tensor that the root lacks");
  fits(there.length === dtypes.length + dropped.length, "the root has another number of tensors");
  const kept = there.filter((_, n) => !drop.has(n)), mine = model.tensors.slice(0, dtypes.length);
  mine.forEach((t, n) => Object.assign(t, { name: kept[n].name, dims: kept[n].dims, dtype: dtypes[n] || kept[n].dtype }));
  fits(new Set(model.tensors.map((t) => t.name.toString("hex"))).size === model.tensors.length, "a name twice");
  mine.forEach(checkDims);
  limit(mine.every((t) => t.dims.length <= LIMITS.rank), "rank");
  checkTogether(model);
}

export function inheritFiles(model, tensors, root, most, asked) { // tensors: all of the root; root: carrier, files, literals
  if (!root || !skeletonId(root, tensors).equals(model.skeletonId)) {
    if (asked) refuse("root-mismatch", "the root has no skeleton with this id");
    return undefined; // a root, asked for its tensors only, has none then
  }
  const places = new Map(model.tensors.map((t, n) => [t.name.toString("hex"), n]));
  const ours = (piece) => {
    if (piece.kind !== HOLE) return piece;
    const tensor = places.get(tensors[piece.tensor].name.toString("hex")), t = model.tensors[tensor];
    fits(t && !(piece.axes && DTYPES[t.dtype].bits < 8), "a tensor of the files of the root");
    checkHole(piece, t);
    return { ...piece, tensor };
  };
  const files = root.files.map((file) => ({ ...file, digest: undefined, pieces: file.pieces.map(ours) }));
  limit(sum(files.map((file) => file.size)) <= most, "bytes of files");
  return { carrier: root.carrier, files, literals: root.literals };
}

const number = (value, size) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(value)); return b.subarray(0, size); };

export function skeletonId({ carrier, files, literals }, tensors) { // 8.7
  const order = [...tensors.keys()].sort((a, b) => Buffer.compare(tensors[a].name, tensors[b].name));
  const places = new Map(order.map((n, place) => [n, place]));
  const parts = [Buffer.from("dombitSK"), number(1, 2), number(carrier, 1), number(files.length, 4)];
  files.forEach((file, f) => {
    const name = Buffer.from(f ? file.name : "");
    parts.push(number(name.length, 4), name, number(file.size, 8), number(file.pieces.length, 4));
    for (const { kind, size, tensor, first, length, axes = [] } of file.pieces) {
      parts.push(number(kind, 1), number(size, 8));
      if (kind === HOLE) parts.push(number(places.get(tensor), 4), number(first, 8), Buffer.from([axes.length, ...axes]));
      if (kind === CRC) parts.push(number(first, 8), number(length, 8));
    }
  });
  return sha(...parts, literals).subarray(0, 16);
}

export function patch(p, skeleton, most) { // 8.10
  fits(p.length >= 8, "fixed part");
  const count = p.readUInt32LE(0);
  support(zero(p.subarray(6, 8)), "reserved bytes");
  limit(count <= LIMITS.tensors, "patches");
  const c = table(p, 8, p.readUInt16LE(4), listed([1, 2, 3], [4]));
  const skips = c.ints(1, count), lengths = c.ints(2, count, 0), sizes = c.ints(3, count, 0), all = c.bytes(4, sum(sizes));
  if (!skeleton) return undefined; // of a root that is asked for its tensors only
  const holders = [];
  let pool = 0;
  for (const { pieces } of skeleton.files) for (const { kind, size } of pieces) if (kind === LITERAL) {
    holders.push({ start: pool, stop: pool + size, at: pool, parts: [] });
    pool += size;
  }
  let at = 0, come = 0;
  skips.forEach((skip, k) => {
    at += skip;
    const to = at + lengths[k], one = holders.find(({ start, stop }) => start <= at && at < stop);
    fits(one && to <= one.stop, "a patch that no literal piece holds");
    one.parts.push(skeleton.literals.subarray(one.at, at), all.subarray(come, (come += sizes[k])));
    at = one.at = to;
  });
  const texts = holders.map((one) => Buffer.concat([...one.parts, skeleton.literals.subarray(one.at, one.stop)]));
  fits(texts.every((text) => text.length), "an empty literal");
  const lengthsNow = texts.map((text) => text.length);
  const files = skeleton.files.map((file) => resized(file, file.pieces.map((piece) => (piece.kind === LITERAL ? lengthsNow.shift() : piece.size))));
  limit(sum(files.map((file) => file.size)) <= most, "bytes of files");
  return { ...skeleton, files, literals: Buffer.concat(texts) };
}

function resized(file, sizes) { // ranges of CRCs begin and end at the same byte of the same piece
  const before = [], after = [];
  let old = 0, fresh = 0;
  file.pieces.forEach((piece, k) => { before.push(old); after.push(fresh); old += piece.size; fresh += sizes[k]; });
  const moved = (place) => {
    if (place === old) return fresh;
    const k = before.findLastIndex((start) => start <= place);
    fits(place === before[k] || sizes[k] === file.pieces[k].size, "a CRC range begins or ends inside a piece that changes");
    return after[k] + place - before[k];
  };
  const pieces = file.pieces.map((piece, k) => {
    if (piece.kind !== CRC) return { ...piece, size: sizes[k] };
    const first = moved(piece.first);
    return { ...piece, first, length: moved(piece.first + piece.length) - first };
  });
  return { ...file, size: fresh, pieces };
}
