import { writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { licenses } from "./bundle-licenses.js";

/** What `contents` exports as one ES module for any host, generated/<name>.js, and the licenses of what is inside, which are returned too. */
export async function bundle(root, name, contents, plugins = []) {
  const out = path.join(root, "generated");
  const { metafile } = await build({
    stdin: { contents, resolveDir: root },
    ...{ bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"], plugins },
    ...{ legalComments: "none", metafile: true, logLevel: "error" },
    ...{ outfile: path.join(out, `${name}.js`), absWorkingDir: root },
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0);
  const texts = licenses(root, `${name}.js`, used);
  writeFileSync(path.join(out, `${name}.LICENSES.txt`), texts);
  return texts;
}
