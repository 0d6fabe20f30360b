"""The passes of scripts/bench/sketch.ts in PyTorch: python scripts/peers/sketch.py [threads]. The project never needs it."""

import sys
import time

import torch

if len(sys.argv) > 1:
    torch.set_num_threads(int(sys.argv[1]))


def sketch(points, omega, rows=2000):
    cos = torch.zeros(omega.shape[1])
    sin = torch.zeros(omega.shape[1])
    for block in points.split(rows):
        phase = block @ omega
        cos += torch.cos(phase).sum(0)
        sin += torch.sin(phase).sum(0)
    return cos, sin


for n, d, m in ((60_000, 784, 4096), (60_000, 100, 10_000), (200_000, 2, 10_000)):
    points = torch.randn(n, d)
    omega = torch.randn(d, m) / d**0.5
    sketch(points[:4000], omega)
    start = time.perf_counter()
    sketch(points, omega)
    seconds = time.perf_counter() - start
    print(f"{n} x {d}, m = {m}: {seconds:.3g} s, {1e9 * seconds / n / m:.3g} ns a moment")
