"""The training steps of scripts/bench/step.ts in PyTorch, eager and compiled, at independent frequencies: python scripts/peers/step.py [threads]. The project never needs it."""

import sys
import time

import torch

if len(sys.argv) > 1:
    torch.set_num_threads(int(sys.argv[1]))

SIZES = {
    "toy": ([10] + 7 * [10] + [2], 10_000, 1000),
    "digits": ([20, 500, 500, 784], 4096, 1000),
}


def measured(layers, m, batch, compiled, calls=7):
    modules = []
    for n, k in zip(layers[:-2], layers[1:-1]):
        modules += [torch.nn.Linear(n, k), torch.nn.LeakyReLU(0.2)]
    network = torch.nn.Sequential(*modules, torch.nn.Linear(layers[-2], layers[-1]))
    omega = torch.randn(layers[-1], m) / layers[-1] ** 0.5
    cos, sin = 0.1 * torch.randn(m), 0.1 * torch.randn(m)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)

    def loss(z):
        phase = network(z) @ omega
        return ((phase.cos().mean(0) - cos) ** 2 + (phase.sin().mean(0) - sin) ** 2).mean()

    value = torch.compile(loss) if compiled else loss

    def step():
        adam.zero_grad()
        found = value(torch.randn(batch, layers[0]))
        found.backward()
        adam.step()

    for _ in range(3):
        step()
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        for _ in range(10):
            step()
        times.append(100 * (time.perf_counter() - start))
    times.sort()
    return times


for name, (layers, m, batch) in SIZES.items():
    for compiled in (False, True):
        times = measured(layers, m, batch, compiled)
        how = "compiled" if compiled else "eager"
        print(f"{name}, {how}, m = {m}: median {times[len(times) // 2]:.1f} ms, least {times[0]:.1f} ms", flush=True)
