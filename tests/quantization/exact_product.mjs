// level * m * 2^e in JavaScript: `node exact_product.mjs IN OUT`.
// IN: f64 triples (level, m, e). OUT, for each triple: three ways to fp32 as f64, then the number
// rounded to f16, bf16, e4m3fn, e5m2, e4m3fnuz, e5m2fnuz, i8, u16 (as f64).
import { readFileSync, writeFileSync } from "node:fs";

const floats = [[10, -14, 65504, Infinity], [7, -126, 3.3895313892515355e38, Infinity],
  [3, -6, 448, 448], [2, -14, 57344, Infinity], [3, -7, 240, 240], [2, -15, 57344, 57344]];

function halfEven(x) {
  const below = Math.floor(x), rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

function narrow(x, [bits, lowest, largest, beyond]) {
  let exponent = lowest;
  while (2 ** (exponent + 1) <= x) exponent += 1;
  const unit = 2 ** (exponent - bits);
  const rounded = halfEven(x / unit) * unit;
  return rounded > largest ? beyond : rounded;
}

const saturate = (x, low, high) => Math.min(Math.max(x, low), high);

const input = readFileSync(process.argv[2]);
const cases = new Float64Array(input.buffer, input.byteOffset, input.byteLength / 8);
const out = new Float64Array((cases.length / 3) * 11);
let at = 0;
for (let i = 0; i < cases.length; i += 3) {
  const [level, m, e] = cases.subarray(i, i + 3), power = 2 ** e;
  const exact = Math.fround(level * m * power);
  out[at++] = exact;
  out[at++] = Math.fround(Math.fround(level * m) * Math.fround(power));
  out[at++] = Math.fround(level * Math.fround(m * power));
  const sign = exact < 0 ? -1 : 1, size = Math.abs(exact);
  for (const kind of floats) out[at++] = sign * narrow(size, kind);
  const whole = sign * halfEven(size);
  out[at++] = saturate(whole, -128, 127);
  out[at++] = saturate(whole, 0, 65535);
}
writeFileSync(process.argv[3], out);
