/** SHA-256, in hexadecimal, of byte arrays one after the other. It uses Web Crypto, so it also runs in browsers. */
export async function sha256(parts: readonly ArrayBufferView[]): Promise<string> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    all.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const digest = await globalThis.crypto.subtle.digest("SHA-256", all);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
