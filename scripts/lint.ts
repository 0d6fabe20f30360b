import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

/**
 * Runs Biome over the files that git tracks. Other files in the checkout (data, priors, reports of the README's commands) are left alone.
 * Without git it runs over the source folders. `--write` formats. New files are included after `git add`.
 */
const root = path.resolve(import.meta.dirname, "..");
const folders = ["src", "operators", "priors", "scripts", "test", "package.json", "biome.json"];

function trackedFiles(): string[] {
  const { status, stdout } = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  if (status !== 0) return [];
  return stdout.split("\0").filter((name) => name !== "" && existsSync(path.join(root, name)));
}

const tracked = trackedFiles();
const files = tracked.length > 0 ? tracked : folders;
const biome = [path.join(root, "node_modules/@biomejs/biome/bin/biome"), "check", "--error-on-warnings"];
const options = ["--files-ignore-unknown=true", "--no-errors-on-unmatched", ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, [...biome, ...options, ...files], { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;
