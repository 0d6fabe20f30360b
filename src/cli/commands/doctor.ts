import { messageOf } from "../../data/errors.ts";
import { packageVersion } from "../../data/package.ts";
import type { Availability } from "../../engine/doctor.ts";
import { engineSettings } from "../../engine/settings.ts";
import { defineCommand } from "../command.ts";
import { factLines } from "../text.ts";

export const doctor = defineCommand({
  usage: "doctor",
  description: "Say what this machine can run, how fast, and which commands install what is missing.",
  examples: [["sketchprior doctor --engine onnx --threads 2", "check ONNX Runtime with two threads"]],
  options: (y) => y,
  run: async () => {
    const settings = engineSettings();
    const { diagnose } = await import("../../engine/doctor.ts");
    const diagnosis = await diagnose();
    const { engines, devices, threads, processors, versions, speed } = diagnosis;
    const data = { mnist: await dataAvailable("mnist"), "fashion-mnist": await dataAvailable("fashion-mnist") };
    const lines = {
      sketchprior: packageVersion(),
      ...versions,
      processors,
      "in use": `engine ${settings.engine}, device ${settings.device}, ${threads} threads`,
      speed: speed
        ? `${speed.gflops.toPrecision(3)} GFLOP/s in 512×512 products, ${speed.cosine.toPrecision(2)} ns a cosine`
        : "not measured: what is in use cannot run here",
      ...prefixed("engine", engines),
      ...prefixed("device", devices),
      ...prefixed("data", data),
    };
    return { text: factLines(lines), data: { sketchprior: packageVersion(), settings, ...diagnosis, data } };
  },
});

const prefixed = (kind: string, list: Readonly<Record<string, Availability>>): Record<string, string> =>
  Object.fromEntries(Object.entries(list).map(([name, found]) => [`${kind} ${name}`, inWords(found)]));

/** The command to run is shown if there is one, also if something works but is slow. */
const inWords = ({ available, detail, install }: Availability): string =>
  `${available ? "ok" : "missing"}: ${detail}${install && !detail.includes(install) ? `; run: ${install}` : ""}`;

async function dataAvailable(name: string): Promise<Availability> {
  const { openDataset } = await import("../../data/dataset.ts");
  try {
    const { count } = await openDataset(name);
    return { available: true, detail: `${count} samples` };
  } catch (error) {
    return { available: false, detail: messageOf(error).replace(/^data: /, "") };
  }
}
