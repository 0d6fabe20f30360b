import type { Method } from "../compare/method.ts";
import type { Dataset } from "../data/rows.ts";
import type { ReportAbout } from "../report/page.ts";
import { noiseFact, noiseWords, settingsOf, sweptSettings } from "./compared-settings.ts";
import type { SignalArgs } from "./compared-signals.ts";
import type { OpenedMethod } from "./recovering.ts";
import { commandLine, reportVersions } from "./reproducing.ts";
import { counted, shapeText } from "./text.ts";

interface CompareArgs extends SignalArgs {
  readonly operator: readonly string[];
  readonly noise: readonly string[];
  readonly draws: number;
  readonly centre: string | undefined;
}

interface Chosen {
  /** The signals that chose λ, in words. */
  readonly tuned: string | undefined;
  readonly automatic: boolean;
  readonly range: readonly [number, number] | undefined;
  /** How many results were taken from an earlier run. */
  readonly reused: number;
  /** The words of the command line. */
  readonly words: readonly string[];
}

/** What a prior was made from. */
const originOf = ({ forShape, fromData }: OpenedMethod) => (forShape ? "brought" : fromData ? "data" : "sketch");

/** What the report of `compare` says besides the numbers. */
export function aboutReport(
  dataset: Dataset,
  args: CompareArgs,
  seed: number,
  methods: readonly Method[],
  learned: readonly OpenedMethod[],
  { tuned, automatic, range, reused, words }: Chosen,
): ReportAbout {
  const last = Math.min(dataset.count, args.from + args.limit) - 1;
  const count = args.shuffle ? args.limit : last - args.from + 1;
  const trained = learned.filter(({ about }) => about !== undefined);
  const namesOf = (which: ReturnType<typeof originOf>) =>
    [...new Set(trained.filter((one) => originOf(one) === which).map(({ name }) => name))].join(", ");
  const [bySketch, byData, brought] = [namesOf("sketch"), namesOf("data"), namesOf("brought")];
  const every = learned.some(({ named }) => named?.lambda !== undefined) ? "Every λ that no name gives" : "Every λ";
  const which = args.shuffle ? `${args.limit} at random` : `signals ${args.from} to ${last}`;
  const settings = settingsOf(args);
  const operators = new Set(sweptSettings(settings).map(({ operator }) => operator)).size;
  const priors = trained.map(({ name, about }) => [`prior ${name}`, about]);
  return {
    title: `${counted(count, "signal")} of ${dataset.name} recovered from few measurements`,
    paragraphs: [
      `${counted(count, "signal")} of ${shapeText(dataset.shape)} ${count === 1 ? "was" : "were"} measured by ${counted(operators, "operator")}` +
        `${noiseWords(settings)}, and recovered by ` +
        `${methods.map(({ name }) => name).join("; ")} from the same measurements` +
        `${args.draws > 1 ? `, in ${args.draws} draws of each operator and its noise` : ""}.`,
      ...(bySketch ? [`${bySketch}: learned from a sketch of the training data alone, not from the data.`] : []),
      ...(byData ? [`${byData}: trained on training data themselves, not on a sketch.`] : []),
      ...(brought ? [`${brought}: brought along as a network; what it was trained on is not known here.`] : []),
      tuned === undefined
        ? `${every} was ${automatic ? "chosen from the reported measurements themselves, without the truth" : "the default"}.`
        : `${every} was chosen for each operator on ${tuned}, none of which is reported here.`,
    ],
    facts: {
      data: `${dataset.name}, ${which}`,
      draws: args.draws,
      ...(args.centre !== undefined && { "penalties about": `the mean of ${args.centre}` }),
      operators: args.operator.join("; "),
      noise: noiseFact(settings),
      ...Object.fromEntries(priors),
      "estimates keep to": range ? `[${range.join(", ")}]` : "nothing",
      "λ chosen on": tuned ?? (automatic ? "the measurements themselves" : "nothing: defaults"),
      seed,
      ...(reused > 0 && {
        "finished before": `${reused} of the results are from an earlier run of the same comparison`,
      }),
    },
    commands: [commandLine(["sketchprior", ...words])],
    versions: reportVersions(),
    sketches: Object.fromEntries(learned.flatMap(({ name, sketch }) => (sketch ? [[name, sketch]] : []))),
  };
}
