"""K-subspaces on the points of `npm run experiment -- subspaces …`: python scripts/peers/subspaces.py subspaces-report/points.npy [K [rank [seed]]].

Lloyd's algorithm with affine subspaces (Bradley and Mangasarian 2000, "k-plane clustering"), 5 replicates from random subspaces, in NumPy. The project never needs it.
"""

import sys
import time

import numpy as np

points = np.load(sys.argv[1])
K, rank, seed = (int(v) for v in (sys.argv[2:] + ["5", "3", "1"][len(sys.argv) - 2 :])[:3])
random = np.random.default_rng(seed)
n, d = points.shape


def squares(means, directions):
    out = np.empty((K, n), np.float32)
    for k in range(K):
        centred = points - means[k]
        out[k] = (centred**2).sum(1) - ((centred @ directions[k].T) ** 2).sum(1)
    return out


def fit():
    means = points[random.integers(n, size=K)]
    directions = np.linalg.qr(random.standard_normal((K, d, rank)))[0].transpose(0, 2, 1).astype(np.float32)
    last = np.inf
    while True:
        distances = squares(means, directions)
        nearest = distances.argmin(0)
        value = distances.min(0).mean(dtype=float)
        if value >= last * (1 - 1e-6):
            return value
        last = value
        for k in range(K):
            own = points[nearest == k]
            if len(own) <= rank:
                continue
            means[k] = own.mean(0)
            directions[k] = np.linalg.eigh(np.cov(own.T))[1][:, ::-1][:, :rank].T


start = time.perf_counter()
found = sorted(fit() for _ in range(5))
print(f"K-subspaces, 5 replicates: {(time.perf_counter() - start) / 5:.2f} s each, {' '.join(f'{v:.4f}' for v in found)}")
