// On Linux x64 onnxruntime-node's postinstall script downloads CUDA libraries from outside the npm registry. These are some hundred
// megabytes that sketchprior never loads, and the whole installation fails if that host cannot be reached. The script skips the
// download if the files exist. npm runs every package's preinstall before any postinstall, so empty files made here prevent it.
// To get CUDA, set ONNXRUNTIME_NODE_INSTALL=cuda12, which the script honours regardless.
const fs = require("node:fs");
const path = require("node:path");

const names = ["cuda", "shared", "tensorrt"].map((n) => `libonnxruntime_providers_${n}.so`);

if (process.platform === "linux" && process.arch === "x64" && !process.env.ONNXRUNTIME_NODE_INSTALL) {
  try {
    const root = path.dirname(require.resolve("onnxruntime-node/package.json"));
    for (const name of names) {
      const file = path.join(root, "bin", "napi-v6", "linux", "x64", name);
      if (!fs.existsSync(file)) fs.writeFileSync(file, "");
    }
  } catch {
    // onnxruntime-node is not there yet (another package manager's order): its own script decides.
  }
}
