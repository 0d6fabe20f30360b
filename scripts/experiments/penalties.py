"""What scikit-image and PyProximal make of the measurements of one photograph, for docs/penalties.md: PSNR and seconds at a given λ.

python3 -m venv venv && venv/bin/pip install numpy scipy scikit-image pylops pyproximal
venv/bin/python scripts/experiments/penalties.py denoise denoise.npz 0.05
venv/bin/python scripts/experiments/penalties.py deblur deblur.npz 0.0003
venv/bin/python scripts/experiments/penalties.py inpaint inpaint.npz 0.01 index.npz

The .npz are files of `measure`: of operators identity, blur:sigma=2.5 and mask:keep=0.3. index.npz holds what the same mask keeps of the image
0, 1, 2, …, without noise.
"""

import sys
import time

import numpy as np
import pylops
import pyproximal
from pyproximal.optimization.primal import ProximalGradient
from scipy.ndimage import gaussian_filter
from skimage.restoration import denoise_tv_chambolle

problem, file, weight, *more = sys.argv[1:]
weight = float(weight)
measured = np.load(file)
truth = measured["truth"][0].astype(float)
h, w = truth.shape
y = measured["y"][0].astype(float)
gradient = pylops.Gradient((h, w), kind="forward", edge=False)


def total_variation(x):
    return np.sqrt(((gradient @ x.ravel()).reshape(2, -1) ** 2).sum(0)).sum()


def report(name, x, seconds, forward):
    psnr = -10 * np.log10(np.mean((x - truth) ** 2))
    objective = 0.5 * np.sum((forward(x) - y) ** 2) + weight * total_variation(x)
    print(f"{problem}, {name}: PSNR {psnr:.3f} dB, objective {objective:.3f}, {seconds:.1f} s", flush=True)


def by_gradients(data, start, iterations):
    penalty = pyproximal.TV((h, w), sigma=weight, niter=10, rtol=0)
    return ProximalGradient(data, penalty, start.ravel(), tau=1.0, niter=iterations, acceleration="fista").reshape(h, w)


def timed(run):
    begun = time.perf_counter()
    return run(), time.perf_counter() - begun


if problem == "denoise":
    x, seconds = timed(lambda: denoise_tv_chambolle(y, weight=weight, eps=1e-7, max_num_iter=1000))
    report("scikit-image, 1000 iterations", x, seconds, lambda x: x)
elif problem == "deblur":
    blurred = lambda x: gaussian_filter(x.reshape(h, w), 2.5, mode="reflect", truncate=4.0).ravel()
    data = pyproximal.L2(Op=pylops.FunctionOperator(blurred, blurred, h * w, h * w), b=y.ravel())
    x, seconds = timed(lambda: by_gradients(data, y, 200))
    report("PyProximal, 200 iterations of FISTA", x, seconds, lambda x: blurred(x).reshape(h, w))
elif problem == "inpaint":
    kept = pylops.Restriction(h * w, np.load(more[0])["y"][0].astype(int))
    data = pyproximal.L2(Op=kept, b=y.ravel())
    x, seconds = timed(lambda: by_gradients(data, kept.H @ y, 300))
    report("PyProximal, 300 iterations of FISTA", x, seconds, lambda x: kept @ x.ravel())
