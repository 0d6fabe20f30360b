// The functions of mathjs that are used here as one ES module, generated/math.js, imported as "#math". mathjs itself is several hundred
// modules, and importing it for one function took longer than all else that a command loads. The licenses lie beside it.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { licenses } from "./bundle-licenses.js";

export async function bundleMath(root) {
  const out = path.join(root, "generated");
  const { metafile } = await build({
    stdin: { contents: 'export { erf } from "mathjs/number";', resolveDir: root },
    ...{ bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"], legalComments: "none" },
    ...{ metafile: true, logLevel: "error", outfile: path.join(out, "math.js"), absWorkingDir: root },
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0);
  writeFileSync(path.join(out, "math.LICENSES.txt"), licenses(root, "math.js", used));
  writeFileSync(
    path.join(out, "math.d.ts"),
    "/** The error function, 2/√π ∫₀ˣ exp(−t²) dt (Cody 1969). */\nexport declare function erf(x: number): number;\n",
  );
}
