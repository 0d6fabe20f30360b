import { contiguous, type HostArray } from "../data/array.ts";
import { sha256 } from "../data/hash.ts";

/** SHA-256 (hexadecimal) over canonical JSON of the settings, then name, shape and bytes of each array by name. */
export async function fingerprint(settings: unknown, arrays: Readonly<Record<string, HostArray>>): Promise<string> {
  const parts: Uint8Array[] = [encoded(canonical(settings))];
  for (const name of Object.keys(arrays).sort()) {
    const array = arrays[name]!;
    const data = contiguous(array);
    parts.push(encoded(canonical([name, array.shape])), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return sha256(parts);
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

/** JSON with the keys of every record sorted. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const record = value as Record<string, unknown>;
  const entries = Object.keys(record).sort();
  return `{${entries.map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`).join(",")}}`;
}
