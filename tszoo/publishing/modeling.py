"""Loads a tszoo model's folder with PyTorch and safetensors alone, and computes its logits."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

Weights = dict[str, Tensor]


class SeriesClassifier:
    """An ensemble of networks: config.json as a dictionary, and the weights of each member."""

    def __init__(self, folder: str | Path) -> None:
        self.config: dict[str, Any] = json.loads((Path(folder) / "config.json").read_bytes())
        self.args: dict[str, Any] = self.config["architecture_args"]
        self.members: list[Weights] = [{} for _ in range(self.config["members"])]
        tensors = load_file(Path(folder) / "model.safetensors")
        for name, part in tensors.items():
            _, member, key = name.split(".", 2)
            scale = tensors.get(name + ".scale", torch.ones(1))  # of whole numbers
            scaled = part.float().transpose(0, -1) * scale
            self.members[int(member)][key] = scaled.transpose(0, -1)

    def predict(self, series: Tensor) -> Any:
        """Give the label of a series, channels x time."""
        mean = self.logits(series).double().softmax(dim=1).mean(dim=0)
        return self.config["classes"][int(mean.argmax())]

    def logits(self, series: Tensor) -> Tensor:
        """Compute every member's logits of a series, channels x time: members x classes."""
        x = series.double()
        if self.config["preprocessing"]["normalize"]:
            spread = x.std(dim=1, correction=0, keepdim=True)
            x = (x - x.mean(dim=1, keepdim=True)) / torch.where(spread > 0, spread, 1.0)
        with torch.inference_mode():
            return torch.stack([self._logits(w, x.float(), series) for w in self.members])

    def _logits(self, w: Weights, x: Tensor, raw: Tensor) -> Tensor:
        stages = getattr(self, f"_{self.config['architecture']}")
        x = x[:, None] if self.args.get("channels_apart") else x[None]
        if self.args.get("readout", "mean") == "mean":
            features: Tensor = list(stages(w, x))[-1].mean(dim=2).flatten()
        else:
            views = [x, _difference(x, self.config["architecture"] == "mlp")]
            if self.args.get("resampled"):
                x = F.interpolate(x, self.args["resampled"], mode="linear", align_corners=True)
                views += [x, _difference(x)]
            pooled = [_pool(maps) for view in views for maps in stages(w, view)]
            features = (torch.cat(pooled, dim=1).flatten() - w["centre"]) / w["spread"]
        if self.args.get("level"):
            features = torch.cat([features, _levels(raw.double(), w["level_knots"])])
        return w["head.weight"] @ features + w["head.bias"]

    def _inception(self, w: Weights, x: Tensor) -> Iterator[Tensor]:
        entry = x
        for i in range(self.args["depth"]):
            at, shortcut = f"body.inceptions.{i}", f"body.shortcuts.{i // 3}"
            narrow = _convolve(w, f"{at}.bottleneck", x) if f"{at}.bottleneck.weight" in w else x
            lengths = range(len(self.args["kernel_lengths"]))
            maps = [_convolve(w, f"{at}.convolutions.{k}", narrow) for k in lengths]
            maps.append(_convolve(w, f"{at}.pooled", F.max_pool1d(x, 3, 1, 1)))
            x = _norm(w, f"{at}.norm", torch.cat(maps, dim=1)).relu()
            if i % 3 == 2 and f"{shortcut}.0.weight" in w:
                entry = _norm(w, f"{shortcut}.1", _convolve(w, f"{shortcut}.0", entry))
                x = entry = (entry + x).relu()
            yield x

    def _fcn(self, w: Weights, x: Tensor) -> Iterator[Tensor]:
        for i in range(len(self.args["filters"])):
            x = _norm(w, f"body.norms.{i}", _convolve(w, f"body.convolutions.{i}", x)).relu()
            yield x

    def _resnet(self, w: Weights, x: Tensor) -> Iterator[Tensor]:
        for i in range(len(self.args["widths"])):
            at, last = f"body.blocks.{i}", len(self.args["kernel_lengths"]) - 1
            entry = _widen(w, f"{at}.widening", x)
            for k in range(last + 1):
                x = _norm(w, f"{at}.norms.{k}", _convolve(w, f"{at}.convolutions.{k}", x))
                x = (x + entry if k == last else x).relu()
            yield x

    def _convtimenet(self, w: Weights, x: Tensor) -> Iterator[Tensor]:
        entry = _widen(w, "body.widening", x)
        for i in range(self.args["depth"]):
            at, lengths = f"body.layers.{i}", range(len(self.args["kernel_lengths"]))
            maps = [_convolve(w, f"{at}.convolutions.{k}", x) for k in lengths]
            x = _norm(w, f"{at}.norm", torch.cat(maps, dim=1))
            closes = i % 2 == 1 and self.args["residual"]
            x = (x + entry if closes else x).relu()
            entry = x if closes else entry
            yield x

    def _mlp(self, w: Weights, x: Tensor) -> Iterator[Tensor]:
        low, high = x.aminmax(dim=2, keepdim=True)
        x = ((x - low) / torch.where(high > low, high - low, 1.0)).flatten(1)
        x = F.layer_norm(x, x.shape[1:])
        for i in range(len(self.args["widths"])):
            x = F.linear(x, w[f"body.layers.{i}.weight"], w[f"body.layers.{i}.bias"])
            yield (x := getattr(torch, self.args["activation"])(x))[:, :, None]


def _convolve(w: Weights, at: str, x: Tensor) -> Tensor:
    weight = w[f"{at}.weight"].squeeze(2)
    left = (weight.shape[2] - 1) // 2  # of an even length, the extra zero goes on the right
    return F.conv1d(F.pad(x, (left, weight.shape[2] - 1 - left)), weight, w.get(f"{at}.bias"))


def _norm(w: Weights, at: str, x: Tensor) -> Tensor:
    mean, variance = w[f"{at}.running_mean"], w[f"{at}.running_var"]
    return F.batch_norm(x, mean, variance, w[f"{at}.weight"], w[f"{at}.bias"], eps=1e-3)


def _widen(w: Weights, at: str, x: Tensor) -> Tensor:
    widens = f"{at}.norm.weight" in w
    return _norm(w, f"{at}.norm", _convolve(w, f"{at}.convolution", x)) if widens else x


def _difference(x: Tensor, keep_length: bool = False) -> Tensor:
    wide = x.double()
    steps = wide.diff(dim=2) if x.shape[2] > 1 else torch.zeros_like(wide)
    rounding = 4 * torch.finfo(torch.float32).eps * wide.abs().amax(dim=2, keepdim=True)
    spread = steps.std(dim=2, correction=0, keepdim=True)
    spread = spread.masked_fill(spread <= rounding, 1e300)
    steps = (steps - steps.mean(dim=2, keepdim=True)) / spread
    return F.pad(steps, (0, int(keep_length and x.shape[2] > 1))).to(x.dtype)


def _levels(x: Tensor, knots: Tensor) -> Tensor:
    times = torch.arange(x.shape[1]) - (x.shape[1] - 1) / 2
    slope = (x - x.mean(1, True)) @ times.double() / max(float(times.square().sum()), 0.25)
    numbers = (x.mean(1), x.std(1, correction=0), x.amin(1), x.amax(1), slope)
    q, at = knots.double().reshape(9, -1), torch.stack(numbers, 1).flatten().float().double()
    place = ((q[None] < q[:, None]).sum(1) + (q[None] <= q[:, None]).sum(1) - 1) / 16
    share = (at - q[:-1]) / q.diff(dim=0).where(q.diff(dim=0) > 0, 1.0)
    rank = place[0] + (place.diff(dim=0) * share.clamp(0, 1)).sum(0)
    return torch.cat([torch.cos(k * torch.pi * rank) / k for k in range(1, 9)]).float()


def _pool(maps: Tensor) -> Tensor:
    positive = maps.clamp(min=0)
    n_positive = positive.sign().sum(dim=2)
    share, mean = n_positive / maps.shape[2], positive.sum(dim=2) / n_positive.clamp(min=1)
    return torch.cat([share, mean, maps.amax(dim=2), maps.mean(dim=2)], dim=1)
