import type { NdArray } from "ndarray";
import type * as tf from "#tf";

/** A value, or lists and records of values, nested to any depth. Compiled functions take and return this. */
export type Struct<T> = T | { readonly [key: string]: Struct<T> } | readonly Struct<T>[];

/** The structure of arrays `S` with tensors for leaves. One property identifies leaves, because comparing whole types is too deep. */
export type TensorsOf<S> = S extends { readonly stride: number[] } ? tf.Tensor : { [K in keyof S]: TensorsOf<S[K]> };
/** The structure of tensors `S` with arrays for leaves. */
export type ArraysOf<S> = S extends { readonly dataId: object }
  ? NdArray<Float32Array>
  : { [K in keyof S]: ArraysOf<S[K]> };

export interface Leaf<T> {
  /** Dotted path from the root, "" for a single leaf. It names inputs and outputs in messages. */
  readonly path: string;
  readonly value: T;
}

/** Leaves in a fixed order: list order, and record keys sorted. So equal structures always have the same order. */
export function flatten<T>(struct: Struct<T>, isLeaf: (value: unknown) => value is T, path = ""): Leaf<T>[] {
  if (isLeaf(struct)) return [{ path, value: struct }];
  if (struct === null || typeof struct !== "object") {
    throw new TypeError(`compile: ${path || "value"}: expected an array or tensor, got ${String(struct)}`);
  }
  const entries = Array.isArray(struct)
    ? struct.map((v, i): [string, Struct<T>] => [String(i), v])
    : Object.entries(struct as Record<string, Struct<T>>).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.flatMap(([key, value]) => flatten(value, isLeaf, path ? `${path}.${key}` : key));
}

/** The structure of `like` with its leaves taken from `leaves`, in the order of `flatten`. */
export function unflatten<T, U>(
  like: Struct<T>,
  isLeaf: (value: unknown) => value is T,
  leaves: readonly U[],
): Struct<U> {
  let next = 0;
  const build = (struct: Struct<T>): Struct<U> => {
    if (isLeaf(struct)) return leaves[next++]!;
    if (Array.isArray(struct)) return struct.map(build);
    const record = struct as Record<string, Struct<T>>;
    const sorted = Object.keys(record)
      .sort()
      .map((key): [string, Struct<U>] => [key, build(record[key]!)]);
    return Object.fromEntries(sorted);
  };
  return build(like);
}
