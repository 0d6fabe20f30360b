import { runCommandLine } from "../src/cli/run.ts";
import { planar } from "./reproduce/planar.ts";
import { scanCommand } from "./reproduce/scans.ts";
import { theory } from "./reproduce/theory.ts";
import { craniumSlices, evenSlices } from "./reproduce/volumes.ts";

/** Every `step`-th integer from `from` on, below `to`. */
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + step * i);

/** Slices 1 mm apart. */
const mri = scanCommand("mri", {
  title: "Magnetic resonance of a brain, 4 and 8 times undersampled",
  from: "ch2.nii.gz of Debian's package mricron-data",
  open: evenSlices,
  parts: { sketched: every(1, 20, 70), tuning: [78], recovered: every(12, 92, 117) },
  cells: 200,
  operators: ["fourier:acceleration=4", "fourier:acceleration=8,centre=0.04"],
  noise: 0.01,
  baselines: ["zero-filled", "tv", "wavelet:wavelet=haar,shifts=4"],
});

/** Slices 1.5 mm apart, pixels of 1.9 mm. */
const ct = scanCommand("ct", {
  title: "Computed tomography of a head of 128 × 128 pixels from 30 and 60 angles",
  from: "matrix.dat of Cranium.inv3 in Debian's package invesalius-examples",
  open: craniumSlices,
  parts: { sketched: every(1, 46, 96), tuning: [38], recovered: every(4, 4, 25) },
  cells: 200,
  operators: ["radon:angles=30", "radon:angles=60"],
  noise: 0.1,
  baselines: ["filtered-backprojection:filter=hann", "tv", "wavelet:wavelet=db4"],
});

/** The sets of the CL-GN paper, scans of heads, and theory as experiments: `npm run reproduce -- <name> …`. */
const known = { spiral: planar("spiral"), gmm6: planar("gmm6"), ring: planar("ring"), mri, ct, theory };

process.exitCode = await runCommandLine(process.argv.slice(2), process, known);
