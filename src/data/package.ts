import { readFileSync } from "node:fs";
import path from "node:path";

/** The version in the package.json above this file, whether it runs from source or from dist. */
export function packageVersion(): string {
  for (let folder = import.meta.dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const text = readFileSync(path.join(folder, "package.json"), "utf8");
      const { name, version } = JSON.parse(text) as { name?: string; version?: string };
      if (name === "sketchprior") return version ?? "unknown";
    } catch {
      // no package.json here: look one folder up
    }
  }
  return "unknown";
}
