import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { chooseBackend, type EagerBackend, eagerBackend, withBackend } from "../../src/engine/backend.ts";
import { describeEager } from "../../src/engine/doctor.ts";
import { compile } from "../../src/engine/index.ts";
import { loadNativeTfjs } from "../../src/engine/node.ts";
import { listed, messageOf } from "./support.ts";

const test = suite("back ends of TensorFlow.js");

/** A program around us with a tfjs-core of its own, whose back end computes in JavaScript under another name. */
const host = {
  core: createRequire(import.meta.url)("@tensorflow/tfjs-core") as typeof tf,
  cpu: createRequire(import.meta.url)("@tensorflow/tfjs-backend-cpu") as { MathBackendCPU: new () => tf.KernelBackend },
  register(backendName: string): void {
    host.core.registerBackend(backendName, () => new host.cpu.MathBackendCPU(), 5);
    for (const kernel of host.core.getKernelsForBackend("cpu")) host.core.registerKernel({ ...kernel, backendName });
  },
};

const runBoth = async () => {
  const x = listed([3, 4]);
  for (const engine of ["onnx", "tfjs"] as const) {
    const norm = await compile(({ x: v }: { x: tf.Tensor }) => tf.norm(v), { x }, { engine });
    assert.is((await norm.run({ x })).data[0], 5);
    await norm.dispose();
  }
};

test("where no back end was chosen, none is after compiling and running", async () => {
  assert.not.ok(tf.getBackend());
  await runBoth();
  assert.not.ok(tf.getBackend());
  host.register("host");
  assert.equal([...tf.add([1], [2]).dataSync()], [3]);
  assert.is(tf.getBackend(), "host", "the program still finds its own by priority");
});

test("the back end in use stays in use, also where a function throws", async () => {
  await runBoth();
  assert.is(tf.getBackend(), "host");
  const fail = () => {
    throw new RangeError("stop here");
  };
  const broken = await compile(fail as () => tf.Tensor, { x: listed([1]) }, { engine: "tfjs" });
  assert.match(await messageOf(() => broken.run({ x: listed([1]) })), /stop here/);
  assert.is(tf.getBackend(), "host");
});

test("a native back end that another copy of tfjs-core registered is chosen, and runs our tensors", async () => {
  const backend = await chooseBackend(async () => {
    host.register("tensorflow");
    host.core.setBackend("tensorflow"); // as tfjs-node does when it is loaded
    return true;
  });
  assert.equal(backend, { name: "tensorflow" });
  assert.is(tf.getBackend(), "host");
  withBackend("tensorflow", () => {
    const slope = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2]));
    assert.equal([...slope.dataSync()], [2, 4]);
  });
  assert.match(describeEager(backend).detail, /native/);
});

test("a native back end that is installed but cannot be loaded is said to be that", async () => {
  const backend = await chooseBackend(async () => {
    throw new Error("libtensorflow.so.2: cannot open shared object file\nRequire stack:");
  });
  assert.is(backend.name, "cpu");
  assert.match(
    backend.problem ?? "",
    /is installed but could not be loaded \(libtensorflow\.so\.2: cannot open [a-z ]+\)$/,
  );
  const { detail, install } = describeEager(backend);
  assert.match(detail, /in JavaScript, slow: @tensorflow\/tfjs-node is installed but could not be loaded/);
  assert.match(install ?? "", /^npm rebuild/);
});

if (await loadNativeTfjs().catch(() => true)) console.log("(tfjs-node is installed here: its absence is not tested)");
else {
  test("where it is not installed JavaScript runs, without a word", async () => {
    assert.equal(await eagerBackend(), { name: "cpu" });
  });
}

/** Code of a module, as one that can be imported. */
const moduleOf = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

test("a process in which it fails to load warns once, on stderr", () => {
  const broken = moduleOf("throw new Error('libtensorflow.so.2 is missing')");
  const hooks = moduleOf(
    `export const resolve = (name, context, next) => name === "@tensorflow/tfjs-node"
      ? { url: ${JSON.stringify(broken)}, shortCircuit: true } : next(name, context);`,
  );
  const register = moduleOf(`import { register } from "node:module"; register(${JSON.stringify(hooks)});`);
  const program = `const { eagerBackend } = await import("./src/engine/backend.ts");
    await eagerBackend();
    console.log(JSON.stringify(await eagerBackend()));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--import", register, "--input-type=module", "-e", program],
    { cwd: path.resolve(import.meta.dirname, "../.."), encoding: "utf8" },
  );
  assert.is(status, 0, stderr);
  assert.match(
    (JSON.parse(stdout) as EagerBackend).problem ?? "",
    /could not be loaded \(libtensorflow\.so\.2 is missing\)/,
  );
  assert.is(stderr.match(/warning: engine tfjs: .* JavaScript runs instead/g)?.length, 1, stderr);
});

test.run();
