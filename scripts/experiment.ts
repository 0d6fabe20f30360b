import { runCommandLine } from "../src/cli/run.ts";
import { ambient } from "./experiments/ambient.ts";
import { auto } from "./experiments/auto.ts";
import { bits } from "./experiments/bits.ts";
import { blind } from "./experiments/blind.ts";
import { centres } from "./experiments/centres.ts";
import { classify } from "./experiments/classify.ts";
import { cluster } from "./experiments/cluster.ts";
import { cost } from "./experiments/cost.ts";
import { density } from "./experiments/density.ts";
import { distilCommand } from "./experiments/distil.ts";
import { em } from "./experiments/em.ts";
import { features } from "./experiments/features.ts";
import { frequencies } from "./experiments/frequencies.ts";
import { images } from "./experiments/images.ts";
import { moments } from "./experiments/moments.ts";
import { nonlinear } from "./experiments/nonlinear.ts";
import { productForms } from "./experiments/product-forms.ts";
import { products } from "./experiments/products.ts";
import { restore } from "./experiments/restore.ts";
import { sizes } from "./experiments/sizes.ts";
import { sources } from "./experiments/sources.ts";
import { subspaces } from "./experiments/subspaces.ts";
import { teach } from "./experiments/teach.ts";
import { vae } from "./experiments/vae.ts";

/** Experiments that only document a finding (docs/experiments.md): `npm run experiment -- <name> …`. */
const experiments = {
  ambient,
  auto,
  bits,
  blind,
  centres,
  classify,
  cluster,
  cost,
  density,
  distil: distilCommand,
  em,
  features,
  frequencies,
  images,
  moments,
  nonlinear,
  "product-forms": productForms,
  products,
  restore,
  sizes,
  sources,
  subspaces,
  teach,
  vae,
};

process.exitCode = await runCommandLine(process.argv.slice(2), process, experiments);
