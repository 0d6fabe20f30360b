import ndarray from "ndarray";
import { sameShape, sizeOf } from "./array.ts";
import { InputError } from "./errors.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize, type StoredSize } from "./rows.ts";

/**
 * Data sets one after the other, as one. The result has labels if every part has them.
 * Errors (InputError): parts whose samples have different shapes, or that call one label by different names.
 */
export function severalDatasets(parts: readonly Dataset[]): Dataset {
  const [head] = parts;
  if (!head) throw new InputError("data: expected at least one data set");
  if (parts.length === 1) return head;
  for (const part of parts) {
    if (sameShape(part.shape, head.shape)) continue;
    throw new InputError(
      `${part.name}: holds samples of shape [${part.shape}], but ${head.name} holds [${head.shape}]; all must have one shape`,
    );
  }
  const whole = parts.find((part) => !part.typical);
  if (whole && parts.some((part) => part.typical)) {
    throw new InputError(`${whole.name}: holds whole samples, others hold patches; give patches:DATA for all`);
  }
  requireSameLabelNames(parts);
  const starts = [0];
  for (const part of parts) starts.push(starts.at(-1)! + part.count);
  const count = starts.at(-1)!;
  const name = parts.map((part) => part.name).join(" + ");
  const { shape } = head;
  const width = sizeOf(shape);

  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, count, range);
    requireSize(name, size);
    let first = from;
    let rows = 0;
    let data = new Float32Array(Math.min(size, to - first) * width);
    for (const [i, part] of parts.entries()) {
      const start = starts[i]!;
      const own = { from: Math.max(0, from - start), to: Math.min(part.count, to - start) };
      if (own.from >= own.to) continue;
      for await (const batch of part.batches(size, own)) {
        for (let taken = 0; taken < batch.data.shape[0]!; ) {
          const take = Math.min(batch.data.shape[0]! - taken, data.length / width - rows);
          data.set(batch.data.data.subarray(taken * width, (taken + take) * width), rows * width);
          rows += take;
          taken += take;
          if (rows * width < data.length) continue;
          yield { first, data: ndarray(data, [rows, ...shape]) };
          first += rows;
          rows = 0;
          data = new Float32Array(Math.min(size, to - first) * width);
        }
      }
    }
  }

  const typical: Dataset["typical"] = async (rows, { from, to }, signal) => {
    const wanted = Math.min(rows, to - from);
    const data = new Float32Array(wanted * width);
    let filled = 0;
    for (const [i, part] of parts.entries()) {
      const own = { from: Math.max(0, from - starts[i]!), to: Math.min(part.count, to - starts[i]!) };
      if (own.from >= own.to) continue;
      const upTo = Math.round((wanted * (starts[i]! + own.to - from)) / (to - from));
      data.set((await part.typical!(upTo - filled, own, signal)).data, filled * width);
      filled = upTo;
    }
    return ndarray(data, [wanted, ...shape]);
  };

  const labels = async (): Promise<Uint8Array> => {
    const out = new Uint8Array(count);
    for (const [i, part] of parts.entries()) out.set(await part.labels!(), starts[i]!);
    return out;
  };
  const kept = {
    ...(parts.every((part) => part.stored) && { stored: () => storedSize(parts) }),
    ...(parts.every((part) => part.typical) && { typical }),
  };
  if (!parts.every((part) => part.labels)) return { name, count, shape, batches, ...kept };
  const labelNames = parts.find((part) => part.labelNames)?.labelNames;
  return { name, count, shape, batches, ...kept, labels, ...(labelNames && { labelNames }) };
}

/** The sizes of all parts together; of files only if all parts come from files. */
async function storedSize(parts: readonly Dataset[]): Promise<StoredSize> {
  const sizes = await Promise.all(parts.map((part) => part.stored!()));
  const raw = sizes.reduce((sum, size) => sum + size.raw, 0);
  if (sizes.some(({ files }) => files === undefined)) return { raw };
  return { raw, files: sizes.reduce((sum, { files }) => sum + files!, 0) };
}

/** All parts must use the same names for their labels: label 1 must not be a dog in one part and a cat in another. */
function requireSameLabelNames(parts: readonly Dataset[]): void {
  const [head, ...others] = parts.filter((part) => part.labelNames);
  for (const part of others) {
    if (String(part.labelNames) === String(head!.labelNames)) continue;
    throw new InputError(
      `${part.name}: has the classes ${part.labelNames!.join(", ")}, but ${head!.name} has ${head!.labelNames!.join(", ")}; ` +
        "all must have the same classes",
    );
  }
}
