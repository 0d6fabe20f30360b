import type { OperatorCheck } from "../../../operators/check.ts";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { sizeOf } from "../../data/array.ts";
import { short } from "../../report/table.ts";
import { defineCommand } from "../command.ts";
import { numberList } from "../options.ts";
import { factLines, grouped, shapeText } from "../text.ts";

export const checkOperator = defineCommand({
  usage: "check-operator <operator>",
  description: "Check an operator on random signals: linear, adjoint, norm, singular values.",
  examples: [
    ["sketchprior check-operator blur:sigma=2 --shape 28,28", "how ill-conditioned a blur is"],
    ["sketchprior check-operator ./mine.js --shape 28,28", "whether the adjoint of your own operator is right"],
    ["sketchprior check-operator matrix:file=A.npy --json", "the same of a matrix, for a program"],
  ],
  details: async () => (await import("../../measure/index.ts")).describeOpenOperators(),
  options: (y) =>
    y
      .positional("operator", {
        ...{ type: "string", demandOption: true },
        describe: "name:key=value,…, matrix:file=A.npy or ./mine.js; see below",
      })
      .option("shape", {
        ...{ type: "string", requiresArg: true, defaultDescription: "the operator's own" },
        describe: "shape of one signal, as 28,28",
      }),
  run: async (args, { seed }) => {
    const { openOperator } = await import("../../measure/index.ts");
    const { MOST_GAP } = await import("../../../operators/adjoint-test.ts");
    const { checkOperator } = await import("../../../operators/check.ts");
    const operator = await openOperator(args.operator, {
      ...{ seed, unchecked: true },
      ...(args.shape !== undefined && { shape: numberList("shape", args.shape) }),
    });
    const check = await checkOperator(operator, seed);
    const { faults } = check;
    return {
      text: factLines(wordsOf(operator, check, MOST_GAP)),
      data: dataOf(operator, check),
      ...(faults.length > 0 && { fault: `${operator.name}: ${faults.join("; ")}` }),
    };
  },
});

const sizesOf = ({ inShape, outShape }: ForwardOperator) => ({ n: sizeOf(inShape), m: sizeOf(outShape) });

function dataOf(operator: ForwardOperator, { singular, ...check }: OperatorCheck) {
  const { name: checked, inShape: shape, outShape: measured } = operator;
  return {
    operator: checked,
    shape,
    measured,
    ...sizesOf(operator),
    ...check,
    ...(singular && { singularValues: singular }),
  };
}

function wordsOf(operator: ForwardOperator, check: OperatorCheck, mostGap: number): Record<string, string> {
  const { m, n } = sizesOf(operator);
  const { claimsLinear, linearGap, adjointGap, gradient, faults } = check;
  const isLinear = linearGap < mostGap;
  const linear =
    isLinear === claimsLinear
      ? isLinear
        ? "yes"
        : "no"
      : isLinear
        ? "yes, but it does not say so"
        : "no, but it says so";
  return {
    operator: operator.name,
    takes: `${shapeText(operator.inShape)}, ${grouped(n)} numbers`,
    returns: `${shapeText(operator.outShape)}, ${grouped(m)} numbers (${short((100 * m) / n)} %)`,
    linear: `${linear}: Φ(2a − 3b) and 2Φa − 3Φb differ by ${short(linearGap, 2)} of their size`,
    ...(adjointGap !== undefined && {
      adjoint: `${adjointGap < mostGap ? "right" : "wrong"}: ⟨Φx, y⟩ and ⟨x, Φ'y⟩ differ by ${short(adjointGap, 2)} of their size`,
    }),
    ...normWords(check),
    ...(check.singular && singularWords(check, m, n)),
    ...(gradient && { gradient: gradientWords(operator, gradient) }),
    ...(faults.length === 0 && { solvers: solversOf(isLinear, claimsLinear) }),
    result: faults.length > 0 ? faults.join("; ") : "no fault found",
  };
}

function solversOf(isLinear: boolean, claimsLinear: boolean): string {
  if (isLinear && claimsLinear) return "all that take the noise";
  const alone = "csgm alone, with a generator, a mixture or a Gaussian";
  return isLinear ? `${alone}; say linear: true, and all that take the noise` : alone;
}

function normWords({ norm, statedNorm }: OperatorCheck): Record<string, string> {
  if (norm === undefined) return {};
  const stated = statedNorm === undefined ? "no formula is known" : `${short(statedNorm)} by its formula`;
  return { "‖Φ‖": `${short(norm)} by power iteration, ${stated}` };
}

function singularWords({ singular, norm }: OperatorCheck, m: number, n: number): Record<string, string> {
  const { smallest, rank, leastMeasured } = singular!;
  if (rank === undefined) {
    const lost = m < n ? `at least ${grouped(n - m)} directions of a signal are not measured; ` : "";
    return {
      smallest: `${lost}the smallest singular value of ${grouped(Math.min(m, n))} is at most ${short(smallest)}`,
    };
  }
  const lost = n - rank;
  const of = `the smallest singular value of what is measured is ${short(leastMeasured ?? 0)}`;
  return {
    smallest:
      lost > 0
        ? `${grouped(lost)} of ${grouped(n)} directions of a signal are not measured, less than 1e-5 of ‖Φ‖; ${of}`
        : of,
    condition:
      leastMeasured === undefined
        ? "none: nothing is measured"
        : `${short(norm! / leastMeasured)}, of what is measured`,
  };
}

function gradientWords({ relaxed }: ForwardOperator, gradient: NonNullable<OperatorCheck["gradient"]>): string {
  if (gradient === "usable") {
    return `there is one${relaxed ? ", of how far numbers are from agreeing with y" : ""}, which descents follow`;
  }
  return gradient === "zero" ? "0: descents have no direction" : gradient;
}
