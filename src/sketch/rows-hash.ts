import { contiguous } from "../data/array.ts";
import type { Batch } from "../data/rows.ts";

/** The hash of no rows. */
export const NO_ROWS = "";

/** SHA-256 over the hash of the rows before and the bytes of the next ones and of their labels: a chain over blocks. */
export async function hashedRows(before: string, { data }: Batch, labels?: Uint8Array): Promise<string> {
  const parts = await Promise.all([bytesOf(contiguous(data)), labels ?? new Uint8Array(0)].map(sha256));
  return sha256(new TextEncoder().encode([before, ...parts].join()));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** In hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
