// Structure, metadata, dtypes, aliases (chapters 4, 5, 15.5).
// SPDX-License-Identifier: Apache-2.0
import { CONTROL, LIMITS, allow, fits, limit, product, sum, support, text, u64, zero } from "./common.mjs";
import { listed, table } from "./container.mjs";

export const float = (e, m, parts = 1) => ({ e, m, part: 1 + e + m, bits: parts * (1 + e + m), parts });
export const int = (bits, signed) => ({ bits, part: bits, signed, parts: 1 });
export const DTYPES = {
  1: int(8), 2: int(8), 3: int(8, 1), 4: int(16), 5: int(16, 1), 6: int(32), 7: int(32, 1), 8: int(64), 9: int(64, 1),
  16: float(5, 10), 17: float(8, 7), 18: float(8, 23), 19: float(11, 52), 24: float(4, 3), 25: float(5, 2),
  26: float(4, 3), 27: float(5, 2), 28: int(8), 32: float(8, 23, 2), 33: float(11, 52, 2), 34: float(5, 10, 2),
  40: int(4, 1), 41: int(4), 42: int(2, 1), 43: int(2), 44: int(4), 45: int(6), 46: int(6), 64: int(8),
};
export const NAMES = { 1: "bool", 2: "u8", 3: "i8", 4: "u16", 5: "i16", 6: "u32", 7: "i32", 8: "u64", 9: "i64", 16: "f16",
  17: "bf16", 18: "f32", 19: "f64", 24: "f8_e4m3fn", 25: "f8_e5m2", 26: "f8_e4m3fnuz", 27: "f8_e5m2fnuz",
  28: "f8_e8m0fnu", 32: "c64", 33: "c128", 34: "c32", 40: "i4", 41: "u4", 42: "i2", 43: "u2", 44: "f4_e2m1",
  45: "f6_e2m3", 46: "f6_e3m2", 64: "opaque8" };
export const byteSize = (t) => Math.ceil((product(t.dims) * DTYPES[t.dtype].bits) / 8);


export function metadata(p) {
  fits(p.length >= 8, "fixed part");
  support(zero(p.subarray(6, 8)), "reserved bytes");
  const count = p.readUInt32LE(0);
  limit(count <= LIMITS.tensors, "entries of metadata");
  const c = table(p, 8, p.readUInt16LE(4), listed([1, 2], [3])), keys = c.ints(1, count), values = c.ints(2, count);
  const all = c.bytes(3, sum(keys) + sum(values)), seen = new Set();
  let at = 0;
  keys.forEach((size, n) => {
    const key = text(all.subarray(at, (at += size)));
    fits(!seen.has(key), "a key twice");
    seen.add(key);
    text(all.subarray(at, (at += values[n])));
  });
}

export function structure(p, most, features) {
  fits(p.length >= 24, "fixed part");
  const flags = p.readUInt16LE(0), isDom = flags & 1, inherits = flags & 2, count = p.readUInt32LE(4), added = p.readUInt32LE(20);
  support((flags & ~15) === 0 && p[2] <= 1, "flags, root_count");
  const output = u64(p, 8);
  support(zero(p.subarray(18, 20)), "reserved bytes");
  support(isDom || !p[3], "chain_depth of a model without root");
  support(inherits || !added, "added_count of a structure that inherits nothing");
  fits(p[2] === isDom, "root_count");
  allow(!isDom || (p[3] >= 1 && p[3] <= 64), "chain_depth");
  fits(!isDom || features & 1n, "feature bit of roots");
  fits(isDom || !(flags & 6), "nothing to inherit from");
  fits(added <= count, "added_count");
  fits(!isDom || p.length >= 56, "root digest");
  fits(!(flags & 4) || p.length >= 72, "skeleton id");
  fits((flags & 12) !== 12, "a skeleton that is inherited, and one that is not");
  limit(count <= LIMITS.tensors, "tensors");
  limit(output <= most, "bytes of output");
  const columns = table(p, flags & 4 ? 72 : isDom ? 56 : 24, p.readUInt16LE(16), listed([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [3]));
  fits(isDom || !(columns.has(12) || columns.has(13)), "columns of a DoM");
  fits(inherits || !(columns.has(14) || columns.has(15)), "columns of a structure that inherits");
  const kept = inherits ? count - added : 0, tensors = Array.from({ length: kept }, () => ({})); // blank until the root is there
  tensors.push(...listedTensors(columns, count - kept));
  giveTargets(columns, tensors);
  const model = { tensors, output, columns, hasSkeleton: (flags & 8) > 0, end: [0, 0], features, root: isDom ? p.subarray(24, 56) : undefined,
    skeletonId: flags & 4 ? p.subarray(56, 72) : undefined };
  if (!inherits) checkTogether(model);
  const own = [...tensors.keys()].filter((n) => !tensors[n].alias), coded = isDom ? columns.ints(12, columns.length(12), undefined, false) : own;
  fits(coded.every((n, k) => (k === 0 || n > coded[k - 1]) && tensors[n] && !tensors[n].alias), "coded");
  model.order = columns.has(11) ? columns.ints(11, coded.length, undefined, false) : coded;
  fits([...model.order].sort((a, b) => a - b).every((n, k) => n === coded[k]), "coded_order");
  Object.assign(model, { coded, rootTensors: columns.ints(13, count, 0) });
  if (inherits) model.inherited = inheritedColumns(columns, kept);
  return model;
}

function listedTensors(columns, count) { // columns 1 to 6
  const names = tensorNames(columns, count), dtypes = columns.ints(4, count);
  for (const dtype of dtypes) support(DTYPES[dtype], `dtype ${dtype}`);
  const ranks = columns.ints(5, count, 0);
  allow(ranks.every((rank) => rank <= 32), "rank");
  limit(ranks.every((rank) => rank <= LIMITS.rank), "rank");
  const dims = columns.ints(6, sum(ranks));
  const tensors = dtypes.map((dtype, n) => ({ name: names[n], dtype, dims: dims.splice(0, ranks[n]) }));
  tensors.forEach(checkDims);
  return tensors;
}

export function checkDims({ dims, dtype }) {
  allow(dims.every((size) => size < 2 ** 48), "a dim");
  allow(dims.reduce((a, size) => a * BigInt(Math.max(size, 1)), BigInt(DTYPES[dtype].bits)) < 1n << 56n, "bits of a tensor");
}

function giveTargets(columns, tensors) { // columns 7 to 9
  const flags = columns.ints(7, tensors.length, 0);
  support(flags.every((f) => f < 4), "tensor flags");
  const targets = columns.ints(8, tensors.length, 0);
  fits(flags.every((f, n) => !(f & 2) || targets[n]), "a view that is no alias");
  allow(flags.every((f, n) => !(f & 1) || !targets[n]), "a hidden alias");
  tensors.forEach((t, n) => {
    t.hidden = flags[n] & 1;
    if (targets[n]) t.alias = { target: targets[n] - 1, view: flags[n] & 2 };
  });
  const aliases = tensors.filter((t) => t.alias);
  const offsets = columns.ints(9, aliases.length, 0);
  aliases.forEach((t, n) => { t.alias.offset = offsets[n]; });
}

function inheritedColumns(columns, kept) {
  const dropped = columns.ints(14, columns.length(14), undefined, false), dtypes = columns.ints(15, kept, 0);
  fits(dropped.every((n, k) => k === 0 || n > dropped[k - 1]), "dropped");
  support(dtypes.every((dtype) => dtype === 0 || DTYPES[dtype]), "inherited_dtype");
  return { dropped, dtypes };
}

export function checkTogether({ tensors, columns, output }) { // what needs the dtype and the dims of every tensor
  const aliases = tensors.filter((t) => t.alias), views = aliases.filter((t) => t.alias.view);
  const strides = columns.ints(10, sum(views.map((t) => t.dims.length)));
  for (const t of views) t.alias.strides = strides.splice(0, t.dims.length);
  for (const t of aliases) checkAlias(t, tensors[t.alias.target]);
  fits(sum(tensors.map(byteSize)) === output, "output_bytes");
  for (const t of tensors) if (!t.alias) t.data = Buffer.alloc(byteSize(t));
}

function tensorNames(columns, count) {
  const shared = columns.ints(1, count), lengths = columns.ints(2, count);
  limit(sum(shared) + sum(lengths) <= LIMITS.inflated_bytes, "bytes of names");
  const all = columns.bytes(3, sum(lengths));
  let name = Buffer.alloc(0), at = 0;
  const names = shared.map((same, n) => {
    fits(same <= name.length, "shared bytes");
    name = Buffer.concat([name.subarray(0, same), all.subarray(at, (at += lengths[n]))]);
    allow(name.length >= 1 && name.length <= 4096, "length of a name");
    return name;
  });
  for (const one of names.map(text)) allow(!CONTROL.test(one), "control character");
  fits(new Set(names.map((one) => one.toString("hex"))).size === count, "a name twice");
  return names;
}

function checkAlias(t, target) {
  fits(target && !target.alias, "an alias of nothing, or of an alias");
  const { offset, strides } = t.alias, count = product(t.dims), all = product(target.dims);
  fits(target.dtype === t.dtype, "alias of another dtype");
  allow(DTYPES[t.dtype].bits >= 8 || (!strides && offset === 0 && count === all), "alias of a part below 8 bits");
  if (!strides) fits(offset + count <= all, "alias out of bounds");
  else fits(!count || offset + sum(t.dims.map((size, k) => (size - 1) * strides[k])) < all, "view out of bounds");
}

export function bytesOf(tensors, t) {
  if (!t.alias) return t.data;
  const { data } = tensors[t.alias.target], size = DTYPES[t.dtype].bits / 8, { offset, strides } = t.alias;
  if (!strides) return data.subarray(offset * size, offset * size + byteSize(t));
  return gather(data, size, t.dims, strides, offset);
}

export function gather(data, size, dims, strides, offset) {
  const out = Buffer.alloc(product(dims) * size);
  for (let k = 0; k < product(dims); k++) {
    let rest = k, place = offset;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place += (rest % dims[axis]) * strides[axis];
      rest = Math.floor(rest / dims[axis]);
    }
    data.copy(out, k * size, place * size, (place + 1) * size);
  }
  return out;
}
