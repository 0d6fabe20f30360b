import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { contiguous, fromHost, sameShape } from "../src/data/array.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";

/** Distance of the coils from the centre of the image, whose sides are at ±1. */
const RADIUS = 1.5;

/**
 * Sensitivities of a birdcage of receiver coils around an image [h, w]: [coils, h, w, 2], real and imaginary parts. Coil c stands at the angle
 * α = 2πc/coils, 1.5 from the centre; with the place (u, v) of a pixel, u = 2j/w − 1 and v = 2i/h − 1, relative to the coil's,
 *
 *     S_c = exp(i(atan2(u, −v) − α)) / √(u² + v²) / √Σ_c |S_c|²,
 *
 * so that Σ |S_c|² = 1 everywhere. That is `sigpy.mri.birdcage_maps((coils, h, w))`.
 */
export function birdcage(coils: number, height: number, width: number): NdArray<Float32Array> {
  const maps = new Float32Array(coils * height * width * 2);
  for (let at = 0; at < height * width; at++) {
    const [i, j] = [Math.floor(at / width), at % width];
    const each = Array.from({ length: coils }, (_, c) => {
      const angle = (2 * Math.PI * c) / coils;
      const [u, v] = [(2 * j) / width - 1 - RADIUS * Math.cos(angle), (2 * i) / height - 1 - RADIUS * Math.sin(angle)];
      return { size: 1 / Math.hypot(u, v), phase: Math.atan2(u, -v) - angle };
    });
    const all = Math.hypot(...each.map(({ size }) => size));
    for (const [c, { size, phase }] of each.entries()) {
      const place = 2 * (c * height * width + at);
      maps[place] = (size / all) * Math.cos(phase);
      maps[place + 1] = (size / all) * Math.sin(phase);
    }
  }
  return fromHost(maps, [coils, height, width, 2]);
}

/**
 * Parallel imaging (SENSE): y_c = F(S_c x) for every coil c, F a part of the Fourier transform of a real image, [h, w] to [m, 2]. S: [coils, h, w, 2].
 * x: [batch, h, w]; y: [batch, coils, m, 2]. A complex image a + ib has the transform Fa + iFb, and Φ'y = Σ_c Re S_c F'y_c + Im S_c F'(−i y_c).
 *
 * Source: Pruessmann, Weiger, Scheidegger, Boesiger 1999, "SENSE".
 * Errors (RangeError): sensitivities of another shape than the image's, or not finite.
 */
export function withCoils(fourier: LinearOperator, sensitivities: NdArray<Float32Array>, name: string): LinearOperator {
  const [height, width] = fourier.inShape as [number, number];
  const [m] = fourier.outShape as [number, number];
  const [coils = 0, ...rest] = sensitivities.shape;
  if (!sameShape(rest, [height, width, 2])) {
    throw new RangeError(
      `fourier: sensitivities: expected [coils, ${height}, ${width}, 2], real and imaginary parts, got [${sensitivities.shape.join(", ")}]`,
    );
  }
  const parts = contiguous(sensitivities.transpose(3, 0, 1, 2)) as Float32Array; // real parts of all coils, then imaginary ones
  requireFinite(parts, coils, height, width);
  const maps = () => tf.tensor4d(parts, [1, 2 * coils, height, width]);
  return linearOperator({
    name,
    inShape: fourier.inShape,
    outShape: [coils, m, 2],
    form: { kind: "coefficients" },
    forward: (x) => {
      const seen = tf.mul(tf.expandDims(x, 1), maps());
      const measured = tf.reshape(fourier.forward(tf.reshape(seen, [-1, height, width])), [-1, 2, coils * m, 2]);
      const [real, imaginary] = tf.unstack(measured, 1) as [tf.Tensor, tf.Tensor];
      return tf.reshape(tf.add(real, timesI(imaginary)), [-1, coils, m, 2]);
    },
    adjoint: (y) => {
      const each = tf.reshape(y, [-1, coils * m, 2]);
      const both = tf.stack([each, tf.neg(timesI(each))], 1);
      const back = tf.reshape(fourier.adjoint(tf.reshape(both, [-1, m, 2])), [-1, 2 * coils, height, width]);
      return tf.sum(tf.mul(back, maps()), 1);
    },
  });
}

function requireFinite(parts: Float32Array, coils: number, height: number, width: number): void {
  const bad = parts.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return;
  const [map, at] = [Math.floor(bad / (height * width)), bad % (height * width)];
  throw new RangeError(
    `fourier: sensitivities: the ${map < coils ? "real" : "imaginary"} part of coil ${map % coils} at row ${Math.floor(at / width)}, ` +
      `column ${at % width} is ${parts[bad]}; expected finite numbers`,
  );
}

/** i(a + ib) = −b + ia; pairs [batch, m, 2]. */
function timesI(pairs: tf.Tensor): tf.Tensor {
  const [real, imaginary] = tf.split(pairs, 2, 2) as [tf.Tensor, tf.Tensor];
  return tf.concat([tf.neg(imaginary), real], 2);
}
