"""CSGM's recovery in PyTorch, for `npm run bench -- csgm`, which writes problem.npz and asks for one run after the other.

python3 -m venv venv && venv/bin/pip install numpy torch

problem.npz: a [n, m], the transpose of the matrix, y [signals, m], z [restarts, latent], signal [restarts], w0 b0 w1 b1 … of the network, whose hidden layers are
softplus and whose last is a sigmoid. Each line of stdin is `eager STEPS RATE LAMBDA` or `compiled …`; the answer is one line of JSON: seconds, the objective
of every restart after these steps, and the versions.
"""

import json
import sys
import time

import numpy as np
import torch
from torch.nn.functional import softplus

given = {name: torch.from_numpy(values) for name, values in np.load(sys.argv[1]).items() if not name.endswith(".json")}
torch.set_num_threads(int(sys.argv[2]))
a, start = given["a"], given["z"]
y = given["y"][given["signal"].long()]
layers = [(given[f"w{i}"], given[f"b{i}"]) for i in range(sum(name[0] == "w" for name in given))]


def objectives(z, weight):
    h = z
    for w, b in layers[:-1]:
        h = softplus(torch.addmm(b, h, w))
    w, b = layers[-1]
    x = torch.sigmoid(torch.addmm(b, h, w))
    return ((y - x @ a) ** 2).sum(1) + weight * (z**2).sum(1)


def eager(steps, rate, weight):
    """As CSGM's code: the gradient by autograd, the step by the library's Adam."""
    z = start.clone().requires_grad_(True)
    adam = torch.optim.Adam([z], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        objectives(z, weight).sum().backward()
        adam.step()
    return z.detach()


@torch.compile
def step(z, first, second, scale, root, weight):
    gradient = torch.func.grad(lambda z: objectives(z, weight).sum())(z)
    first = 0.9 * first + 0.1 * gradient
    second = 0.999 * second + 0.001 * gradient**2
    return z - scale * first / (torch.sqrt(second) / root + 1e-8), first, second


def compiled(steps, rate, weight):
    """The gradient and Adam in one compiled function. The sizes of steps are tensors, so that it is compiled once."""
    z, first, second = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    for t in range(1, steps + 1):
        scale, root = torch.tensor(rate / (1 - 0.9**t)), torch.tensor((1 - 0.999**t) ** 0.5)
        z, first, second = step(z, first, second, scale, root, weight)
    return z


ways = {"eager": eager, "compiled": compiled}
for line in sys.stdin:
    name, steps, *numbers = line.split()
    rate, weight = map(float, numbers)
    ways[name](3, rate, weight)  # warm: the first steps compile, or allocate
    began = time.perf_counter()
    z = ways[name](int(steps), rate, weight)
    seconds = time.perf_counter() - began
    with torch.no_grad():
        values = objectives(z, weight).tolist()
    print(json.dumps({"seconds": seconds, "objectives": values, "version": torch.__version__}), flush=True)
