import ndarray, { type NdArray } from "ndarray";
import type { PenaltyPrior, SmoothPenalty } from "../../../priors/prior.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import { differing } from "../../data/differing.ts";
import { InputError } from "../../data/errors.ts";
import { sha256 } from "../../data/hash.ts";
import { decodeNpz, encodeNpz, member } from "../../data/npz.ts";
import type { ReachedRows } from "../../engine/iterate-rows.ts";
import type { SolveOptions } from "../solver.ts";
import type { CentredProblem } from "./centre.ts";
import type { MethodState } from "./method.ts";

const FORMAT = { format: "sketchprior-recovery-state", version: 1 } as const;

type State = MethodState<NdArray<Float32Array>>;

/** What the steps of a recovery depend on, for messages and as a hash. If any of it differs, so do the steps. */
export interface RecoveryOf {
  readonly solver: string;
  readonly operator: string;
  readonly noise: string;
  readonly prior: string;
  readonly range: readonly number[];
  readonly options: SolveOptions["own"];
  /** SHA-256 of y, λ, the penalty's centre and the start. */
  readonly numbers: string;
}

export async function recoveryOf(
  solver: string,
  { operator, noise, range, y, centre }: CentredProblem,
  prior: PenaltyPrior | SmoothPenalty,
  lambda: NdArray<Float32Array>,
  options: SolveOptions["own"] = {},
  start?: NdArray<Float32Array>,
): Promise<RecoveryOf> {
  const { source, digest = "" } = operator;
  return {
    solver,
    operator: source ? `${source.spec}, seed ${source.seed}${digest && `, ${digest}`}` : operator.name,
    noise: `${noise.spec}, sigma ${noise.sigma}`,
    prior: prior.form === "smooth" ? `${prior.name}, curvature ${prior.curvature}` : prior.name, // another one of the same name has another
    range: [...(range ?? [])],
    options,
    numbers: await sha256([
      ...([contiguous(y), contiguous(lambda), ...(centre ? [centre] : [])] as Float32Array[]),
      ...(start ? [contiguous(start) as Float32Array] : []),
    ]),
  };
}

/** The arrays of a state by name, and of the state before it. */
const named = (prefix: string, state: State) =>
  Object.entries(state).map(([name, array]) => [`${prefix}.${name}`, array]);

/** A checkpoint as bytes: all that the next steps depend on, exactly. */
export function encodeRecovery(
  of: RecoveryOf,
  { state, before, codes, objectives, changes, history }: ReachedRows<State>,
): Uint8Array {
  return encodeNpz({
    arrays: {
      ...Object.fromEntries([...named("now", state), ...named("before", before)]),
      ...{ objectives: ndarray(objectives), changes: ndarray(changes), history: ndarray(Float64Array.from(history)) },
    },
    metadata: { ...FORMAT, ...of, states: Object.keys(state), codes: codes.map((code) => code ?? null) },
  });
}

/** The state in a checkpoint; `where` begins messages. Errors (InputError): damaged bytes, another format, another recovery, with what differs. */
export function decodeRecovery(bytes: Uint8Array, of: RecoveryOf, where: string): ReachedRows<State> {
  const npz = decodeNpz(bytes, where, FORMAT);
  const {
    format: _,
    version: __,
    states,
    codes,
    ...saved
  } = npz.metadata as unknown as RecoveryOf & {
    readonly format: string;
    readonly version: number;
    readonly states: readonly string[];
    readonly codes: readonly (ReachedRows<State>["codes"][number] | null)[];
  };
  const other = differing(saved, of);
  if (other) {
    throw new InputError(
      `${where}: belongs to another recovery (${other}); repeat that one, or begin anew without resuming`,
    );
  }
  const floats = (name: string) => Float32Array.from(member(npz, name, where).data);
  const stateOf = (prefix: string): State =>
    Object.fromEntries(
      states.map((name) => [
        name,
        fromHost(floats(`${prefix}.${name}`), member(npz, `${prefix}.${name}`, where).shape),
      ]),
    ) as unknown as State;
  return {
    ...{ state: stateOf("now"), before: stateOf("before"), codes: codes.map((code) => code ?? undefined) },
    ...{ objectives: floats("objectives"), changes: floats("changes") },
    history: [...member(npz, "history", where).data],
  };
}
