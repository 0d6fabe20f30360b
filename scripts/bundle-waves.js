// src/sketch/assembly/waves.ts as a WebAssembly module of 2 kB inside an ES module for any host, generated/waves.js, imported as "#waves".
import { writeFileSync } from "node:fs";
import path from "node:path";
import asc from "assemblyscript/asc";

const OPTIONS = ["--outFile", "waves.wasm", "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd"];

export async function bundleWaves(root) {
  let binary;
  const writeFile = (_, data) => {
    binary = data;
  };
  const source = path.join("src", "sketch", "assembly", "waves.ts");
  const { error, stderr } = await asc.main([source, "--baseDir", root, ...OPTIONS], { writeFile });
  if (error) throw new Error(`${source}: ${stderr}`);
  const text = Buffer.from(binary).toString("base64");
  const out = path.join(root, "generated", "waves");
  writeFileSync(
    `${out}.js`,
    `const binary = Uint8Array.from(atob("${text}"), (byte) => byte.charCodeAt(0));
const module = new WebAssembly.Module(binary);
export const instantiate = () => new WebAssembly.Instance(module).exports;
`,
  );
  writeFileSync(
    `${out}.d.ts`,
    `/** A new instance, with a memory of its own, of src/sketch/assembly/waves.ts: its functions by name. */
export declare function instantiate(): object;
`,
  );
}
