// The functions of mathjs that are used here as one ES module, generated/math.js, imported as "#math". mathjs itself is several hundred
// modules, and importing it for one function took longer than all else that a command loads. The licenses lie beside it.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { bundle } from "./bundle.js";

export async function bundleMath(root) {
  await bundle(root, "math", 'export { erf } from "mathjs/number";');
  writeFileSync(
    path.join(root, "generated", "math.d.ts"),
    "/** The error function, 2/√π ∫₀ˣ exp(−t²) dt (Cody 1969). */\nexport declare function erf(x: number): number;\n",
  );
}
