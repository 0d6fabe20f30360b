import { isLinear, type LinearOperator } from "../../../operators/operator.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { eager } from "../../engine/eager.ts";
import { openOperator } from "../open-operator.ts";

/** The operator of one sample's draw. Errors (InputError): those of `openOperator`; an operator that is not linear. */
export async function drawnOperator(spec: string, shape: readonly number[], seed: number): Promise<LinearOperator> {
  const operator = await openOperator(spec, { shape, seed });
  if (isLinear(operator)) return operator;
  throw new InputError(`--through: ${operator.name} is not linear; only linear measurements can be learned from`);
}

/** The places that an operator keeps, where it keeps some numbers as they are. */
export const keptBy = ({ form }: LinearOperator): Int32Array | undefined =>
  form?.kind === "selection" ? form.kept : undefined;

/** Φ [m, n], row by row. */
export async function operatorRows(operator: LinearOperator): Promise<Float32Array> {
  const known = operator.matrix?.();
  if (known) return known;
  const [n, m] = [sizeOf(operator.inShape), sizeOf(operator.outShape)];
  const identity = new Float32Array(n * n);
  for (let i = 0; i < n; i++) identity[i * (n + 1)] = 1;
  const run = await eager(
    ([x]) => operator.forward(x!),
    [{ path: "", value: fromHost(identity, [n, ...operator.inShape]) }],
  );
  const { data } = (await run([identity])) as { readonly data: Float32Array };
  const out = new Float32Array(m * n);
  for (let i = 0; i < n; i++) for (let q = 0; q < m; q++) out[q * n + i] = data[i * m + q]!;
  return out;
}
