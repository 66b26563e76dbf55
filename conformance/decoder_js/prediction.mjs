// Predicted elements (chapter 13): conversion between floats, order-preserving integers, sums, contexts.
// Patterns are BigInt; nothing is rounded but where the text says so.
// SPDX-License-Identifier: Apache-2.0
const F32 = 18, F64 = 19;
export const FLOATS = { // E, M, bias, the pattern above the greatest finite one, canonical NaN
  16: [5, 10, 15, 0x7c00, 0x7e00n], 17: [8, 7, 127, 0x7f80, 0x7fc0n], 18: [8, 23, 127, 0x7f800000, 0x7fc00000n],
  19: [11, 52, 1023, 0, 0x7ff8000000000000n], 24: [4, 3, 7, 0x7e, 0x7fn], 25: [5, 2, 15, 0x7c, 0x7en],
  26: [4, 3, 8, 0x7f, 0x80n], 27: [5, 2, 16, 0x7f, 0x80n],
};
const fnuz = (code) => code === 26 || code === 27;
const scratch = new DataView(new ArrayBuffer(8));
const singleOf = (bits) => { scratch.setUint32(0, bits); return scratch.getFloat32(0); };
const bitsOf = (value) => { scratch.setFloat32(0, value); return scratch.getUint32(0); };
const doubleOf = (pattern) => { scratch.setBigUint64(0, pattern); return scratch.getFloat64(0); };
const patternOf = (value) => { scratch.setFloat64(0, value); return scratch.getBigUint64(0); };

export function valueOf(pattern, code) { // a pattern as a number, which is exact
  if (code === F64) return doubleOf(pattern);
  const bits = Number(pattern);
  if (code === F32) return singleOf(bits);
  const [E, M, bias, above] = FLOATS[code], size = 2 ** (E + M), rest = bits % size;
  if (fnuz(code) && bits === size) return NaN;
  if (rest > above || (code === 24 && rest === 0x7f)) return NaN;
  const e = Math.floor(rest / 2 ** M), m = rest % 2 ** M;
  const infinite = rest === above && (code === 16 || code === 17 || code === 25);
  const value = infinite ? Infinity : e ? (2 ** M + m) * 2 ** (e - bias - M) : m * 2 ** (1 - bias - M);
  return bits >= size ? -value : value;
}

export function narrow(bits, code) { // 14.2
  const [E, M, bias, overflow, nan] = FLOATS[code], sign = bits >>> 31, mantissa = bits & 0x7fffff;
  let exponent = (bits >>> 23) & 0xff, r;
  if (exponent === 0xff && mantissa) return nan;
  const whole = exponent ? 0x800000 | mantissa : mantissa;
  exponent ||= 1;
  const e = exponent - 127 + bias;
  const nearest = (all, kept, s) => {
    const rest = all % 2 ** s, half = 2 ** (s - 1);
    return kept + (rest > half || (rest === half && kept % 2 === 1) ? 1 : 0);
  };
  if (exponent === 0xff) r = overflow;
  else if (e >= 1 && whole >= 0x800000) r = nearest(mantissa, e * 2 ** M + (mantissa >> (23 - M)), 23 - M);
  else { const s = 24 - M - e; r = s > 24 ? 0 : nearest(whole, whole >> s, s); }
  r = Math.min(r, overflow);
  return BigInt(r === 0 && fnuz(code) ? 0 : sign * 2 ** (E + M) + r);
}

const outOf = (single, code) => (code === F32 ? BigInt(bitsOf(single)) : narrow(bitsOf(single), code));
export const rounded = (value, code) => (code === F64 ? patternOf(value) : outOf(Math.fround(value), code));

export function convert(pattern, from, to) { // 13.3
  if (from === to) return pattern;
  const value = valueOf(pattern, from);
  if (Number.isNaN(value)) return FLOATS[to][4];
  return rounded(value, to);
}

// A sum of two binary32 numbers that is rounded to binary64 first rounds to the same binary32 (53 >= 2 * 24 + 2 bits).
export function summed(pattern, code, level, m, e) { // 13.4, uniform
  const root = valueOf(pattern, code), sum = (Number.isFinite(root) ? root : 0) + level * m * 2 ** e;
  return rounded(sum, code);
}

export function moved(pattern, d, bits, isFloat) { // 13.4, int: the element d above a prediction
  const top = 1n << BigInt(bits - 1), cut = (x) => BigInt.asUintN(bits, x);
  if (!isFloat) return cut(pattern + d); // order() of integers adds 0 or 2^(b-1) on both sides
  const x = cut((pattern & top ? cut(~pattern) : pattern | top) + d);
  return x & top ? x ^ top : cut(~x);
}

export const exponentOf = (pattern, { e, m }) => (e ? Number((pattern >> BigInt(m)) & ((1n << BigInt(e)) - 1n)) : 0);
export const isNotZero = (pattern, { e, part }) => (e ? BigInt.asUintN(part - 1, pattern) : pattern) !== 0n;
