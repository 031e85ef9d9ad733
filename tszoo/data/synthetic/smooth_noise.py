"""Draw smooth random curves: what trends, outlines and backgrounds are made of."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import Size, normal
from tszoo.data.synthetic.znormalize import znormalize


def smooth_noise(size: Size, scale: Tensor, generator: Generator) -> Tensor:
    """Draw smooth Gaussian noise, each series with mean 0 and standard deviation 1.

    Two points of a series are correlated by ``exp(-(distance / scale) ** 2)`` before each series is
    z-normalised: a Gaussian process with a squared-exponential kernel. It is periodic: the end of a
    series meets its beginning.

    Parameters
    ----------
    size : tuple of int
        (..., length).
    scale : Tensor of float32
        How far apart points are alike, in parts of the length, above 0. It broadcasts to
        (..., 1).
    generator : Generator

    Returns
    -------
    Tensor of float32, shape (..., length)
        On the generator's device.
    """
    length = size[-1]
    cycles = torch.fft.rfftfreq(length, 1 / length, dtype=torch.float32, device=generator.device)
    # the square root of the kernel's Fourier transform
    gain = torch.exp(-0.5 * (math.pi * scale * cycles).square())
    return znormalize(filter_noise(size, gain, generator))


def filter_noise(size: Size, gain: Tensor, generator: Generator) -> Tensor:
    """Draw white noise, and strengthen or weaken each of its frequencies.

    Parameters
    ----------
    size : tuple of int
        (..., length).
    gain : Tensor of float32
        By what to multiply the amplitude of each frequency; it broadcasts to
        (..., length // 2 + 1). Frequencies rise from 0 by one cycle a series.
    generator : Generator

    Returns
    -------
    Tensor of float32, shape (..., length)
        On the generator's device.
    """
    spectrum = torch.fft.rfft(normal(size, generator))
    noise: Tensor = torch.fft.irfft(spectrum * gain, n=size[-1])
    return noise
