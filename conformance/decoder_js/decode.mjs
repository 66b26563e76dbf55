// A scalar decoder of dombit 0.1 in JavaScript (Node, standard library only), written beside spec/.
// node decode.mjs IN.dombit [--root FILE]... [--limit NAME=N]... [-o DIR]: a JSON line and a raw file in DIR for each tensor and source
// file, a line of size and SHA-256 for each of these, or kind and stage, as ../run.py asks.
// node decode.mjs --verdicts FILE [--limit NAME=N]...: a stream in hex a line, its roots behind it; a JSON line each, its digests, or kind and stage.
// It stops at the first fault. Kinds and stages are those of the text, and so is the order of checks (6.7, 7.4, 15.1).
// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { Bits, LIMITS, Refusal, align, allow, fits, limit, now, product, refuse, same, sha, sum, support, u64, unzigzag, zero } from "./common.mjs";
import { listed, table, units } from "./container.mjs";
import { FLOATS, convert, exponentOf, isNotZero, moved, rounded, summed } from "./prediction.mjs";
import { inherit, inheritFiles, patch, skeletonId } from "./inherit.mjs";
import { assemble, skeleton } from "./skeleton.mjs";
import { DTYPES, NAMES, byteSize, bytesOf, metadata, structure } from "./structure.mjs";

class RootMissing extends Error { // no fault of the stream
  constructor(digest) { super(`the root ${digest} is needed`); this.digest = digest; }
}

// ------------------------------------------------------------------------------------ chapter 13
function statedDigest(file) { // the digest in the model end of a stream
  try { for (const { type, payload } of units(file, () => true)) if (type === 9) return payload.toString("hex", 0, 32); } catch { /* no model */ }
  return "";
}

function rootOf(model, above, pool) { // pool: the streams given; above: the places of those that wait for it
  const digest = model.root.toString("hex");
  limit(above.length < 64, "chain of DoMs");
  const there = pool.filter((one) => one.digest === digest), free = there.filter((one) => !above.includes(one.place));
  limit(!there.length || free.length, "a chain that comes back to a stream");
  if (!free.length && pool.length === above.length) throw new RootMissing(digest);
  if (!free.length) refuse("root-mismatch", `no given root is ${digest}`);
  let best;
  for (const one of free) { // R-PRE-506
    one.done ??= taken(one, above, pool);
    const { root } = one.done;
    if (root && (!model.skeletonId || (root.skeleton && skeletonId(root.skeleton, root.tensors).equals(model.skeletonId)))) return root;
    if (!best || (root && !best.root)) best = one.done;
  }
  if (best.root) return best.root;
  throw best.error;
}

function taken(one, above, pool) {
  try { return { root: decode(one.file, [...above, one.place], pool) }; } catch (error) {
    if (error instanceof Refusal || error instanceof RootMissing) return { error };
    throw error;
  }
}

function bindRoot(model, above, pool) { // give tensors their root tensors, and copies their elements
  const below = rootOf(model, above, pool);
  now.stage = "structure";
  const there = below.rows.map(({ t }) => ({ ...t, data: bytesOf(below.tensors, t) })).sort((a, b) => Buffer.compare(a.name, b.name));
  if (model.inherited) inherit(model, there);
  const equal = (a, b) => a.length === b.length && a.every((x, k) => x === b[k]);
  const suits = (r, t) => equal(r.dims, t.dims) && (r.dtype === t.dtype || (r.dtype in FLOATS && t.dtype in FLOATS));
  model.tensors.forEach((t, n) => {
    const choice = model.rootTensors[n], found = choice ? there[choice - 2] : there.find((r) => r.name.equals(t.name));
    fits(choice < 2 || (found && suits(found, t)), "root_tensor");
    if (choice !== 1 && found && suits(found, t)) t.root = found;
  });
  const coded = new Set(model.coded);
  model.tensors.forEach((t, n) => {
    if (t.alias || coded.has(n)) return;
    fits(t.root, "root tensor of a copied tensor");
    predictionOf(t).copy(t.data);
  });
  return below;
}

function predictionOf(t) {
  if (t.prediction || t.root.dtype === t.dtype) return t.prediction ?? t.root.data;
  const from = DTYPES[t.root.dtype].bits, { bits } = DTYPES[t.dtype];
  t.prediction = Buffer.alloc(byteSize(t));
  for (let k = 0; k < product(t.dims); k++) put(t.prediction, k, bits, convert(get(t.root.data, k, from), t.root.dtype, t.dtype));
  return t.prediction;
}

function joinHalves(t) { // 64-bit integers and differences are complete
  const { data, differs } = t, { signed, e } = DTYPES[t.dtype];
  if (!signed && !differs) return;
  for (let k = 0; k < data.length / 8; k++) {
    const u = get(data, k, 64), d = (u >> 1n) ^ (u & 1n ? 0xffffffffffffffffn : 0n);
    put(data, k, 64, differs ? moved(get(predictionOf(t), k, 64), d, 64, e !== undefined) : d);
  }
}

// ------------------------------------------------------------------------------------ chapter 11
function readTables(data, count, level) {
  const b = new Bits(data), tables = [];
  for (let k = 0; k < count; k++) {
    const a = b.read(8) + 1;
    allow(a <= (level === 1 ? 64 : 256), "tokens of a table");
    const r = b.read(8), f = new Array(a).fill(0);
    allow(r < a, "remainder token");
    let p = 0, total = 0;
    for (let t = 0; t < a; t++) {
      if (t === r) continue;
      const l = !b.read(1) ? p : !b.read(1) ? p - 1 : !b.read(1) ? p + 1 : b.read(4);
      allow(l >= 0 && l <= 12, "log-count");
      p = l;
      if (l > 0) { const half = l >> 1; f[t] = (1 << (l - 1)) + (b.read(half) << (l - 1 - half)); }
      total += f[t];
    }
    fits(total < 4096, "sum of frequencies");
    f[r] = 4096 - total;
    const token = new Uint8Array(4096), cum = [0];
    f.forEach((n, t) => { token.fill(t, cum[t], cum[t] + n); cum.push(cum[t] + n); });
    tables.push({ f, cum, token });
  }
  b.done();
  return tables;
}

function lanes(s, tableOf, count = s.count) {
  const x = [...s.states], tokens = new Uint8Array(count);
  allow(x.every((state) => state >= 65536), "start state");
  let w = 0;
  for (let k = 0; k < count; k++) {
    const i = k % x.length, T = tableOf(k), slot = x[i] & 0xfff, t = T.token[slot];
    tokens[k] = t;
    x[i] = T.f[t] * (x[i] >>> 12) + slot - T.cum[t];
    if (x[i] < 65536) { fits(w < s.words.length, "words missing"); x[i] = x[i] * 65536 + s.words[w++]; }
  }
  fits(w === s.words.length, "words left");
  same(x.every((state) => (s.endPayload ? state >= 65536 && state < 131072 : state === 65536)), "end state");
  return { tokens, carried: s.endPayload ? Buffer.from(Uint16Array.from(x, (v) => v - 65536).buffer) : Buffer.alloc(0) };
}

function segment(p, level, g) {
  fits(p.length >= 24, "fixed part");
  const s = { kind: p[0], endPayload: p[1] & 1 }, n = 2 ** p[2];
  support(s.kind < 3 && (p[1] & 0xfe) === 0, "segment kind, flags");
  allow(p[2] <= 16, "lanes");
  support(p[3] === 0, "reserved");
  s.first = u64(p, 8);
  allow(!zero(p.subarray(16, 24)), "no symbols");
  s.count = u64(p, 16);
  fits((s.kind === 2) === (g.sparse && s.kind !== 1), "kind of a segment");
  allow(!(s.kind === 1 && s.endPayload) && (level === 2 || p[2] <= 10), "end payload, lanes");
  allow(s.kind === 2 || Math.ceil(s.count / n) <= 65536, "rounds");
  let at = 24;
  if (s.kind === 2) {
    at += 4 * Math.floor(g.tableCount / 2);
    fits(at <= p.length, "numbers of changes");
    s.changes = Array.from({ length: (at - 24) / 4 }, (_, w) => p.readUInt32LE(24 + 4 * w));
    s.total = s.changes.reduce((a, b) => a + b, 0);
    allow(Math.ceil((2 * s.total) / n) <= 65536, "rounds");
    fits(s.count < 2 ** 32 && s.total <= s.count, "changes");
  }
  if (s.kind === 1) {
    fits(p.length >= 32, "head of a map");
    allow(p[24] >= 1 && p[24] <= 4, "tables of a map");
    support(p[25] === 0, "reserved");
    s.map = p.subarray(28, 32);
    allow(s.map.every((pick) => pick < p[24]), "table of a context");
    const stop = 32 + p.readUInt16LE(26);
    at = align(stop, 4);
    fits(at <= p.length, "tables");
    allow(zero(p.subarray(stop, at)), "fill bytes");
    s.tables = () => readTables(p.subarray(32, stop), p[24], level);
  }
  const words = p.readUInt32LE(4), tail = at + 4 * n + 2 * words;
  fits(tail <= p.length && (s.kind !== 1 || tail === p.length), "states and words");
  s.states = Array.from({ length: n }, (_, i) => p.readUInt32LE(at + 4 * i));
  s.words = Array.from({ length: words }, (_, i) => p.readUInt16LE(at + 4 * n + 2 * i));
  s.tail = p.subarray(tail);
  return s;
}

// -------------------------------------------------------------------- chapters 6, 7, 12 and 14
const STORED = 0, FLOAT = 1, INT = 2, UNIFORM = 3, CONSTANT = 4;
const GROUP_COLUMNS = listed([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12], [11, 13]), CODED = [1, 2, 3, 4, 12, 13];
const SENSE = [[], [...CODED, 8, 9, 10], CODED, [...CODED, 5, 6, 7], [11]];

function groupHead(p, model) {
  fits(p.length >= 48, "fixed part");
  allow(p.readUInt32LE(4) > 0, "count");
  const g = { first: p.readUInt32LE(0), count: p.readUInt32LE(4), firstRow: u64(p, 8), rowLimit: u64(p, 16),
    units: p.readUInt32LE(24), tableCount: p.readUInt16LE(28), code: p[32], coding: p[33], alignment: p[35],
    split: p[36], msb: p[37], lsb: p[38], K: p[39], mapDone: 0, denseDone: 0, dtype: DTYPES[p[32]] };
  support(g.dtype && g.coding <= CONSTANT && p[34] < 4, "dtype, coding, flags");
  [g.predicted, g.sparse, g.scale, g.rootClasses] = [(p[34] & 1) > 0, (p[34] & 2) > 0, p[40], p[41]];
  allow(g.alignment <= 6 && g.split <= 7, "alignment, hybrid_split");
  support(p[40] <= 2 && p[41] <= 2 && zero(p.subarray(42, 48)), "context_scale, root_classes, reserved");
  g.coded = [FLOAT, INT, UNIFORM].includes(g.coding);
  fits(g.coded || (g.firstRow === 0 && g.rowLimit === 0), "rows");
  fits((g.coding !== CONSTANT || !g.units) && (g.coded || !g.tableCount), "segments, tables");
  allow(g.tableCount <= (model.level === 1 ? 64 : 256), "tables of the level");
  const float = g.dtype.e !== undefined, uniform = g.code <= 9 || (float && g.dtype.parts === 1);
  const free = g.predicted && (g.coding === INT || g.coding === UNIFORM);
  allow(g.predicted || { [FLOAT]: float, [INT]: !float, [UNIFORM]: uniform }[g.coding] !== false, "coding of the dtype");
  allow(g.coding === STORED || !g.alignment, "alignment");
  allow([INT, UNIFORM].includes(g.coding) || !(g.split || g.msb || g.lsb), "hybrid integers");
  allow(g.msb + g.lsb <= g.split, "hybrid bits");
  allow(g.coding === FLOAT ? g.K >= 1 && 4 * g.K + 2 <= (model.level === 1 ? 64 : 256) : !g.K, "exponent_count");
  fits(!g.predicted || free, "coding of a predicted group");
  allow(!g.predicted || (g.dtype.parts === 1 && (g.coding === INT || float)), "dtype of a predicted group");
  allow(!g.sparse || (g.predicted && (g.coding !== INT || g.dtype.bits <= 32)), "a sparse group");
  allow(g.predicted || !g.scale, "context_scale");
  fits(!g.sparse || model.features & 2n, "feature bit of sparse segments");
  allow(!g.sparse || (g.tableCount % 2 === 0 && g.tableCount >= 2 && g.tableCount <= 32), "tables of a sparse group");
  fits(g.tableCount ? g.rootClasses >= 1 && (g.rootClasses === 1 || g.predicted) : !g.rootClasses, "root_classes");
  fits(g.first === model.end[0] && g.firstRow === model.end[1], "where the group begins");
  fits(g.first + g.count <= model.order.length, "tensors of the group");
  g.tensors = model.order.slice(g.first, g.first + g.count).map((n) => model.tensors[n]);
  fits(g.tensors.every((t) => t.dtype === g.code), "dtype of a tensor");
  const some = g.tensors.some((t) => product(t.dims) > 0);
  fits(g.coding === CONSTANT || some === g.units > 0, "segment_count");
  fits(!g.coded || !some || g.tableCount > 0, "symbols without tables");
  fits(!g.predicted || g.tensors.every((t) => t.root), "a predicted tensor without a root tensor");
  return g;
}

function group(p, model) {
  const g = groupHead(p, model), c = table(p, 48, p.readUInt16LE(30), GROUP_COLUMNS, [14, 15, 16, 17, 18]);
  fits(c.ids().every((id) => SENSE[g.coding].includes(id)), "a column of another coding");
  fits(g.tableCount ? c.has(13) : !c.has(12) && !c.has(13), "columns of the tables");
  g.halves = g.coding === INT && g.dtype.part === 64;
  const parts = g.dtype.parts === 2 || g.halves ? [2] : [];
  const coded = g.tensors.map((t) => [...t.dims, ...parts]);
  const empty = g.tensors.map((t) => product(t.dims) === 0);
  const each = (id, missing) => c.ints(id, g.count, missing);
  const optional = (id, of) => (c.has(id) ? each(id) : coded.map(of));
  const within = (values, low, high, what) => { allow(values.every((v) => v >= low && v <= high), what); return values; };
  const rows = optional(1, (d) => Math.min(1, d.length)), columns = optional(2, (d) => d.length);
  const axes = within(each(3, 0), 0, 7, "class_axes"), bias = within(each(4, 0).map(unzigzag), -4096, 4095, "context_bias");
  const stepAxis = each(5, 0);
  fits(stepAxis.every((a, k) => a <= g.tensors[k].dims.length), "step_axis");
  const stepCounts = stepAxis.map((a, k) => (a && !empty[k] ? coded[k][a - 1] : 1));
  const steps = g.coding === UNIFORM ? stepCounts.reduce((a, b) => a + b, 0) : 0;
  const m = c.ints(6, steps), e = c.ints(7, steps).map(unzigzag), e0 = each(8, 0);
  const zRows = within(each(9, 0), 0, 1, "low_zero_rows"), z = each(10, 0), width = Math.ceil(g.dtype.bits / 8);
  const constants = c.bytes(11, g.coding === CONSTANT ? width * g.count : 0);
  const most = g.sparse ? g.tableCount / 2 : g.tableCount;
  g.tableMap = within(c.ints(12, 64 * g.rootClasses, 0), 0, most - 1, "table_map");
  fits(rows.every((r, k) => r <= columns[k] && columns[k] <= coded[k].length), "split axes");
  fits(empty.every((none, k) => !none || !(axes[k] || stepAxis[k] || zRows[k])), "parameters of an empty tensor");
  const rowsOf = coded.map((d, k) => product(d.slice(0, rows[k]))), last = g.count - 1;
  fits(!g.firstRow || g.firstRow < rowsOf[0], "first_row");
  fits(!g.rowLimit || (g.rowLimit < rowsOf[last] && (last > 0 || g.rowLimit > g.firstRow)), "row_limit");
  const f64 = g.code === 19;
  if (g.coding === FLOAT) allow(z.every((low, k) => zRows[k] || low <= g.dtype.m - 2), "low_zero");
  within(m, 1, f64 ? 2 ** 24 - 1 : 4095, "step_mantissa");
  within(e, f64 ? -1000 : -126, f64 ? 900 : 103, "step_exponent");
  if (g.coding === CONSTANT && g.dtype.bits < 8) within([...constants], 0, 2 ** g.dtype.bits - 1, "bits of a constant");
  fits(!g.firstRow || (g.coding === model.cut.coding && g.predicted === model.cut.predicted && rows[0] === model.cut.rows), "a tensor in two ways");
  if (g.coding === FLOAT) allow(e0.every((first) => first + g.K <= 2 ** g.dtype.e), "window of exponents");
  g.tables = readTables(c.bytes(13), g.tableCount, model.level);
  model.end = g.rowLimit ? [g.first + last, g.rowLimit] : [g.first + g.count, 0];
  model.cut = { coding: g.coding, predicted: g.predicted, rows: rows[last] };
  for (const t of g.tensors) { t.halves = g.halves; t.differs = g.predicted; }

  let start = 0, step = 0;
  g.spans = coded.map((d, k) => {
    const from = k === 0 ? g.firstRow : 0, to = k === last && g.rowLimit ? g.rowLimit : rowsOf[k];
    const size = [to - from, product(d.slice(rows[k], columns[k])), product(d.slice(columns[k]))];
    const span = { t: g.tensors[k], d, size, start, count: product(size), offset: from * size[1] * size[2], axes: axes[k],
      bias: bias[k], stepAxis: stepAxis[k], m: m.slice(step, step + stepCounts[k]), e: e.slice(step, step + stepCounts[k]),
      e0: e0[k], z: z[k], zRows: zRows[k], classes: [] };
    start += span.count;
    step += stepCounts[k];
    return span;
  });
  g.total = start;
  g.maps = g.spans.flatMap((s) => [0, 1, 2, 3].filter((x) => (x < 3 ? (s.axes >> x) & 1 : s.zRows))
    .map((x) => ({ s, x, values: new Uint8Array(s.size[x === 3 ? 0 : x]) })));
  g.kinds = g.maps.flatMap((v) => Array.from(v.values, (_, i) => [v, i]));
  for (const v of g.maps) if (v.x < 3) v.s.classes[v.x] = v.values; else v.s.zOf = v.values;
  if (g.coding === CONSTANT) g.tensors.forEach((t, k) => {
    const one = constants.subarray(k * width, (k + 1) * width);
    for (let i = 0; i < product(t.dims); i++) if (g.dtype.bits >= 8) one.copy(t.data, i * width); else put(t.data, i, g.dtype.bits, BigInt(one[0]));
  });
  let at = 0;
  g.places = g.tensors.map((t) => {
    if (!t.data.length) return at;
    const place = align(at, 2 ** g.alignment);
    at = place + t.data.length;
    return place;
  });
  g.bytes = at;
  g.stored = 0;
  return g;
}

function put(data, place, bits, value) {
  if (bits < 8) { data[(place * bits) >> 3] |= (Number(value) << ((place * bits) & 7)) & 255;
    if (((place * bits) & 7) + bits > 8) data[((place * bits) >> 3) + 1] |= Number(value) >> (8 - ((place * bits) & 7)); return; }
  for (let i = 0; i < bits / 8; i++) data[(place * bits) / 8 + i] = Number((value >> BigInt(8 * i)) & 255n);
}

function get(data, place, bits) { // the pattern of an element; the inverse of put
  let value = 0n;
  if (bits < 8) for (let i = 0; i < bits; i++) value |= BigInt((data[(place * bits + i) >> 3] >> ((place * bits + i) & 7)) & 1) << BigInt(i);
  else for (let i = 0; i < bits / 8; i++) value |= BigInt(data[(place * bits) / 8 + i]) << BigInt(8 * i);
  return value;
}

const checkLevel = (level, m, code) =>
  allow(Math.abs(level) < 2 ** 31 && Math.abs(level) * m < (code === 19 ? 2 ** 53 : 2 ** 24), "level times step");

function patternOf(level, m, e, code, { bits, e: E, signed }) {
  checkLevel(level, m, code);
  if (level === 0) return 0n;
  const p = level * m * 2 ** e; // exact in binary32 (f64: in binary64)
  if (E) return rounded(p, code);
  let v = Math.floor(p);
  if (p - v > 0.5 || (p - v === 0.5 && v % 2 !== 0)) v++;
  if (code === 1) return v ? 1n : 0n;
  const top = 2n ** BigInt(bits - (signed ? 1 : 0)) - 1n, low = signed ? -top - 1n : 0n, big = BigInt(v);
  return BigInt.asUintN(bits, big > top ? top : big < low ? low : big);
}

function decodeMap(g, s) {
  fits(g.denseDone === 0 && s.first === g.mapDone && s.first + s.count <= g.kinds.length, "order of maps");
  const tables = s.tables(), at = (k) => g.kinds[s.first + k];
  const { tokens } = lanes(s, (k) => tables[s.map[at(k)[0].x]]);
  allow(tokens.every((value, k) => value <= (at(k)[0].x === 3 ? g.dtype.m - 2 : 63)), "classes, zero low bits");
  tokens.forEach((value, k) => { const [v, i] = at(k); v.values[i] = value; });
  g.mapDone += s.count;
}

function take(g, s) { // the elements that a dense or a sparse segment covers, and their contexts
  fits(g.mapDone === g.kinds.length && s.first === g.denseDone && s.first + s.count <= g.total, "order of segments");
  g.denseDone += s.count;
  let place = 0;
  return Array.from({ length: s.count }, (_, k) => {
    while (s.first + k >= g.spans[place].start + g.spans[place].count) place++;
    const span = g.spans[place], i = s.first + k - span.start, [, B, C] = span.size;
    const one = { span, i, at: span.offset + i, a: Math.floor(i / (B * C)), b: Math.floor(i / C) % B, c: i % C };
    if (g.predicted) one.base = get(predictionOf(span.t), g.halves ? one.at >> 1 : one.at, g.dtype.part);
    one.table = g.tableMap[contextOf(g, one)];
    return one;
  });
}

function contextOf(g, { span, a, b, c, base }) { // 11.5, 13.5
  let sum = span.bias + (span.classes[0]?.[a] ?? 0) + (span.classes[1]?.[b] ?? 0) + (span.classes[2]?.[c] ?? 0);
  if (g.predicted) sum -= g.scale * exponentOf(base, g.dtype);
  const set = g.rootClasses === 2 && isNotZero(base, g.dtype) ? 64 : 0;
  return set + Math.min(63, Math.max(0, sum));
}

function stepOf({ span, at }) {
  const inner = span.stepAxis ? product(span.d.slice(span.stepAxis)) : 1;
  const n = span.stepAxis ? Math.floor(at / inner) % span.m.length : 0;
  return [span.m[n], span.e[n]];
}

function giveChanged(g, one, value) { // an element by its prediction and its difference or level
  const { part, e } = g.dtype, [m, exponent] = g.coding === UNIFORM ? stepOf(one) : [];
  if (g.coding === UNIFORM) checkLevel(value, m, g.code);
  else allow(value < 0 ? -value <= 2 ** (part - 1) : value < 2 ** (part - 1), "difference");
  const sum = () => (value ? summed(one.base, g.code, value, m, exponent) : one.base);
  put(one.span.t.data, one.at, part, g.coding === UNIFORM ? sum() : moved(one.base, BigInt(value), part, e !== undefined));
}

function hybrids(g) { // of a group: extra bits of a token, and the value of one
  const half = 2 ** g.split, inside = g.msb + g.lsb, exponent = (token) => g.split + ((token - half) >> inside);
  return {
    legal: (token) => token < half || exponent(token) <= 31,
    extra: (token) => (token < half ? 0 : exponent(token) - inside),
    value(token, side) {
      if (token < half) return token;
      const u = token - half, n = exponent(token), rest = side.read(n - inside);
      return 2 ** n + ((u >> g.lsb) & ((1 << g.msb) - 1)) * 2 ** (n - g.msb) + rest * 2 ** g.lsb + (u & ((1 << g.lsb) - 1));
    },
  };
}

function sideBits(carried, tail, bits) {
  fits(tail.length === Math.ceil(Math.max(0, bits - 8 * carried.length) / 8), "side bytes");
  const used = Math.ceil(bits / 8), side = new Bits(Buffer.concat([carried.subarray(0, used), tail]));
  allow(zero(carried.subarray(used)) && (bits % 8 === 0 || side.data.at(-1) >> bits % 8 === 0), "bits behind the side bits");
  return side;
}

function decodeSparse(g, s) { // 13.6
  const where = take(g, s), walks = s.changes.flatMap((n, w) => Array(n).fill(w)), h = hybrids(g);
  const { tokens, carried } = lanes(s, (k) => g.tables[k < s.total ? 2 * walks[k] : 2 * walks[k - s.total] + 1], 2 * s.total);
  allow(tokens.every(h.legal), "token above 32 bits");
  const side = sideBits(carried, s.tail, tokens.reduce((sum, token) => sum + h.extra(token), s.total));
  const gaps = Array.from(tokens.subarray(0, s.total), (token) => h.value(token, side));
  const values = Array.from(tokens.subarray(s.total), (token) => {
    const negative = side.read(1), v = h.value(token, side) + 1;
    return negative ? -v : v;
  });
  const walk = s.changes.map(() => []), at = s.changes.map(() => -1), changes = new Map();
  for (const one of where) walk[one.table].push(one);
  walks.forEach((w, k) => {
    at[w] += gaps[k] + 1;
    fits(at[w] < walk[w].length, "a gap beyond the elements");
    changes.set(walk[w][at[w]], values[k]);
  });
  now.stage = "reconstruction";
  for (const one of where) if (changes.has(one)) giveChanged(g, one, changes.get(one)); else put(one.span.t.data, one.at, g.dtype.part, one.base);
  now.stage = "segment";
}

function decodeDense(g, s) {
  const where = take(g, s);
  const { tokens, carried } = lanes(s, (k) => g.tables[where[k].table]);
  const { e: E, m: M } = g.dtype, escape = 4 * g.K + 1, raw = [];
  let tail = s.tail;
  if (g.coding === FLOAT) {
    allow(tokens.every((token) => token <= escape), "token beyond the escape");
    const rows = [];
    tokens.forEach((token, k) => {
      const { span, a, i } = where[k];
      if (k === 0 || i % (span.size[1] * span.size[2]) === 0) rows.push([]);
      rows.at(-1).push(token ? M - 2 - (span.zRows ? span.zOf[a] : span.z) : 0);
    });
    const size = rows.reduce((sum, row) => sum + Math.ceil(row.reduce((x, y) => x + y, 0) / 8), 0);
    fits(size <= tail.length, "raw fields");
    const b = new Bits(tail.subarray(0, size));
    for (const row of rows) { for (const width of row) raw.push(b.read(width)); b.align(); }
    tail = tail.subarray(size);
  }
  const signed = g.coding === UNIFORM || (g.dtype.part < 64 && (g.predicted || g.dtype.signed)), h = hybrids(g);
  if (g.coding !== FLOAT) allow(tokens.every(h.legal), "token above 32 bits");
  const floatBits = (token) => (token === escape ? 3 + E : token ? 1 : 0);
  const side = sideBits(carried, tail, tokens.reduce((sum, token) =>
    sum + (g.coding === FLOAT ? floatBits(token) : h.extra(token) + (signed && token ? 1 : 0)), 0));
  now.stage = "reconstruction";
  tokens.forEach((token, k) => {
    const { span, a, at } = where[k], { data } = span.t;
    if (g.coding === FLOAT) {
      if (!token) return;
      const sign = BigInt(side.read(1)), z = span.zRows ? span.zOf[a] : span.z;
      const e = token === escape ? side.read(E) : span.e0 + ((token - 1) >> 2);
      const q = token === escape ? side.read(2) : (token - 1) & 3;
      const mantissa = (BigInt(q) << BigInt(M - 2)) | (BigInt(raw[k]) << BigInt(z));
      put(data, at, g.dtype.part, (sign << BigInt(E + M)) | (BigInt(e) << BigInt(M)) | mantissa);
      return;
    }
    const negative = signed && token ? side.read(1) : 0, v = h.value(token, side), value = negative ? -v : v;
    if (g.halves) data.writeUInt32LE(v, 8 * (at >> 1) + (at & 1 ? 0 : 4));
    else if (g.predicted) giveChanged(g, where[k], value);
    else if (g.coding === UNIFORM) put(data, at, g.dtype.bits, patternOf(value, ...stepOf(where[k]), g.code, g.dtype));
    else {
      allow(v < 2 ** (g.dtype.bits - (signed ? 1 : 0)) + negative, "value of the dtype");
      put(data, at, g.dtype.bits, BigInt.asUintN(g.dtype.bits, BigInt(value)));
    }
  });
  now.stage = "segment";
}

function closeGroup(g) {
  if (g.coded) fits(g.mapDone === g.kinds.length && g.denseDone === g.total, "symbols are missing");
  if (g.coding === STORED) fits(g.stored === g.bytes, "stored bytes are missing");
}

function takeStored(g, payload, last) {
  fits(payload.length > 0 && g.stored + payload.length <= g.bytes, "stored bytes");
  allow(last || payload.length % 64 === 0, "size of a stored unit");
  const gaps = Buffer.from(payload);
  g.tensors.forEach((t, k) => {
    const from = Math.max(g.places[k], g.stored), to = Math.min(g.places[k] + t.data.length, g.stored + payload.length);
    if (from < to) payload.copy(t.data, from - g.places[k], from - g.stored, to - g.stored);
    if (from < to) gaps.fill(0, from - g.stored, to - g.stored);
    const bits = (product(t.dims) * g.dtype.bits) % 8;
    allow(to < from || !bits || to < g.places[k] + t.data.length || t.data.at(-1) >> bits === 0, "unused bits");
  });
  allow(zero(gaps), "gaps between stored tensors");
  g.stored += payload.length;
}

// ------------------------------------------------------------------------------------ chapter 10
function tensorDigest(data) {
  if (data.length <= 1 << 20) return sha(data);
  const leaves = [];
  for (let at = 0; at < data.length; at += 1 << 20) leaves.push(sha(data.subarray(at, at + (1 << 20))));
  return sha(...leaves);
}

function modelDigest(rows) {
  const head = Buffer.alloc(6);
  head.writeUInt16LE(1, 0);
  head.writeUInt32LE(rows.length, 2);
  const parts = [Buffer.from("dombitMD"), head];
  for (const { t, digest } of [...rows].sort((a, b) => Buffer.compare(a.t.name, b.t.name))) {
    const fixed = Buffer.alloc(4 + t.name.length + 3 + 8 * t.dims.length);
    fixed.writeUInt32LE(t.name.length, 0);
    t.name.copy(fixed, 4);
    fixed.writeUInt16LE(t.dtype, 4 + t.name.length);
    fixed[6 + t.name.length] = t.dims.length;
    t.dims.forEach((dim, k) => fixed.writeBigUInt64LE(BigInt(dim), 7 + t.name.length + 8 * k));
    parts.push(fixed, digest);
  }
  return sha(...parts);
}

// ------------------------------------------------------------------------------------ chapter 15
const STAGES = { 2: "structure", 3: "structure", 4: "structure", 5: "structure", 13: "structure", 6: "parameters", 7: "segment", 8: "segment", 9: "identity" };

function header(p, packed) {
  fits(p.length >= 16, "stream header");
  support(p[0] === 0 && p[1] === 1, "version");
  support(p[2] < 2 && (p[3] === 1 || p[3] === 2), "profile, level");
  allow(p.readUInt16LE(4) > 0, "no model");
  support(p.readUInt16LE(4) === 1 && p.readUInt16LE(6) < 2 && (p.readBigUInt64LE(8) & ~0x103n) === 0n, "models, flags, features");
  fits(p.length === 16, "stream header");
  fits(p.readBigUInt64LE(8) >> 8n === (packed ? 1n : 0n), "feature bit of packed units");
  return { level: p[3], index: p[6], features: p.readBigUInt64LE(8) };
}

function checkIndex(p, rows, digest) {
  fits(p.length >= 8, "fixed part");
  support(zero(p.subarray(6, 8)), "reserved bytes");
  const count = p.readUInt32LE(0);
  limit(count <= LIMITS.units, "unit_count");
  const c = table(p, 8, p.readUInt16LE(4), listed([1, 2, 3, 4], [5]));
  fits(count === rows.length, "unit_count");
  const columns = [c.ints(1, count), c.ints(2, count), c.ints(3, count, 0), c.ints(4, count, 0)];
  allow(columns[1].every((size) => size >= 16), "a unit of less than 16 bytes");
  fits(rows.every((row, n) => row.every((value, k) => value === columns[k][n])), "the index disagrees with the units");
  fits(!c.has(5) || c.bytes(5, 32).equals(digest), "model digest of the index");
}

function decode(file, above, pool) { // above: places of the roots that are being decoded, this one the last
  const given = pool.reduce((all, root) => all + root.file.length, file.length);
  const outputBytes = LIMITS.output_bytes ?? Math.max(2 ** 30, 1024 * given);
  let head, model, g, files, before = 0, due = 0, missing = 0, indexAt = 0, result;
  const rows = [];
  const expected = () => {
    if (!model) return [3];
    if (result) return before === 9 ? [32, 33] : [33];
    if (model.hasSkeleton && !files) return [4];
    return missing ? [5] : due ? [g.coding === STORED ? 8 : 7] : [6, 9];
  };
  const mayStand = (type, known) => (before === 0 ? type === 1 : !known || expected().includes(type) || (type === 2 && before === 3) || (type === 13 && model?.skeletonId && (before === 3 || before === 2)));
  const close = () => { if (!due) { now.stage = "segment"; closeGroup(g); } };
  for (const unit of units(file, mayStand)) {
    const { type, payload, at, known, size } = unit;
    const row = [type, size, 0, 0];
    if (known) {
      before = type;
      now.stage = STAGES[type] ?? "container";
      if (type === 1) head = header(payload, unit.packed);
      else if (type === 2) metadata(payload);
      else if (type === 3) {
        model = { ...structure(payload, outputBytes, head.features), level: head.level };
        if (model.root) {
          const below = bindRoot(model, above, pool);
          if (model.skeletonId) files = inheritFiles(model, below.tensors, below.skeleton, outputBytes, !above.length);
        }
      }
      else if (type === 4) { files = { ...skeleton(payload, model.tensors, outputBytes), parts: [] }; missing = u64(payload, 16); }
      else if (type === 13) files = patch(payload, files, outputBytes);
      else if (type === 5) { fits(payload.length, "no literal bytes"); limit(payload.length <= LIMITS.inflated_bytes, "skeleton data"); fits(payload.length <= missing, "literal bytes"); files.parts.push(payload); missing -= payload.length; }
      else if (type === 6) { g = group(payload, model); due = g.units; row.splice(2, 2, g.first, g.count); close(); }
      else if (type === 7) {
        const s = segment(payload, head.level, g);
        [decodeDense, decodeMap, decodeSparse][s.kind](g, s);
        row.splice(2, 2, s.first, s.count);
        due--;
        close();
      } else if (type === 8) { takeStored(g, payload, due === 1); due--; close(); }
      else if (type === 9) result = endModel(model, payload, files, !above.length);
      else if (type === 32) { fits(head.index, "an index that nobody announced"); checkIndex(payload, rows, result.digest); indexAt = at - size; }
      else if (type === -1) fits(result && !head.index, "a packed unit without a whole model, or an index that is missing");
      else if (type === 33) {
        fits(!head.index || indexAt, "no index");
        fits(payload.length === 16 && u64(payload, 0) === indexAt && u64(payload, 8) === at, "end unit");
      }
    }
    rows.push(row);
  }
  return result;
}

function endModel(model, payload, files, asked) { // asked: for files too; of a root for tensors only (R-PRE-507)
  now.stage = "parameters";
  fits(model.end[0] === model.order.length && model.end[1] === 0, "tensors without a group");
  for (const t of model.tensors) if (t.halves) joinHalves(t);
  now.stage = "identity";
  fits(payload.length >= 40, "fixed part");
  support(payload[36] === 1, "digest_kind");
  support(payload[37] === 0, "reserved byte");
  const rows = model.tensors.filter((t) => !t.hidden).map((t) => ({ t, digest: tensorDigest(bytesOf(model.tensors, t)) }));
  fits(payload.readUInt32LE(32) === rows.length, "tensor_count");
  const columns = table(payload, 40, payload.readUInt16LE(38), listed([], [1])), digest = modelDigest(rows);
  const said = columns.has(1) ? columns.bytes(1, 32 * rows.length) : [];
  rows.forEach((row, k) => same(!said.length || row.digest.equals(said.subarray(32 * k, 32 * k + 32)), "tensor digest"));
  same(digest.equals(payload.subarray(0, 32)), "model digest");
  const own = files && { ...files, literals: files.literals ?? Buffer.concat(files.parts) }, pool = { data: own?.literals, at: 0 };
  const given = ((asked && own?.files) || []).map((f) => ({ name: f.name, data: assemble(f, model.tensors, pool) }));
  return { rows, digest, tensors: model.tensors, skeleton: own, files: given };
}

const decodeWith = (file, roots) => decode(file, [], roots.map((root, place) => ({ file: root, place, digest: statedDigest(root) })));

function verdict(line) {
  const [file, ...roots] = line.split(" ").map((hex) => Buffer.from(hex, "hex"));
  try {
    const { digest, files } = decodeWith(file, roots);
    return { model_digest: digest.toString("hex"), files: files.map(({ data }) => sha(data).toString("hex")) };
  } catch (error) {
    if (error instanceof RootMissing) return { missing: error.digest };
    return error instanceof Refusal ? { kind: error.kind, stage: error.stage } : { crash: error.stack };
  }
}

function main(input, words) {
  const roots = words.filter((_, n) => words[n - 1] === "--root");
  const { rows, digest, files, tensors } = decodeWith(readFileSync(input), roots.map((root) => readFileSync(root)));
  const folder = words.includes("-o") && words[words.indexOf("-o") + 1];
  let count = 0;
  const write = (line, data) => {
    line.file = `${count++}.raw`;
    if (folder) { mkdirSync(folder, { recursive: true }); writeFileSync(joinPath(folder, line.file), data); }
    console.log(JSON.stringify(line));
  };
  for (const { t, digest: d } of rows)
    write({ name: t.name.toString(), dtype: NAMES[t.dtype], shape: t.dims, digest: d.toString("hex") }, bytesOf(tensors, t));
  for (const { name, data } of files) {
    write({ source: name }, data);
    console.log(JSON.stringify({ file: name, size: data.length, sha256: sha(data).toString("hex") }));
  }
  console.log(JSON.stringify({ model_digest: digest.toString("hex") }));
}

const [input, ...words] = process.argv.slice(2);
words.forEach((word, n) => { if (word === "--limit") { const [name, most] = words[n + 1].split("="); LIMITS[name] = Number(most); } });
if (input === "--verdicts") for (const line of readFileSync(words[0], "latin1").trim().split("\n")) console.log(JSON.stringify(verdict(line)));
else try { main(input, words); } catch (error) {
  if (!(error instanceof Refusal || error instanceof RootMissing)) throw error; // a crash, which Node ends with 1
  console.error(`refused: ${error.message}`);
  if (error instanceof Refusal) console.log(JSON.stringify({ kind: error.kind, stage: error.stage }));
  process.exitCode = error instanceof RootMissing ? 4 : error.kind === "unsupported" ? 3 : 1;
}
