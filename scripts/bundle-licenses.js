import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** Name, version and license of every package in a bundle: the file that it ships, or else the notices that its sources begin with. */
export function licenses(root, bundle, inputs) {
  const packageOf = (file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  const names = new Set(inputs.map(packageOf).filter(Boolean));
  const sections = [...names].map((name) => {
    const folder = path.join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    const shipped = path.join(folder, "LICENSE");
    const sources = inputs.filter((file) => packageOf(file) === name).map((file) => path.join(root, file));
    const texts = existsSync(shipped) ? [readFileSync(shipped, "utf8")] : notices(sources);
    if (texts.length === 0) throw new Error(`${bundle}: ${name} (${license}) says nothing of its license`);
    return [`${name} ${version}, ${license}`, ...texts].join("\n\n");
  });
  return [`${bundle} holds parts of these packages.`, ...sections].join(`\n\n${"=".repeat(80)}\n\n`);
}

/** Comments about copyright that files begin with, each once. */
function notices(files) {
  const leading = files.map((file) =>
    /^(?:\s*(?:\/\/.*|\/\*[\s\S]*?\*\/))+/.exec(readFileSync(file, "utf8"))?.[0].trim(),
  );
  return [...new Set(leading)].filter((text) => /copyright/i.test(text ?? ""));
}
