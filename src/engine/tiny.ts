/** Smaller than every size of interest, and near the smallest float32 of full precision. As the least divisor it prevents 0/0. */
export const TINY = 1e-37;
