import { contiguous } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { sha256 } from "../data/hash.ts";
import type { Batch, Range } from "../data/rows.ts";

/** Which rows of one data set a sketch is the sum of. */
export interface Source {
  /** The data set's name, without the folders of paths. */
  readonly name: string;
  /** How many rows it has. */
  readonly rows: number;
  /** The rows that were summed, in rising order. Ranges that touch are one, unless they touch inside a block. */
  readonly ranges: readonly Range[];
  /** The sum modulo 2²⁵⁶ of the hashes of their blocks (`blockHash`), in hexadecimal: so it adds up, as sketches do. */
  readonly hash: string;
}

/** Where a sketch comes from. Equal data, design and tools give an equal one, however the data were cut between blocks and merged. */
export interface Provenance {
  readonly sources: readonly Source[];
  /** The programs that summed, with their versions. */
  readonly tools: readonly string[];
}

const MODULUS = 1n << 256n;
const DIGITS = 64;

/** The hash of no rows. */
const NOTHING = "0".repeat(DIGITS);

/** The sum of two hashes, or their difference with the sign -1, modulo 2²⁵⁶. It finds changed data, not those of an adversary (Bellare, Micciancio 1997). */
function added(a: string, b: string, sign: 1n | -1n = 1n): string {
  const sum = BigInt(`0x${a}`) + sign * BigInt(`0x${b}`);
  return (((sum % MODULUS) + MODULUS) % MODULUS).toString(16).padStart(DIGITS, "0");
}

/** SHA-256 over the number of a block's first row, its numbers (float32) and its rows' labels, if they are summed apart. */
export const blockHash = ({ first, data }: Batch, labels?: Uint8Array): Promise<string> =>
  sha256([Float64Array.of(first), contiguous(data), labels ?? new Uint8Array(0)]);

/** A data set of which nothing was summed yet. */
export const sourceOf = (name: string, rows: number): Source => ({
  ...{ name: withoutFolders(name), rows },
  ...{ ranges: [], hash: NOTHING },
});

/** `patches:/home/me/photos:side=6 + ./b.npy` as `patches:photos:side=6 + b.npy`: other machines have other folders. */
const withoutFolders = (name: string): string => name.replace(/(?<=^|\+ |:)[^+:]*[\\/](?=[^\\/:+\s])/g, "");

/** A source with one more block, of `rows` rows. */
export const withBlock = (source: Source, first: number, rows: number, hash: string, block: number): Source => ({
  ...source,
  ranges: joined([...source.ranges, { from: first, to: first + rows }], block),
  hash: added(source.hash, hash),
});

/** Ranges in rising order, those that touch between two blocks as one. */
function joined(ranges: readonly Range[], block: number): Range[] {
  const out: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const last = out.at(-1);
    if (last && last.to === range.from && range.from % block === 0)
      out[out.length - 1] = { from: last.from, to: range.to };
    else out.push(range);
  }
  return out;
}

/** Whether two sources are of one data set, as far as name and size tell. */
const isSame = (a: Source, b: Source): boolean => a.name === b.name && a.rows === b.rows;

/** The provenance of two sketches of one design together. */
export function mergedProvenance(a: Provenance, b: Provenance, block: number): Provenance {
  const sources = [...a.sources];
  for (const source of b.sources) {
    const at = sources.findIndex((other) => isSame(other, source));
    if (at < 0) sources.push(source);
    else {
      const ranges = joined([...sources[at]!.ranges, ...source.ranges], block);
      sources[at] = { ...source, ranges, hash: added(sources[at]!.hash, source.hash) };
    }
  }
  sources.sort((x, y) => (x.name < y.name ? -1 : x.name > y.name ? 1 : x.rows - y.rows));
  return { sources, tools: [...new Set([...a.tools, ...b.tools])].sort() };
}

/** The provenance of what is left of `whole` without `part`. Rows that `whole` does not hold are passed over. */
export function leftProvenance(whole: Provenance, part: Provenance, block: number): Provenance {
  const sources = whole.sources.map((source) => {
    const taken = part.sources.find((other) => isSame(other, source));
    if (!taken) return source;
    const ranges = taken.ranges.reduce(takenOnce, source.ranges);
    return { ...source, ranges: joined(ranges, block), hash: added(source.hash, taken.hash, -1n) };
  });
  return {
    sources: sources.filter(({ ranges }) => ranges.length > 0),
    tools: [...new Set([...whole.tools, ...part.tools])].sort(),
  };
}

/** Ranges without one copy of the rows of another one; rows that were added twice stay once. */
function takenOnce(ranges: readonly Range[], taken: Range): readonly Range[] {
  let wanted: readonly Range[] = [taken];
  const out: Range[] = [];
  const left = [...ranges];
  for (let own = left.shift(); own; own = left.shift()) {
    const { from, to } = own;
    const hit = wanted.find((range) => range.from < to && from < range.to);
    if (hit) {
      left.unshift(...without(own, hit));
      wanted = wanted.flatMap((range) => (range === hit ? without(range, { from, to }) : [range]));
    } else out.push(own);
  }
  return out;
}

function without(own: Range, taken: Range): Range[] {
  if (taken.to <= own.from || taken.from >= own.to) return [own];
  const parts = [
    { from: own.from, to: taken.from },
    { from: taken.to, to: own.to },
  ];
  return parts.filter(({ from, to }) => from < to);
}

const rangeText = ({ from, to }: Range): string => `rows ${from} to ${to}`;

/** Why two parts should not be added ("both hold rows 0 to 100 of data.npy, …"), or undefined. */
export function whyNotMerge(a: Provenance, b: Provenance): string | undefined {
  for (const one of a.sources) {
    for (const other of b.sources) {
      if (one.hash === other.hash) {
        const where = isSame(one, other)
          ? `${one.ranges.map(rangeText).join(", ")} of ${one.name}`
          : `the same rows (${one.name}, ${other.name})`;
        return `both hold ${where}, which would count twice`;
      }
      if (!isSame(one, other)) continue; // owners may give their files one name
      for (const own of one.ranges) {
        const common = other.ranges.find((range) => range.from < own.to && own.from < range.to);
        if (!common) continue;
        const both = rangeText({ from: Math.max(own.from, common.from), to: Math.min(own.to, common.to) });
        const equal =
          own.from === common.from && own.to === common.to && one.ranges.length === 1 && other.ranges.length === 1;
        return equal
          ? `both hold ${both} of ${one.name}, with different numbers: they are of different data, or of data that changed`
          : `both hold ${both} of ${one.name}, which would count twice`;
      }
    }
  }
  return undefined;
}

/** What is missing of the data sets that were begun ("rows 30 to 60 of data.npy"), or undefined. */
export function missingRows({ sources }: Provenance): string | undefined {
  const gaps = sources.flatMap(({ name, rows, ranges }) => {
    const left = ranges.reduce<readonly Range[]>(
      (all, range) => all.flatMap((own) => without(own, range)),
      [{ from: 0, to: rows }],
    );
    return left.length > 0 ? [`${left.map(rangeText).join(", ")} of ${name}`] : [];
  });
  return gaps.length > 0 ? gaps.join("; ") : undefined;
}

/** Why a part cannot be taken out of a whole ("the whole does not hold rows 0 to 100 of data.npy"), or undefined. */
export function whyNotSubtract(whole: Provenance, part: Provenance, block: number): string | undefined {
  for (const { name, rows, ranges, hash } of part.sources) {
    const held = whole.sources.find((source) => source.name === name && source.rows === rows);
    const inside = (range: Range) => held?.ranges.some(({ from, to }) => from <= range.from && range.to <= to);
    const foreign = ranges.find((range) => !inside(range));
    if (!held || foreign) return `the whole does not hold ${rangeText(foreign ?? ranges[0]!)} of ${name}`;
    const border = (row: number) => row % block === 0 || row === rows; // blocks that were cut have other hashes
    const uncut = ranges.every(({ from, to }) => border(from) && border(to));
    if (uncut && JSON.stringify(held.ranges) === JSON.stringify(ranges) && held.hash !== hash) {
      return `it holds the same rows of ${name} with different numbers`;
    }
  }
  return undefined;
}

/** The rows at which parts meet inside a block. There, sums are those of one pass up to float32 rounding only. */
export const seamsOf = ({ sources }: Provenance): readonly number[] =>
  sources.flatMap(({ ranges }) =>
    ranges.filter(({ to }) => ranges.some(({ from }) => from === to)).map(({ to }) => to),
  );

/** Reads a provenance from a file's metadata. Errors (InputError): it is none. */
export function provenanceIn(file: string, stored: unknown): Provenance | undefined {
  if (stored === undefined) return undefined;
  const { sources, tools } = stored as Provenance;
  const known =
    Array.isArray(tools) &&
    Array.isArray(sources) &&
    sources.every(
      ({ name, rows, ranges, hash }) =>
        typeof name === "string" && rows > 0 && Array.isArray(ranges) && /^[0-9a-f]{64}$/.test(hash),
    );
  if (known) return { sources, tools };
  throw new InputError(
    `${file}: its provenance cannot be read; the file is damaged or was edited, sketch the data again`,
  );
}
