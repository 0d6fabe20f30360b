import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("the bundled TensorFlow.js and mathjs");
const root = path.resolve(import.meta.dirname, "../..");

test("its declarations stand by themselves, checked in full and without those of a browser", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-bundle-"));
  try {
    writeFileSync(
      path.join(folder, "user.mts"),
      `import * as tf from ${JSON.stringify(path.join(root, "generated/tf.js"))};\n` +
        "export const y: tf.Tensor = tf.grad((x) => tf.sum(x))(tf.tensor([1])).reshape([1, 1]);\n" +
        "// @ts-expect-error a shape is a list\nexport const z = tf.zeros('a');\n",
    );
    const compilerOptions = {
      ...{ target: "es2022", lib: ["es2023"], module: "nodenext", strict: true, skipLibCheck: false, noEmit: true },
      ...{ types: ["node"], typeRoots: [path.join(root, "node_modules/@types")] },
    };
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.mts"] }));
    const tsc = path.join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    assert.is(status, 0, stdout.slice(0, 2000));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the licenses of what is inside lie beside it", () => {
  const text = readFileSync(path.join(root, "generated/tf.LICENSES.txt"), "utf8");
  for (const name of ["tfjs-core", "tfjs-backend-cpu", "long", "seedrandom"]) {
    assert.match(text, new RegExp(`^(@tensorflow/)?${name} \\d`, "m"));
  }
  assert.match(text, /Apache License\s+Version 2\.0, January 2004/);
  assert.match(text, /Copyright 2019 David Bau[\s\S]*Permission is hereby granted/);
  const math = readFileSync(path.join(root, "generated/math.LICENSES.txt"), "utf8");
  assert.match(math, /^mathjs \d[\s\S]*Apache License[\s\S]*^typed-function \d[\s\S]*Permission is hereby granted/m);
});

test.run();
