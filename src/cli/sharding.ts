import { InputError } from "../data/errors.ts";

/** Some of a number of things in order: from the first to before the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The option --shard of commands whose work is cut into `pieces`: blocks, batches, results. */
export const shardOption = (pieces: string) =>
  ({
    type: "string",
    requiresArg: true,
    describe: `only part i of n: i/n, whole ${pieces}, about as many in each`,
  }) as const;

/** The pieces of part i of n, of so many. Errors (InputError): a shard that is none; more parts than pieces, which `few` explains for n parts. */
export function piecesOf(shard: string, pieces: number, few: (parts: number) => string): Span {
  const [, i, n] = (/^(\d+)\/(\d+)$/.exec(shard) ?? []).map(Number) as [number?, number?, number?];
  if (i === undefined || n === undefined || !(i >= 1 && i <= n)) {
    throw new InputError(`--shard: expected i/n with 1 ≤ i ≤ n, got "${shard}"`);
  }
  if (n > pieces) throw new InputError(`--shard: ${few(n)}`);
  const start = (part: number) => Math.floor((part * pieces) / n);
  return { from: start(i - 1), to: start(i) };
}
