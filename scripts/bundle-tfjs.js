// TensorFlow.js as one ES module, generated/tf.js, which everything here imports as "#tf": tfjs-core with every gradient, the
// methods of tensors (x.reshape) and the cpu back end. The packages themselves are needed to build, not to run: tfjs-core's Node bundle has no gradients, and the union
// package that has them weighs 270 MB installed (docs/decisions.md). The types are copied beside it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";

const folderOf = (name) => path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** What tfjs-core asks Node for: text encoding and tests of typed arrays, which every host has. */
const HOST = `
  export const { TextEncoder, TextDecoder } = globalThis;
  const is = (type) => (value) => value instanceof type;
  export const types = {
    isFloat32Array: is(Float32Array), isInt32Array: is(Int32Array),
    isUint8Array: is(Uint8Array), isUint8ClampedArray: is(Uint8ClampedArray),
  };`;
const ENTRY = `
  export * from "@tensorflow/tfjs-core/dist/index.js";
  import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
  import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
  import "@tensorflow/tfjs-backend-cpu/dist/index.js";`;

/** Modules of Node that are not needed here: random seeds from the system, downloads of models. */
const hostModules = {
  name: "host modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(util|node-fetch|crypto)$/ }, ({ path: name }) => ({ path: name, namespace: "host" }));
    onLoad({ filter: /.*/, namespace: "host" }, ({ path: name }) => ({
      contents: name === "util" ? HOST : "export default undefined;",
    }));
  },
};

export async function bundleTfjs(root) {
  const out = path.join(root, "generated");
  rmSync(out, { recursive: true, force: true });
  const core = folderOf("@tensorflow/tfjs-core");
  await build({
    stdin: { contents: ENTRY, resolveDir: root },
    ...{ bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"], plugins: [hostModules] },
    ...{ legalComments: "external", logLevel: "error", outfile: path.join(out, "tf.js") },
  });
  copyTypes(path.join(core, "dist"), path.join(out, "tfjs-core"));
  const chained = 'import "./tfjs-core/public/chained_ops/register_all_chained_ops.js";';
  writeFileSync(path.join(out, "tf.d.ts"), `${chained}\nexport * from "./tfjs-core/index.js";\n`);
}

/** Declarations with the file extensions that Node's resolution of ES modules asks for. */
function copyTypes(from, to) {
  for (const name of readdirSync(from, { recursive: true })) {
    if (!name.endsWith(".d.ts") || /(_test|test_util|jasmine|tests|test_)/.test(path.basename(name))) continue;
    const file = path.join(from, name);
    const up = path.relative(path.dirname(file), from) || ".";
    const text = readFileSync(file, "utf8")
      .replace(/^\/\/\/ <reference .*\n/gm, "")
      .replaceAll("@tensorflow/tfjs-core/dist/", `${up.startsWith(".") ? up : `./${up}`}/`)
      .replace(/((?:from|import|declare module)\s*\(?\s*)(['"])(\.[^'"]*)\2/g, (_, head, quote, target) => {
        const base = path.resolve(path.dirname(file), target);
        const full = existsSync(`${base}.d.ts`) ? `${target}.js` : `${target.replace(/\/$/, "")}/index.js`;
        return `${head}${quote}${full}${quote}`;
      });
    const gpu = /\bGPU(Buffer|Device)\b/.test(text) ? "type GPUBuffer = object;\ntype GPUDevice = object;\n" : "";
    const target = path.join(to, name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, gpu + text);
  }
}
