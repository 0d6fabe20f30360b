import type { NdArray } from "ndarray";
import { sameShape } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import type { Dataset } from "../data/rows.ts";
import { takeRows } from "../solve/rows.ts";
import { firstRows, randomRows } from "./signals.ts";

/** The options of `compare` that name its signals. */
export interface SignalArgs {
  readonly data: string;
  readonly limit: number;
  readonly from: number;
  readonly shuffle: boolean | undefined;
  readonly tune: string | undefined;
  readonly "tune-count": number;
}

export interface Tuning {
  readonly signals: NdArray<Float32Array>;
  readonly what: string;
}

/**
 * The reported signals, and other signals to choose λ on, none of which is reported. If the data are the test part of a named data set,
 * these are by default the first signals of its training part; else signals of the data that come after the reported ones.
 */
export async function signalsOf(
  dataset: Dataset,
  args: SignalArgs,
  count: number,
  seed: number,
): Promise<{ readonly truth: NdArray<Float32Array>; readonly tuning?: Tuning }> {
  const training = /^([\w-]+):test$/.exec(args.data)?.[1];
  const other = args.tune ?? training;
  const own = other === undefined ? count : 0; // tuning signals of the data themselves
  const from = args.shuffle ? 0 : args.from;
  const all = args.shuffle
    ? await randomRows(dataset, args.limit + own, seed)
    : await firstRows(dataset, from, args.limit + own);
  const limit = Math.min(args.limit, args.shuffle ? args.limit : dataset.count - from);
  if (all.shape[0]! < limit + own) {
    throw new InputError(
      `--tune: ${dataset.name} has no ${own} signals after the reported ones to choose λ on; name another data set, ` +
        "or give --tune-count 0",
    );
  }
  const rows = Array.from({ length: limit + own }, (_, row) => row);
  const truth = takeRows(all, rows.slice(0, limit));
  if (count === 0) return { truth };
  if (other !== undefined) return { truth, tuning: await otherSignals(other, dataset, args) };
  const what = args.shuffle
    ? `${own} other random signals of ${dataset.name}`
    : `signals ${from + limit} to ${from + limit + own - 1} of ${dataset.name}`;
  return { truth, tuning: { signals: takeRows(all, rows.slice(limit)), what } };
}

async function otherSignals(spec: string, dataset: Dataset, args: SignalArgs): Promise<Tuning> {
  const { openDataset } = await import("../data/dataset.ts");
  const other = await openDataset(spec);
  if (!sameShape(other.shape, dataset.shape)) {
    throw new InputError(
      `--tune: ${other.name} holds signals of [${other.shape.join(", ")}], those of ${dataset.name} are [${dataset.shape.join(", ")}]`,
    );
  }
  const count = args["tune-count"];
  if (other.name === dataset.name && (args.shuffle || args.from < count)) {
    throw new InputError(
      `--tune: the first ${count} signals of ${other.name} ${args.shuffle ? "may be" : "are"} among the reported ones; leave --tune out`,
    );
  }
  const signals = await firstRows(other, 0, count);
  return { signals, what: `the first ${signals.shape[0]} signals of ${other.name}` };
}
