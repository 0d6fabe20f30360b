import type { MixtureModel } from "../../../priors/mixture/index.ts";
import { contiguous, fromHost, sizeOf } from "../../../src/data/array.ts";
import { cholesky, invertLower } from "../../../src/data/cholesky.ts";
import { transpose } from "../../../src/data/matmul.ts";
import type { Dataset } from "../../../src/data/rows.ts";
import { product, productTransposed } from "../../../src/engine/float64.ts";
import type { LossyData } from "../../../src/measure/lossy/lossy-data.ts";

/**
 * Every measurement of one Φ made into an image by the Wiener filter of a Gaussian, x̂ = μ + CΦᵀ(ΦCΦᵀ + σ²I)⁻¹(y − Φμ): the best linear one where μ and C are those
 * of the images.
 */
export async function denoised(data: LossyData, gaussian: MixtureModel): Promise<Dataset> {
  const { dataset, signal, sigma, matrix } = data;
  const { centre, matrix: basis, factors, residual } = gaussian;
  const [n, k] = basis.shape as [number, number];
  const along = await product(basis.data, factors.data, n, k, k);
  const covariance = await productTransposed(along, along, k);
  for (let at = 0; at < covariance.length; at++) covariance[at]! += residual.data[at]!;
  const m = sizeOf(dataset.shape);
  const phi = matrix
    ? Float64Array.from(contiguous(matrix))
    : Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0));
  const cross = await productTransposed(covariance, phi, n); // CΦᵀ [n, m]
  const noisy = await product(phi, cross, m, n, m);
  for (let i = 0; i < m; i++) noisy[i * (m + 1)]! += sigma ** 2;
  const inverse = invertLower(cholesky(noisy, m), m); // L⁻¹
  const filter = await product(await productTransposed(cross, inverse, m), inverse, n, m, m);
  const mean = Float64Array.from(centre.data);
  const seen = await product(phi, mean, m, n, 1);
  const columns = transpose(filter, n, m);
  return {
    ...dataset,
    name: `${dataset.name}, denoised`,
    shape: signal,
    async *batches(size, range) {
      for await (const { first, data: rows } of dataset.batches(size, range)) {
        const count = rows.shape[0]!;
        const gaps = Float64Array.from(contiguous(rows), (v, at) => v - seen[at % m]!);
        const made = await product(gaps, columns, count, m, n);
        yield {
          first,
          data: fromHost(
            Float32Array.from(made, (v, at) => v + mean[at % n]!),
            [count, ...signal],
          ),
        };
      }
    },
  };
}
