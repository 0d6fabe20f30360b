"""K-means on the points of `npm run experiment -- centres …`: python scripts/peers/kmeans.py centres-report/points.npy [seed].

Lloyd's algorithm of scikit-learn with 5 replicates, by k-means++ and at random; and, where pycle is installed, its compressive k-means. The project never needs it.
"""

import sys
import time

import numpy as np
from sklearn.cluster import KMeans

K = 10
points = np.load(sys.argv[1])
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0


def distance(centres):
    squares = ((points**2).sum(1)[:, None] - 2 * points @ centres.T + (centres**2).sum(1)).min(1)
    return squares.astype(float).mean()


for init in ("k-means++", "random"):
    start = time.perf_counter()
    found = KMeans(K, n_init=5, init=init, random_state=seed).fit(points)
    print(f"Lloyd, 5 replicates by {init}: {time.perf_counter() - start:.2f} s, {distance(found.cluster_centers_):.4f}", flush=True)

try:
    import pycle.compressive_learning
    import pycle.sketching
except ImportError:
    sys.exit("pycle is not installed")

np.random.seed(seed)
d = points.shape[1]
some = points[np.random.permutation(len(points))[:20_000]].astype(float)
sigma = pycle.sketching.estimate_Sigma(some, m0=1000)
omega = pycle.sketching.drawFrequencies("AR-KM", d, 10 * K * d, sigma)
features = pycle.sketching.SimpleFeatureMap("ComplexExponential", omega)
z = pycle.sketching.computeSketch(points.astype(float), features)
bounds = np.array([points.min(0), points.max(0)])
start = time.perf_counter()
solver = pycle.compressive_learning.CLOMP_CKM(features, K, bounds, z)
solver.fit_once()
weights, centres = solver.current_sol
print(f"pycle, {10 * K * d} frequencies: {time.perf_counter() - start:.2f} s, {distance(centres):.4f}")
