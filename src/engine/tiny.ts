/** Below every size of interest and near the smallest float32 of full precision: put under a divisor it keeps 0/0 out. */
export const TINY = 1e-37;
