import ndarray from "ndarray";
import protobuf from "protobufjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { priorOnnx } from "../../priors/generator/onnx.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";

const test = suite("metadata of generator.onnx");

/** The fields of onnx.proto3 that hold the metadata. */
const { root } = protobuf.parse(`syntax = "proto3";
  message StringStringEntryProto { string key = 1; string value = 2; }
  message ModelProto { repeated StringStringEntryProto metadata_props = 14; }`);

function metadataOf(model: Uint8Array): Record<string, string> {
  const Model = root.lookupType("ModelProto");
  const { metadata_props = [], metadataProps = metadata_props } = Model.toObject(Model.decode(model));
  return Object.fromEntries(metadataProps.map(({ key, value }: { key: string; value: string }) => [key, value]));
}

const plain: GeneratorPrior = {
  ...{ kind: "generator", name: "toy", latent: 3, shape: [2, 2] },
  decode: (z) => tf.reshape(tf.tile(tf.slice(z, [0, 0], [-1, 1]), [1, 4]), [-1, 2, 2]),
};

test("a plain generator says what z and x are, and nothing that it has not", () => {
  const metadata = metadataOf(priorOnnx(plain));
  assert.equal(Object.keys(metadata).sort(), ["x", "z"]);
  assert.match(metadata.z!, /^float32 \[n, 3\], .* N\(0, 1\)/);
  assert.match(metadata.x!, /^float32 \[n, 2, 2\], G\(z\)/);
});

test("conditions come with their probabilities, and a residual is said to be left out", () => {
  const decode: GeneratorPrior["decode"] = (z, c) =>
    tf.add(plain.decode(z), tf.reshape(tf.cast(c!, "float32"), [-1, 1, 1]));
  const conditions = Float64Array.of(0.25, 0.75);
  const residual = ndarray(new Float32Array(16), [4, 4]);
  const metadata = metadataOf(priorOnnx({ ...plain, decode, conditions, residual }));
  assert.equal(JSON.parse(metadata.probabilities!), [0.25, 0.75]);
  assert.match(metadata.c!, /^int32 \[n\]/);
  assert.match(metadata.x!, /G\(z, c\)/);
  assert.match(metadata.left_out!, /N\(0, C\).*weights\.npz/);
});

test.run();
