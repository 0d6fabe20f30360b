import type { TrainedGenerator, TrainOptions } from "../../../priors/generator/index.ts";
import { latentsOf, normalLatents } from "../../../priors/generator/latents.ts";
import { schedules } from "../../../priors/generator/options.ts";
import { follower, setUp } from "../../../priors/generator/setup.ts";
import type { AdamState, TrainState } from "../../../priors/generator/step.ts";
import type { Target } from "../../../priors/generator/target.ts";
import type { Watched } from "../../../priors/kind.ts";
import { adamMoments, adamRate, adamUpdate } from "../../../src/engine/adam.ts";
import { compile } from "../../../src/engine/index.ts";
import { iterate } from "../../../src/engine/iterate.ts";
import { familySpec, type Sketch } from "../../../src/sketch/index.ts";
import type { MakeTeacher, TeacherInputs } from "./teacher.ts";

/** The weights are the network's alone; `own` are its teacher's. The moments are of both. */
type TaughtState = TrainState & { readonly own: AdamState["weights"] };

/** Trains a generator as `trainGenerator` does, with a teacher in place of the sketch loss. */
export async function trainTaught(
  sketch: Sketch,
  make: MakeTeacher,
  { onProgress, signal, ...given }: TrainOptions & Pick<Watched, "onProgress" | "signal">,
): Promise<TrainedGenerator> {
  const setup = await setUp(sketch, given);
  const { settings, network, training, weights } = setup;
  const { steps, learningRate, schedule } = settings;
  const fourier = familySpec(sketch.design, "fourier", "train");
  const teacher = await make({ network, target: training as Target, settings, fourier }); // of Fourier moments
  const initial: TaughtState = {
    ...{ weights, own: teacher.parameters, validation: [] },
    moments: adamMoments([...weights, ...teacher.parameters]),
  };
  const inputs = ({ weights, own, moments }: TaughtState, index: number) => ({
    ...{ parameters: [...weights, ...own], moments, z: latentsOf(settings, index), drawn: teacher.draws(index) },
    rate: adamRate(learningRate * schedules[schedule](index, steps), index, teacher.beta1),
  });
  const step = await compile(
    (now: TeacherInputs) => {
      const { loss, gradients } = teacher.gradients(now.parameters, normalLatents(now.z, settings), now.drawn);
      return { loss, ...adamUpdate(now.parameters, gradients, now.moments, now.rate, teacher.beta1) };
    },
    inputs(initial, 0),
  );
  const follow = await follower(sketch, setup);
  const run = await iterate<TaughtState>({
    state: initial,
    maxSteps: steps,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const { loss, parameters, moments } = await step.run(inputs(state, index));
      const [own, now] = [parameters.slice(weights.length), parameters.slice(0, weights.length)];
      return follow.report({ ...state, weights: now, own, moments }, loss.data[0]!, index);
    },
  });
  const trained = await follow.trained(run);
  await Promise.all([step.dispose(), follow.dispose()]);
  return trained;
}
