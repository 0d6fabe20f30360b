import { fromHost, sizeOf } from "../../data/array.ts";
import type { Dataset } from "../../data/rows.ts";
import { compile } from "../../engine/index.ts";
import { triangleSize } from "../families/family.ts";
import { evidenceOf, seenThrough } from "./evidence.ts";
import type { LossyMeasured } from "./form.ts";
import type { Evidence } from "./posterior.ts";
import type { LossyReference } from "./reference.ts";

/** Numbers of a block of measurements. */
const BLOCK_NUMBERS = 2 ** 20;

/** What the measurements of the first `count` samples of a data set say of their features. */
export async function pilotEvidence(
  dataset: Dataset,
  measured: LossyMeasured,
  reference: LossyReference,
  count: number,
  signal?: AbortSignal,
): Promise<Evidence> {
  const d = sizeOf(dataset.shape);
  const k = reference.basis.shape[1]!;
  const rows = Math.max(1, Math.min(count, Math.floor(BLOCK_NUMBERS / d)));
  const { inputs, gram } = seenThrough(measured, reference);
  const x = fromHost(new Float32Array(rows * d), [rows, d]);
  const compiled = await compile(
    (given) => evidenceOf(measured, given.x, given.inputs),
    { x, inputs },
    { name: "pilot" },
  );
  const h = new Float32Array(count * k);
  const g = gram ?? new Float32Array(count * triangleSize(k));
  try {
    for await (const { first, data } of dataset.batches(rows, { from: 0, to: count })) {
      signal?.throwIfAborted();
      const own = data.shape[0]!;
      x.data.set(data.data);
      const said = (await compiled.run({ x, inputs })) as { h: { data: Float32Array }; g?: { data: Float32Array } };
      h.set(said.h.data.subarray(0, own * k), first * k);
      if (said.g) g.set(said.g.data.subarray(0, own * triangleSize(k)), first * triangleSize(k));
    }
  } finally {
    await compiled.dispose();
  }
  return { h, g };
}
