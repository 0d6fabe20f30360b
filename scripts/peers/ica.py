"""FastICA of scikit-learn on the points of `npm run experiment -- sources …`: python scripts/peers/ica.py sources-report. The project never needs it."""

import sys
import time

import numpy as np
from sklearn.decomposition import FastICA

points = np.load(f"{sys.argv[1]}/points.npy").astype(float)
mixing = np.load(f"{sys.argv[1]}/mixing.npy")
start = time.perf_counter()
unmixing = FastICA(whiten="unit-variance", max_iter=1000, random_state=0).fit(points).components_
p = abs(unmixing @ mixing.T)
d = len(p)
distance = ((p / p.max(1, keepdims=True)).sum() + (p / p.max(0)).sum() - 2 * d) / (2 * d * (d - 1))
print(f"FastICA: Amari's distance {distance:.4f}, {time.perf_counter() - start:.2f} s")
