import { writeFileSync } from "node:fs";
import { zipSync } from "fflate";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32 } from "../../src/data/crc.ts";
import { decodeNpz, encodeNpy, encodeNpz, openDataset, readArray, readNpz, readRows } from "../../src/data/index.ts";
import { unzip } from "../../src/data/zip.ts";
import { refuses, scratch } from "./tiny.ts";

const test = suite("zip files");
const at = scratch();
const text = (words: string) => new TextEncoder().encode(words);

test("CRC-32 has the check value of its standard, in one part and in two", () => {
  assert.is(crc32(text("123456789")), 0xcbf43926);
  assert.is(crc32(text("6789"), crc32(text("12345"))), 0xcbf43926);
});

test("unpacks what was packed, stored or deflated", () => {
  for (const level of [0, 9] as const) {
    const back = unzip(zipSync({ a: text("aaaaaaaaaaaaaaaa"), "b/ü": text("") }, { level }), "a.zip");
    assert.equal([...back.keys()], ["a", "b/ü"]);
    assert.equal(back.get("a"), text("aaaaaaaaaaaaaaaa"));
    assert.is(back.get("b/ü")!.length, 0);
  }
});

test("no flipped byte of an array is read: one clear line for each", async () => {
  const numbers = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const bytes = encodeNpz({ arrays: { data: ndarray(numbers, [50]) }, metadata: undefined });
  const [from, to] = [60, bytes.length - 80]; // inside the member, before the directory
  for (let i = from; i < to; i += 7) {
    const flipped = bytes.slice();
    flipped[i]! ^= 16;
    await refuses(
      () => decodeNpz(flipped, "a.npz"),
      /^a\.npz: member data\.npy is truncated or damaged \(.*\); make or copy/,
    );
  }
  const flipped = bytes.slice();
  flipped[(from + to) >> 1]! ^= 1;
  writeFileSync(at("flipped.npz"), flipped);
  await refuses(() => readNpz(at("flipped.npz")), /flipped\.npz: member data\.npy is truncated or damaged/);
  await refuses(() => readArray(at("flipped.npz")), /flipped\.npz: member data\.npy is truncated or damaged/);
});

/** A zip file whose directory says another size, or another method, of its only member. */
function lying(bytes: Uint8Array, field: 10 | 24, value: number): Uint8Array {
  const out = Buffer.from(bytes);
  const entry = out.lastIndexOf("PK\x01\x02", undefined, "latin1");
  if (field === 10) out.writeUInt16LE(value, entry + field);
  else out.writeUInt32LE(value, entry + field);
  return out;
}

test("a zip bomb is refused before it is unpacked, whether its directory is honest or not", async () => {
  const bomb = zipSync({ "data.npy": new Uint8Array(5e6) });
  assert.ok(bomb.length < 6000);
  await refuses(() => unzip(bomb, "b.npz", 1e6), /^b\.npz: unpacks to 5000000 bytes, more than the limit of 1000000;/);
  await refuses(() => decodeNpz(lying(bomb, 24, 3e9), "b.npz"), /unpacks to 3000000000 bytes, more than the limit/);
  await refuses(() => unzip(lying(bomb, 24, 1000), "b.npz"), /b\.npz: member data\.npy is truncated or damaged/);
  const file = encodeNpy(ndarray(new Float32Array(1e6), [1000, 1000]));
  const honest = zipSync({ "data.npy": file });
  writeFileSync(at("lying.npz"), lying(honest, 24, 4 * 128 + 128)); // says that it ends after a few rows
  const whole = async () => readRows(await openDataset(at("lying.npz")), 0, 1000);
  await refuses(whole, /lying\.npz: .* damaged \(it is longer than the 640 bytes that it says\)/);
  await refuses(() => readArray(at("lying.npz")), /longer than the 640 bytes that it says/);
});

test("a way of packing that is not read, and a damaged directory, are named", async () => {
  const bytes = zipSync({ "data.npy": text("abc") });
  await refuses(() => unzip(lying(bytes, 10, 12), "m.npz"), /m\.npz: member data\.npy is packed by method 12;/);
  const cut = Buffer.from(bytes);
  cut.writeUInt32LE(7, cut.length - 6); // the directory's place
  await refuses(() => unzip(cut, "d.npz"), /d\.npz: directory of the zip file cannot be understood/);
});

test.run();
