import path from "node:path";
import { InputError } from "../data/errors.ts";
import { readFileOrExplain } from "../data/files.ts";
import { sha256 } from "../data/hash.ts";
import type { NetworkMomentsSpec } from "../sketch/index.ts";
import { onnxFiles, onnxModel } from "./onnx-file.ts";

/** What --features names: coordinates, a network, or both, as pca:300,onnx:features.onnx. */
export interface FeatureNames {
  readonly coordinates?: string;
  /** The network's file. */
  readonly network?: string;
}

export function featureNames(text: string | undefined): FeatureNames {
  if (text === undefined) return {};
  const [, coordinates, network] = /^(?:([^,]*),)?onnx:(.*)$/.exec(text) ?? [];
  if (network === undefined) return { coordinates: text };
  if (network === "") throw new InputError("--features: expected a file, as onnx:features.onnx, got none");
  return { network, ...(coordinates !== undefined && { coordinates }) };
}

/**
 * A network of the user's own, in an ONNX file, as features of samples of `shape`: a family of a design, and the arrays that the design takes with it (`learned` of `designFor`). Errors (InputError): no file, no ONNX model, those of `featureNetwork`.
 */
export async function openFeatures(file: string, shape: readonly number[]) {
  const { FEATURE_WEIGHTS, featureNetwork } = await import("../sketch/index.ts");
  const bytes = await Promise.all((await onnxFiles(file)).map(readFileOrExplain));
  const about = { file: path.basename(file), sha256: await sha256(bytes), shape };
  const { spec, weights } = await featureNetwork(await onnxModel(file), about);
  const family: NetworkMomentsSpec = { kind: "network-moments", ...spec };
  return { family, learned: { [FEATURE_WEIGHTS]: weights } };
}
