// TensorFlow.js as one ES module, generated/tf.js, which everything here imports as "#tf": tfjs-core with every gradient, the
// methods of tensors (x.reshape) and the cpu back end. The packages themselves are needed to build, not to run: tfjs-core's
// Node bundle has no gradients, and the union package that has them weighs 270 MB installed (docs/decisions.md). The types and
// the licenses of what is inside lie beside it.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { bundle } from "./bundle.js";
import { copyTypes } from "./bundle-types.js";

const folderOf = (name) => path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** What tfjs-core imports from Node: text encoding and tests of typed arrays. Every host has these. */
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
  const core = folderOf("@tensorflow/tfjs-core");
  const texts = await bundle(root, "tf", ENTRY, [hostModules]);
  if (!/^long \d/m.test(texts))
    throw new Error("bundle-tfjs: the text of Apache-2.0 came with the package long, which is gone");
  const chained = "public/chained_ops/register_all_chained_ops";
  copyTypes(["index.d.ts", `${chained}.d.ts`], path.join(core, "dist"), path.join(out, "tfjs-core"));
  writeFileSync(
    path.join(out, "tf.d.ts"),
    `import "./tfjs-core/${chained}.js";\nexport * from "./tfjs-core/index.js";\n`,
  );
}
