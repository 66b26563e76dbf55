// What all chapters use: verdicts and the stage that they name, limits, numbers, bits (chapters 2, 16, 17).
// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { crc32 as zlibCrc } from "node:zlib";

export class Refusal extends Error { constructor(kind, what) { super(what); this.kind = kind; this.stage = now.stage; } }
export const now = { stage: "container" }; // of what is being read
export const refuse = (kind, what) => { throw new Refusal(kind, what); };
export const fits = (holds, what) => holds || refuse("malformed", what);
export const allow = (holds, what) => holds || refuse("forbidden-value", what);
export const support = (holds, what) => holds || refuse("unsupported", what);
export const limit = (holds, what) => holds || refuse("limit-exceeded", what);
export const same = (holds, what) => holds || refuse("integrity", what);
export const LIMITS = { tensors: 1e7, units: 1e7, inflated_bytes: 2 ** 26, rank: 32 }; // 16.4, and output_bytes
export const zero = (data) => data.every((byte) => byte === 0);
export const sha = (...parts) => { const h = createHash("sha256"); for (const p of parts) h.update(p); return h.digest(); };
const CRC_TABLE = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});
export const crc32 = zlibCrc ?? ((data) => {
  let c = 0xffffffff;
  for (const byte of data) c = CRC_TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
});
export const align = (at, to) => at + ((to - (at % to)) % to);
export const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
export const product = (dims) => dims.reduce((a, b) => a * b, 1);
export const unzigzag = (u) => (u % 2 ? -(u + 1) / 2 : u / 2);

export class Bits {
  constructor(data) { this.data = data; this.position = 0; }
  read(count) { // up to 64 bits, as a BigInt above 32
    if (count > 32) { const low = BigInt(this.read(32)); return low | (BigInt(this.read(count - 32)) << 32n); }
    let value = 0;
    for (let i = 0; i < count; i++, this.position++) {
      fits(this.position >> 3 < this.data.length, "bits end");
      value += ((this.data[this.position >> 3] >> (this.position & 7)) & 1) * 2 ** i;
    }
    return value;
  }
  align() { while (this.position & 7) allow(this.read(1) === 0, "pad bits"); }
  done() { this.align(); fits(this.position === 8 * this.data.length, "bytes left"); }
}

export function u64(p, at) {
  const value = p.readBigUInt64LE(at);
  allow(value < 2n ** 53n, "2^53");
  return Number(value);
}
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
export const text = (data) => { try { return UTF8.decode(data); } catch { return refuse("forbidden-value", "UTF-8"); } };
export const CONTROL = /\p{Cc}/u;
