// Units, deflated payloads, tables of columns (chapter 3), packed or not.
// SPDX-License-Identifier: Apache-2.0
import { inflateRawSync } from "node:zlib";
import { LIMITS, align, allow, crc32, fits, limit, now, refuse, same, support, zero } from "./common.mjs";

const SIGNATURE = Buffer.from("89646f6d6269740d0a1a0a00", "hex"), PACKED = 12, END = 33;
const DEFLATABLE = [2, 3, 4, 5, 6, 9, 12, 13, 32];

export function* units(file, mayStand) { // also those of a packed unit, and then one of type -1
  const there = file.subarray(0, 12);
  if (!there.equals(SIGNATURE.subarray(0, there.length))) refuse("not-dombit", "signature");
  const take = (at, size) => (at + size <= file.length ? file.subarray(at, at + size) : refuse("truncated", "end of input"));
  take(0, 12);
  for (let at = 12, type = 0, count = 0; type !== END; count++) {
    now.stage = "container";
    if (at > 12) limit(count < LIMITS.units, "units");
    const h = take(at, 12), flags = h[2], start = at + 12 + h[3], stored = h.readUInt32LE(4);
    type = h.readUInt16LE(0);
    const packed = at === 12 && type === PACKED;
    same(crc32(h.subarray(0, 8)) === h.readUInt32LE(8), "header CRC");
    support((flags & 0xfc) === 0, "unit flags");
    allow(h[3] < 64, "pad_length");
    const known = typeIsKnown(type, flags);
    allow(!known || !(flags & 2) || DEFLATABLE.includes(type), "deflated");
    fits(start % (type === 8 ? 64 : 8) === 0, "alignment");
    fits(packed || mayStand(type, known), `a unit of type ${type} here`);
    allow(zero(take(at + 12, h[3])), "padding");
    let payload = take(start, stored);
    same(crc32(payload) === take(start + stored, 4).readUInt32LE(0), "payload CRC");
    if (known && flags & 2) payload = inflate(payload);
    at = start + stored + 4;
    if (packed) { yield* shortUnits(payload, mayStand); type = END; }
    else {
      limit(LIMITS.units > 0, "units");
      yield { type, payload, at, known, size: 16 + h[3] + stored };
    }
    now.stage = "container";
    if (type === END && at !== file.length) refuse("trailing-data", "bytes behind the end");
  }
}

function* shortUnits(data, mayStand) { // 3.8
  allow(data.length <= 65536, "size of a packed unit");
  for (let at = 0, count = 1; at < data.length; count++) {
    now.stage = "container";
    fits(at + 4 <= data.length, "a short header is cut");
    const [type, flags] = data.subarray(at, at + 2), start = at + 4, stop = start + data.readUInt16LE(at + 2);
    support((flags & 0xfc) === 0, "unit flags");
    const known = typeIsKnown(type, flags);
    allow(!(flags & 2), "a deflated short unit");
    fits(mayStand(type, known), `a short unit of type ${type} here`);
    limit(count <= LIMITS.units, "units");
    fits(stop <= data.length, "a short unit is cut");
    yield { type, payload: data.subarray(start, stop), at: stop, known, size: stop - at, packed: true };
    at = stop;
  }
  now.stage = "container";
  yield { type: -1, known: true, packed: true };
}

function typeIsKnown(type, flags) { // and has the right flag ancillary
  const known = (type >= 1 && type <= 9) || [PACKED, 13, 32, END].includes(type);
  support(known || (flags & 1 && type !== 10 && type !== 11), `unit type ${type}`);
  allow(!known || (flags & 1) === (type === 2 ? 1 : 0), "ancillary");
  return known;
}

function inflate(payload) {
  fits(payload.length >= 4, "raw_size");
  const raw = payload.readUInt32LE(0);
  limit(raw <= LIMITS.inflated_bytes, "raw_size");
  let data;
  let used;
  try {
    const { buffer, engine } = inflateRawSync(payload.subarray(4), { maxOutputLength: raw || 1, info: true });
    [data, used] = [buffer, engine.bytesWritten];
  } catch { refuse("malformed", "DEFLATE"); }
  fits(data.length === raw && used === payload.length - 4, "raw_size, end of the DEFLATE stream");
  return data;
}

export const listed = (ints, bytes) => Object.fromEntries([...ints.map((id) => [id, 1]), ...bytes.map((id) => [id, 0])]);

export function table(payload, at, count, known, reserved = []) { // known: id -> 1 integers, 0 bytes
  const columns = new Map(), gaps = [];
  let next = at + 8 * count, last = -1;
  fits(next <= payload.length, "directory");
  for (let k = 0; k < count; k++) {
    const e = at + 8 * k, id = payload.readUInt16LE(e), kind = known[id];
    const width = payload[e + 2], flags = payload[e + 3], size = payload.readUInt32LE(e + 4);
    fits(id > last, "order of columns");
    support(!reserved.includes(id) && (kind !== undefined || flags & 1), `column ${id}`);
    fits([0, 1, 2, 4, 8].includes(width) && (kind === undefined || (width > 0) === (kind === 1)), `width of column ${id}`);
    support((flags & 0xfe) === 0, `flags of column ${id}`);
    allow(kind === undefined || !flags, `ancillary column ${id}`);
    fits(size > 0 && size % Math.max(1, width) === 0, `size of column ${id}`);
    const start = align(next, Math.max(1, width));
    gaps.push(payload.subarray(next, start));
    columns.set(id, { width, data: payload.subarray(start, start + size) });
    [next, last] = [start + size, id];
  }
  fits(next === payload.length, "end of the columns");
  allow(gaps.every(zero), "gaps between columns");
  return {
    ints(id, rows, missing, spread = true) {
      const column = columns.get(id);
      if (!column) { fits(rows === 0 || missing !== undefined, `column ${id}`); return Array(rows).fill(missing); }
      const { width, data } = column, count = data.length / width;
      fits(rows > 0 && (count === rows || (spread && count === 1)), `rows of column ${id}`);
      const one = (k) => (width === 8 ? Number(data.readBigUInt64LE(8 * k)) : data.readUIntLE(width * k, width));
      const values = Array.from({ length: count }, (_, k) => one(k));
      allow(values.every((v) => v < 2 ** 53), `2^53 in column ${id}`);
      return count === rows ? values : Array(rows).fill(values[0]);
    },
    bytes(id, size) {
      const data = columns.get(id)?.data ?? Buffer.alloc(0);
      fits(size === undefined || data.length === size, `size of column ${id}`);
      return data;
    },
    has: (id) => columns.has(id),
    length: (id) => (columns.has(id) ? columns.get(id).data.length / columns.get(id).width : 0),
    ids: () => [...columns.keys()].filter((id) => known[id] !== undefined),
  };
}
