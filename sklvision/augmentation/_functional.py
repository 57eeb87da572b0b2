"""The arithmetic of the augmenters, as functions of tensors.

Images are (n, height, width, channels), spectra (n, n_bands). What is done to a sample comes as
tensors with one value per sample; nothing here is random, and nothing changes its input. A
sample whose values ask for no change comes out bit by bit as it was.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# What lies beyond the edges of an image, and torch's name for it.
_PADDING = {"reflect": "reflection", "edge": "border", "constant": "zeros"}


def _spread(values: Tensor, X: Tensor) -> Tensor:
    """Shape one value per sample so that it broadcasts over the samples."""
    return values.reshape(-1, *[1] * (X.ndim - 1))


def _channels_last(planes: Tensor) -> Tensor:
    """Turn planes (n, channels, height, width) into images, in memory too.

    Nets take another, slower path where strides tell of planes, even those of a single channel.
    """
    images = planes.permute(0, 2, 3, 1)
    return images.reshape(len(images), -1).reshape(images.shape)


def flip(X: Tensor, horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Mirror images left to right and top to bottom where the booleans say so."""
    X = torch.where(_spread(horizontal, X), X.flip(2), X)
    return torch.where(_spread(vertical, X), X.flip(1), X)


def shift(X: Tensor, down: Tensor, right: Tensor, fill: str, fill_value: float) -> Tensor:
    """Move images by whole pixels."""
    n, height, width, _ = X.shape
    rows, row_outside = _sources(height, down, fill)
    columns, column_outside = _sources(width, right, fill)
    samples = torch.arange(n, device=X.device)[:, None, None]
    shifted = X[samples, rows[:, :, None], columns[:, None, :]]
    if fill == "constant":
        outside = row_outside[:, :, None] | column_outside[:, None, :]
        shifted.masked_fill_(outside[..., None], fill_value)
    return shifted


def _sources(size: int, by: Tensor, fill: str) -> tuple[Tensor, Tensor]:
    """Index that each place along an axis shows, and whether it lies outside the image."""
    index = torch.arange(size, device=by.device) - by[:, None]
    outside = (index < 0) | (index >= size)
    if fill == "reflect":
        index = index.remainder(2 * size)
        return torch.minimum(index, 2 * size - 1 - index), outside
    return index.clamp(0, size - 1), outside


# A map takes a place in the new image, in pixels to the right of and below its centre, to the
# place in the old image that it shows. Maps are matrices of shape (n, 3, 3): the map of one
# change after another is the product of theirs, in the same order.


def flip_map(horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Map of images mirrored left to right and top to bottom."""
    return _maps({(0, 0): 1 - 2.0 * horizontal, (1, 1): 1 - 2.0 * vertical})


def shift_map(down: Tensor, right: Tensor) -> Tensor:
    """Map of images moved by pixels."""
    return _maps({(0, 2): -1.0 * right, (1, 2): -1.0 * down})


def rotation_map(degrees: Tensor) -> Tensor:
    """Map of images turned counterclockwise."""
    angle = torch.deg2rad(degrees)
    cos, sin = torch.cos(angle), torch.sin(angle)
    return _maps({(0, 0): cos, (0, 1): -sin, (1, 0): sin, (1, 1): cos})


def zoom_map(scale: Tensor) -> Tensor:
    """Map of images whose content appears `scale` times as large."""
    return _maps({(0, 0): 1 / scale, (1, 1): 1 / scale})


def _maps(entries: dict[tuple[int, int], Tensor]) -> Tensor:
    first = next(iter(entries.values()))
    maps = torch.eye(3, dtype=first.dtype, device=first.device).repeat(len(first), 1, 1)
    for (row, column), values in entries.items():
        maps[:, row, column] = values
    return maps


def warp(X: Tensor, maps: Tensor, fill: str, fill_value: float) -> Tensor:
    """Show images through maps, interpolating linearly between pixels."""
    maps = maps.to(X.dtype)
    planes = X.permute(0, 3, 1, 2)
    # torch fills with zeros only.
    zero = fill_value if fill == "constant" else 0.0
    warped = functional.grid_sample(
        planes - zero if zero else planes,
        _grid(maps, X.shape[1], X.shape[2]),
        padding_mode=_PADDING[fill],
        align_corners=False,
    )
    if zero:
        warped += zero
    identity = torch.eye(3, dtype=X.dtype, device=X.device)
    unchanged = (maps == identity).flatten(1).all(dim=1)
    return torch.where(_spread(unchanged, X), X, _channels_last(warped))


def _grid(maps: Tensor, height: int, width: int) -> Tensor:
    """Places that the pixels show, from -1 to 1 across the image, as grid_sample takes them."""
    right = torch.arange(width, dtype=maps.dtype, device=maps.device) - (width - 1) / 2
    below = torch.arange(height, dtype=maps.dtype, device=maps.device) - (height - 1) / 2
    grid = maps.new_empty(len(maps), height, width, 2)
    # Sums of a row and a column: far quicker than a matrix product for every pixel.
    for axis, size in enumerate((width, height)):
        m = maps[:, axis] * (2 / size)
        along_row = m[:, 0, None] * right + m[:, 2, None]
        along_column = m[:, 1, None] * below
        torch.add(along_row[:, None, :], along_column[:, :, None], out=grid[..., axis])
    return grid


def erase(
    X: Tensor,
    area: Tensor,
    aspect: Tensor,
    top: Tensor,
    left: Tensor,
    value: float | None,
) -> Tensor:
    """Cover a rectangle of every image.

    It takes the part `area` of the image (rounded down to whole pixels), is `aspect` times as
    high as wide, and lies at the parts `top` and `left`, from 0 to 1, of the room there is. None
    as `value` covers with the image's own mean color.
    """
    n_rows, n_columns = X.shape[1:3]
    pixels = area * n_rows * n_columns
    height = (pixels * aspect).sqrt().clamp(max=n_rows)
    width = (pixels / aspect).sqrt().clamp(max=n_columns)
    # The product of two floors is at most the area; a whole number may come out just below.
    height, width = (height + 1e-4).floor(), (width + 1e-4).floor()
    in_rows = _between(n_rows, top, height)
    in_columns = _between(n_columns, left, width)
    covered = (in_rows[:, :, None] & in_columns[:, None, :])[..., None]
    cover = X.mean(dim=(1, 2), keepdim=True) if value is None else X.new_tensor(value)
    return torch.where(covered, cover, X)


def _between(size: int, start: Tensor, length: Tensor) -> Tensor:
    first = torch.minimum((start * (size - length + 1)).floor(), size - length)[:, None]
    index = torch.arange(size, device=start.device)
    return (index >= first) & (index < first + length[:, None])


def scale_brightness(X: Tensor, gain: Tensor, contrast: Tensor) -> Tensor:
    """Multiply pixel values by a gain, and their distance from the image's mean by a contrast."""
    mean = X.mean(dim=(1, 2, 3), keepdim=True)
    gain, contrast = _spread(gain, X), _spread(contrast, X)
    return torch.addcmul(gain * (1 - contrast) * mean, X, gain * contrast)


def line_kernels(length: Tensor, degrees: Tensor, size: int) -> Tensor:
    """Kernels (n, size, size) that smear along a centered line; each sums to 1.

    Parameters
    ----------
    length : Tensor of shape (n,)
        Pixels that the line covers; a length of 1 leaves a pixel where it is.
    degrees : Tensor of shape (n,)
        Direction of the line, counterclockwise from the right.
    size : int
        Odd side of the kernels, not below the length.
    """
    steps = torch.linspace(-0.5, 0.5, 2 * size + 1, dtype=length.dtype, device=length.device)
    cells = torch.arange(size, dtype=length.dtype, device=length.device) - size // 2
    along = (length - 1)[:, None] * steps
    angle = torch.deg2rad(degrees)[:, None]
    # Each point of the line is shared between the nearest cells.
    x, y = (
        (1 - (place[:, :, None] - cells).abs()).clamp(min=0)
        for place in (along * torch.cos(angle), -along * torch.sin(angle))
    )
    return y.mT @ x / len(steps)


def convolve(X: Tensor, kernels: Tensor) -> Tensor:
    """Convolve each image with its own symmetric kernel, repeating the edges."""
    n, height, width, channels = X.shape
    margin = kernels.shape[1] // 2
    padded = functional.pad(X.permute(0, 3, 1, 2), (margin,) * 4, mode="replicate")
    blurred = functional.conv2d(
        padded.reshape(1, n * channels, *padded.shape[2:]),
        kernels.repeat_interleave(channels, dim=0)[:, None],
        groups=n * channels,
    )
    return _channels_last(blurred.reshape(n, channels, height, width))


def spread_of(X: Tensor) -> Tensor:
    """Standard deviation of the values of each sample, shaped to broadcast over it."""
    return X.std(dim=tuple(range(1, X.ndim)), correction=0, keepdim=True)


def add_noise(X: Tensor, noise: Tensor, scale: Tensor, relative: bool) -> Tensor:
    """Add noise times a scale, which may count in standard deviations of the sample."""
    scale = _spread(scale, X)
    return torch.addcmul(X, noise, scale * spread_of(X) if relative else scale)


def shift_bands(X: Tensor, by: Tensor) -> Tensor:
    """Move spectra to higher bands, interpolating linearly and repeating the ends."""
    last = X.shape[1] - 1
    places = torch.arange(last + 1, dtype=X.dtype, device=X.device) - by[:, None]
    places = places.clamp(0, last)
    below = places.floor().long()
    part = places - below
    return torch.lerp(X.gather(1, below), X.gather(1, (below + 1).clamp(max=last)), part)


def scale_bands(X: Tensor, gain: Tensor, offset: Tensor, slope: Tensor) -> Tensor:
    """Multiply spectra, and add an offset and a tilt in standard deviations of the spectrum.

    The tilt goes from `-slope` at the first band to `slope` at the last.
    """
    ramp = torch.linspace(-1, 1, X.shape[1], dtype=X.dtype, device=X.device)
    added = (offset[:, None] + slope[:, None] * ramp) * spread_of(X)
    return torch.addcmul(added, X, gain[:, None])


def mix(values: Tensor, partner: Tensor, weight: Tensor) -> Tensor:
    """Blend each sample with its partner; a weight of 1 leaves it alone."""
    return torch.lerp(values[partner], values, _spread(weight, values))
