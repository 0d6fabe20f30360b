"""A feature network as ONNX, by PyTorch: python scripts/peers/features.py random|labels [SOURCE] -o features.onnx.

Three convolutions 3 × 3 of stride 2, each with batch normalisation and ReLU; its features are their maps in the mean over quarters of the image, 896 numbers. What
the network knows: `random` nothing (SOURCE is not read); `labels` the labels of the first half of the images in the .npz SOURCE (data, labels), as
`npm run experiment -- images` writes it. Needs torch and onnx.
"""

import argparse

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SIDE = 32
CHANNELS = (32, 64, 128)
BATCH = 128


class Features(nn.Module):
    """[n, 3, 32, 32] in [0, 1] to [n, 896]."""

    def __init__(self):
        super().__init__()
        sizes = (3, *CHANNELS)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.BatchNorm2d(b), nn.ReLU())
            for a, b in zip(sizes, CHANNELS)
        )

    def forward(self, x):
        x = 4 * (x - 0.5)
        quarters = []
        for layer in self.layers:
            x = layer(x)
            half = x.shape[-1] // 2
            quarters.append(x.view(-1, x.shape[1], 2, half, 2, half).mean((3, 5)).flatten(1))
        return torch.cat(quarters, 1)


def trained(features, images, labels, classes, epochs):
    """Trains the features with a linear layer on top, which it returns."""
    head = nn.Linear(4 * sum(CHANNELS), classes)
    parameters = [*features.parameters(), *head.parameters()]
    steps = epochs * (len(images) // BATCH)
    adam = torch.optim.AdamW(parameters, 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, 4e-3, total_steps=steps)
    for epoch in range(epochs):
        order = torch.randperm(len(images))
        right = seen = 0
        for at in range(0, len(images) - BATCH + 1, BATCH):
            rows = order[at : at + BATCH]
            x = images[rows].float() / 255
            y = labels[rows]
            x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
            top, left = torch.randint(9, (2,)).tolist()
            x = F.pad(x, (4, 4, 4, 4), "reflect")[:, :, top : top + SIDE, left : left + SIDE]
            score = head(features(x))
            adam.zero_grad()
            F.cross_entropy(score, y, label_smoothing=0.1).backward()
            adam.step()
            schedule.step()
            right += int((score.argmax(1) == y).sum())
            seen += len(y)
        print(f"epoch {epoch}: {100 * right / seen:.1f} % right in training", flush=True)
    return head


parser = argparse.ArgumentParser()
parser.add_argument("kind", choices=("random", "labels"))
parser.add_argument("source", nargs="?")
parser.add_argument("--test", help="labels: an .npz whose images are classified by the network itself")
parser.add_argument("--epochs", type=int, default=15)
parser.add_argument("-o", "--out", required=True)
args = parser.parse_args()
torch.manual_seed(1)
features = Features()
if args.kind == "labels":
    from_file = np.load(args.source)
    half = len(from_file["data"]) // 2
    images = torch.from_numpy(from_file["data"][:half]).permute(0, 3, 1, 2).contiguous()
    head = trained(features, images, torch.from_numpy(from_file["labels"][:half]).long(), 10, args.epochs)
    if args.test:
        features.eval()
        test = np.load(args.test)
        with torch.no_grad():
            x = torch.from_numpy(test["data"]).permute(0, 3, 1, 2)
            found = torch.cat([head(features(part.float() / 255)).argmax(1) for part in x.split(1000)])
        print(f"the network itself: {100 * float((found == torch.from_numpy(test['labels'])).float().mean()):.2f} % of {args.test} right")
if args.kind == "random":
    features.train()  # statistics of noise, so that maps have about unit variance
    with torch.no_grad():
        for _ in range(50):
            features(torch.rand(256, 3, SIDE, SIDE))
features.eval()
torch.onnx.export(
    features,
    (torch.rand(2, 3, SIDE, SIDE),),
    args.out,
    input_names=["x"],
    output_names=["features"],
    dynamic_axes={"x": {0: "batch"}, "features": {0: "batch"}},
    dynamo=False,
    opset_version=17,
)
print(f"wrote {args.out}")
