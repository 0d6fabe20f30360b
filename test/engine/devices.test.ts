import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { diagnose } from "../../src/engine/doctor.ts";
import { compile, configureEngine, engineSettings } from "../../src/engine/index.ts";
import { close, floats, messageOf, runOnce, values } from "./support.ts";

const test = suite("devices and engines");

const withEnvironment = (variables: Record<string, string>, body: () => void): void => {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    body();
  } finally {
    process.env = before;
  }
};

test("settings come from the call, else configureEngine, else the environment, else the defaults", () => {
  assert.equal([engineSettings().engine, engineSettings().device], ["onnx", "cpu"]);
  withEnvironment({ SKETCHPRIOR_ENGINE: "tfjs", SKETCHPRIOR_THREADS: "3" }, () => {
    assert.equal([engineSettings().engine, engineSettings().threads], ["tfjs", 3]);
    configureEngine({ threads: 5 });
    assert.is(engineSettings().threads, 5);
    assert.is(engineSettings({ threads: 1 }).threads, 1);
  });
});

test("unknown engines and devices, and combinations that do not exist, are refused", () => {
  withEnvironment({ SKETCHPRIOR_DEVICE: "cuda" }, () => {
    assert.throws(() => engineSettings(), /device: expected cpu or webgpu, got "cuda"/);
  });
  withEnvironment({ SKETCHPRIOR_ENGINE: "torch" }, () => {
    assert.throws(() => engineSettings(), /engine: expected onnx or tfjs, got "torch"/);
  });
  assert.throws(() => engineSettings({ threads: 0 }), /threads: expected a positive integer, got 0/);
  assert.throws(() => engineSettings({ engine: "tfjs", device: "webgpu" }), /the engine tfjs runs on the cpu only/);
});

const diagnosis = await diagnose();

test("doctor says what runs, with versions and speed", () => {
  assert.ok(diagnosis.engines.onnx.available && diagnosis.engines.tfjs.available && diagnosis.devices.cpu.available);
  assert.match(diagnosis.versions["onnxruntime-node"] ?? "", /^\d+\.\d+/);
  assert.ok(diagnosis.speed && diagnosis.speed.gflops > 0.1 && diagnosis.speed.cosine > 0);
});

test("doctor names the command that installs what is missing", () => {
  for (const found of [...Object.values(diagnosis.engines), ...Object.values(diagnosis.devices)]) {
    if (!found.available) assert.match(found.install ?? "", /install/);
  }
});

const step = ([x, w]: tf.Tensor[]): tf.Tensor[] => {
  const loss = (v: tf.Tensor) => tf.sum(tf.cos(tf.tanh(tf.matMul(x as tf.Tensor2D, v as tf.Tensor2D)))) as tf.Scalar;
  const { value, grad } = tf.valueAndGrad(loss)(w!);
  return [value as tf.Tensor, grad];
};
const inputs = [floats([16, 8]), floats([8, 5], -1, 1, "w")];

if (diagnosis.devices.webgpu.available) {
  test("webgpu gives what the cpu gives", async () => {
    const [gpu, cpu] = [await runOnce(step, inputs, { device: "webgpu" }), await runOnce(step, inputs)];
    close(values(gpu), values(cpu), "webgpu", 1e-4); // transcendental functions of GPUs are less exact
  });
} else {
  console.log(`no WebGPU adapter here, its test is skipped: ${diagnosis.devices.webgpu.detail}`);
  // nothing here could run it: a GPU driver cannot be had from the npm registry
  test.skip("webgpu gives what the cpu gives", () => {});
  test("a device that is asked for and absent is refused with what to install, not replaced by the cpu", async () => {
    const message = await messageOf(() =>
      compile(({ x }: { x: tf.Tensor }) => tf.cos(x), { x: floats([3]) }, { device: "webgpu" }),
    );
    assert.match(message, /device webgpu: no usable adapter \(.*\); install .*, or use --device cpu/);
  });
}

test.run();
