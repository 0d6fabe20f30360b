// Bundles TensorFlow.js and a part of mathjs, compiles sums of waves to WebAssembly and dist/ with tsc; `npm ci` in a checkout runs it through `prepare`. In an installed package there is nothing to do.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
if (existsSync(path.join(root, "tsconfig.build.json"))) {
  const generated = path.join(root, "generated");
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated); // for whichever of the three is first
  const [{ bundleTfjs }, { bundleMath }, { bundleWaves }] = await Promise.all([
    import("./bundle-tfjs.js"),
    import("./bundle-math.js"),
    import("./bundle-waves.js"),
  ]);
  await Promise.all([bundleTfjs(root), bundleMath(root), bundleWaves(root)]);
  const typescript = path.dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  rmSync(path.join(root, "dist"), { recursive: true, force: true });
  const tsc = [path.join(typescript, "bin", "tsc"), "-p", "tsconfig.build.json"];
  const { status } = spawnSync(process.execPath, tsc, { cwd: root, stdio: "inherit" });
  const bin = path.join(root, "dist/src/cli/main.js");
  if (existsSync(bin)) chmodSync(bin, 0o755);
  process.exitCode = status ?? 1;
}
