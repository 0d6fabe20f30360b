import { csgmBench } from "./bench/csgm.ts";
import { engineBench } from "./bench/engine.ts";
import { installBench } from "./bench/install.ts";
import { memoryBench } from "./bench/memory.ts";
import { penaltiesBench } from "./bench/penalties.ts";
import { sketchBench } from "./bench/sketch.ts";
import { stepBench } from "./bench/step.ts";

/** `npm run bench -- NAME [options]`: measurements that take too long, or vary too much, for tests. */
const benches: Readonly<Record<string, (words: readonly string[]) => Promise<string>>> = {
  csgm: csgmBench,
  engine: engineBench,
  install: installBench,
  memory: memoryBench,
  penalties: penaltiesBench,
  sketch: sketchBench,
  step: stepBench,
};

const [name = "", ...words] = process.argv.slice(2);
const bench = benches[name];
if (bench) {
  console.log(await bench(words));
} else {
  console.error(`error: bench: expected one of ${Object.keys(benches).join(", ")}, got "${name}"`);
  process.exitCode = 1;
}
