import type { NdArray } from "ndarray";
import { contiguous, fromHost } from "../data/array.ts";
import { onnxRuntime, openSession } from "./session.ts";
import { engineSettings } from "./settings.ts";

type Arrays = Readonly<Record<string, NdArray<Float32Array>>>;

/** A network of another program as ONNX Runtime runs it: any operators, without gradients. */
export interface ForeignModel {
  /** From float32 inputs by name to its outputs by name. Errors: those of ONNX Runtime, such as sizes that the network does not take. */
  run(inputs: Arrays): Promise<Arrays>;
  dispose(): Promise<void>;
}

/**
 * Opens an ONNX model in ONNX Runtime, which it needs with either engine. `file`: where it is, if it keeps tensors in files beside it.
 * Errors: ONNX Runtime cannot be loaded, or cannot read the model.
 */
export async function openForeign(model: Uint8Array, file?: string): Promise<ForeignModel> {
  const session = await openSession(model, engineSettings({ engine: "onnx" }), file);
  const { Tensor } = await onnxRuntime();
  return {
    run: async (inputs) => {
      const feeds = Object.entries(inputs).map(([name, array]) => {
        const tensor = new Tensor("float32", contiguous(array) as Float32Array, [...array.shape]);
        return [name, tensor] as const;
      });
      const results = await session.run(Object.fromEntries(feeds));
      const arrays = Object.entries(results).map(([name, { data, dims }]) => {
        if (!(data instanceof Float32Array)) throw new TypeError(`expected float32 from the output ${name}`);
        return [name, fromHost(data, dims)] as const;
      });
      return Object.fromEntries(arrays);
    },
    dispose: () => session.release(),
  };
}
