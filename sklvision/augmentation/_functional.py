"""The arithmetic of the augmenters, as functions of tensors.

Images are (n, height, width, channels), spectra (n, n_bands). Amounts are tensors with one value
per sample; nothing here is random, and nothing changes its input. A sample whose amounts are
zero is returned bit by bit as it was.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from sklvision.utils._kernels import make_path_kernels

# Ways to fill pixels beyond the edges of an image, and torch's names of them.
_PADDING = {"reflect": "reflection", "edge": "border", "constant": "zeros"}
# Side of kernels up to which a direct convolution is as fast as one by Fourier transforms.
_LARGEST_DIRECT = 33
# Values of intermediate results while kernels are made.
_KERNEL_VALUES = 2**22


def _expand(values: Tensor, X: Tensor) -> Tensor:
    """Expand one value per sample so that it broadcasts over the samples."""
    return values.reshape(-1, *[1] * (X.ndim - 1))


def _move_channels_last(planes: Tensor) -> Tensor:
    """Convert planes (n, channels, height, width) to images, in memory too.

    Nets take another, slower path where strides are those of planes, even of a single channel.
    """
    images = planes.permute(0, 2, 3, 1)
    return images.reshape(len(images), -1).reshape(images.shape)


def flip(X: Tensor, horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Flip images left to right and top to bottom where the flags are set."""
    X = torch.where(_expand(horizontal, X), X.flip(2), X)
    return torch.where(_expand(vertical, X), X.flip(1), X)


def shift(X: Tensor, n_down: Tensor, n_right: Tensor, fill: str, fill_value: float) -> Tensor:
    """Shift images by whole pixels."""
    n, height, width, _ = X.shape
    rows, is_row_beyond = _find_sources(height, n_down, fill)
    columns, is_column_beyond = _find_sources(width, n_right, fill)
    samples = torch.arange(n, device=X.device)[:, None, None]
    # Index arrays of rows and of columns broadcast to whole images: one gather, no loop.
    images = X[samples, rows[:, :, None], columns[:, None, :]]
    if fill == "constant":
        is_beyond = is_row_beyond[:, :, None] | is_column_beyond[:, None, :]
        images.masked_fill_(is_beyond[..., None], fill_value)
    return images


def _find_sources(size: int, distance: Tensor, fill: str) -> tuple[Tensor, Tensor]:
    """Find the index that each place along an axis shows, and whether it is beyond the image."""
    index = torch.arange(size, device=distance.device) - distance[:, None]
    is_beyond = (index < 0) | (index >= size)
    if fill == "reflect":
        # Reflections repeat with twice the size; the second half of a period runs backward.
        index = index.remainder(2 * size)
        return torch.minimum(index, 2 * size - 1 - index), is_beyond
    return index.clamp(0, size - 1), is_beyond


# A map takes a place in the new image, in pixels to the right of and below its center, to the
# place in the old image that it shows. Maps are matrices of shape (n, 3, 3): the map of one
# change after another is the product of theirs, in the same order.


def make_flip_maps(horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Make the maps that flip images left to right and top to bottom."""
    return _make_maps({(0, 0): 1 - 2.0 * horizontal, (1, 1): 1 - 2.0 * vertical})


def make_shift_maps(n_down: Tensor, n_right: Tensor) -> Tensor:
    """Make the maps that shift images by pixels."""
    return _make_maps({(0, 2): -1.0 * n_right, (1, 2): -1.0 * n_down})


def make_rotation_maps(degrees: Tensor) -> Tensor:
    """Make the maps that rotate images counterclockwise."""
    angle = torch.deg2rad(degrees)
    cos, sin = torch.cos(angle), torch.sin(angle)
    return _make_maps({(0, 0): cos, (0, 1): -sin, (1, 0): sin, (1, 1): cos})


def make_zoom_maps(scale: Tensor) -> Tensor:
    """Make the maps that show the content of images `scale` times as large."""
    return _make_maps({(0, 0): 1 / scale, (1, 1): 1 / scale})


def _make_maps(entries: dict[tuple[int, int], Tensor]) -> Tensor:
    first = next(iter(entries.values()))
    maps = torch.eye(3, dtype=first.dtype, device=first.device).repeat(len(first), 1, 1)
    for (row, column), values in entries.items():
        maps[:, row, column] = values
    return maps


def warp(X: Tensor, maps: Tensor, fill: str, fill_value: float) -> Tensor:
    """Warp images by maps, interpolating linearly between pixels."""
    maps = maps.to(X.dtype)
    planes = X.permute(0, 3, 1, 2)
    # torch fills with zeros only.
    zero = float(fill_value) if fill == "constant" else 0.0
    warped_planes = functional.grid_sample(
        planes - zero if zero else planes,
        _make_grid(maps, X.shape[1], X.shape[2]),
        padding_mode=_PADDING[fill],
        align_corners=False,
    )
    if zero:
        warped_planes += zero
    # Interpolation would change the bits of images that stay as they are.
    identity = torch.eye(3, dtype=X.dtype, device=X.device)
    is_identity = (maps == identity).flatten(1).all(dim=1)
    return torch.where(_expand(is_identity, X), X, _move_channels_last(warped_planes))


def _make_grid(maps: Tensor, height: int, width: int) -> Tensor:
    """Make the places that pixels show, from -1 to 1 across the image, as for grid_sample."""
    # Places are counted from the center in pixels, where maps apply, and then in half sides: with
    # align_corners=False the values -1 and 1 are the outer edges of the first and last pixel.
    rightward = torch.arange(width, dtype=maps.dtype, device=maps.device) - (width - 1) / 2
    downward = torch.arange(height, dtype=maps.dtype, device=maps.device) - (height - 1) / 2
    grid = maps.new_empty(len(maps), height, width, 2)
    # Sums of a row and a column: far quicker than a matrix product for every pixel.
    for axis, size in enumerate((width, height)):
        m = maps[:, axis] * (2 / size)
        row_part = m[:, 0, None] * rightward + m[:, 2, None]
        column_part = m[:, 1, None] * downward
        torch.add(row_part[:, None, :], column_part[:, :, None], out=grid[..., axis])
    return grid


def erase(
    X: Tensor,
    area: Tensor,
    aspect: Tensor,
    top: Tensor,
    left: Tensor,
    value: float | None,
) -> Tensor:
    """Erase a rectangle of every image.

    It takes the fraction `area` of the image (rounded down to whole pixels), is `aspect` times as
    high as wide, and lies at the fractions `top` and `left`, from 0 to 1, of the room there is.
    With None as `value` its pixels become the image's own mean color.
    """
    # Sides whose product is the area and whose ratio is the aspect; one that does not fit is cut.
    n_rows, n_columns = X.shape[1:3]
    pixels = area * n_rows * n_columns
    height = (pixels * aspect).sqrt().clamp(max=n_rows)
    width = (pixels / aspect).sqrt().clamp(max=n_columns)
    # The product of two floors is at most the area; a whole number may come out just below.
    height, width = (height + 1e-4).floor(), (width + 1e-4).floor()
    in_rows = _mark_interval(n_rows, top, height)
    in_columns = _mark_interval(n_columns, left, width)
    is_erased = (in_rows[:, :, None] & in_columns[:, None, :])[..., None]
    cover = X.mean(dim=(1, 2), keepdim=True) if value is None else X.new_tensor(value)
    return torch.where(is_erased, cover, X)


def _mark_interval(size: int, start: Tensor, length: Tensor) -> Tensor:
    """Mark an interval of an axis that starts at a fraction of the room there is."""
    first = torch.minimum((start * (size - length + 1)).floor(), size - length)[:, None]
    index = torch.arange(size, device=start.device)
    return (index >= first) & (index < first + length[:, None])


def scale_brightness(X: Tensor, gain: Tensor, contrast: Tensor) -> Tensor:
    """Scale pixel values by a gain, and their distance from the image's mean by a contrast."""
    # gain * (mean + contrast * (X - mean)), as one product and one sum for every pixel.
    mean = X.mean(dim=(1, 2, 3), keepdim=True)
    gain, contrast = _expand(gain, X), _expand(contrast, X)
    return torch.addcmul(gain * (1 - contrast) * mean, X, gain * contrast)


def make_line_kernels(
    length: Tensor, degrees: Tensor, size: int, shape: tuple[int, int] | None = None
) -> Tensor:
    """Make kernels (n, size, size) that smear along a centered line; each sums to 1.

    Parameters
    ----------
    length : Tensor of shape (n,)
        Pixels that the line covers; a length of 1 leaves a pixel where it is.
    degrees : Tensor of shape (n,)
        Direction of the line, counterclockwise from the right.
    size : int
        Odd side of the kernels, not below the length.
    shape : (int, int), default=None
        Height and width of images whose edges are repeated: kernels are no larger than these need.
    """
    steps = torch.linspace(-0.5, 0.5, 2 * size + 1, dtype=length.dtype, device=length.device)
    # The camera moves at constant speed, so points at equal times are equally spaced.
    travel = (length - 1)[:, None] * steps
    angle = torch.deg2rad(degrees)[:, None]
    x, y = travel * torch.cos(angle), -travel * torch.sin(angle)
    if shape is not None:
        # From any pixel, all that is farther than the image is long shows the pixel of its edge.
        height, width = shape
        x, y = x.clamp(1 - width, width - 1), y.clamp(1 - height, height - 1)
        size = min(size, 2 * max(height, width) - 1)
    cells = torch.arange(size, dtype=length.dtype, device=length.device) - size // 2
    n_rows = max(1, _KERNEL_VALUES // (len(steps) * size))
    parts = zip(x.split(n_rows), y.split(n_rows), strict=True)
    return torch.cat([make_path_kernels(*part, cells) for part in parts])


def convolve(X: Tensor, kernels: Tensor) -> Tensor:
    """Convolve each image with its own symmetric kernel, repeating the edges."""
    margin = kernels.shape[1] // 2
    planes = functional.pad(X.permute(0, 3, 1, 2), (margin,) * 4, mode="replicate")
    if kernels.shape[1] <= _LARGEST_DIRECT:
        return _move_channels_last(_convolve_directly(planes, kernels))
    images = _move_channels_last(_convolve_spectra(planes, kernels))
    # Rounding would change the bits of images that stay as they are.
    return torch.where(_expand(kernels[:, margin, margin] == 1, X), X, images)


def _convolve_directly(planes: Tensor, kernels: Tensor) -> Tensor:
    n, channels, height, width = planes.shape
    # A grouped convolution treats all channels of all images as channels of one image, so that
    # each can have its own kernel.
    blurred_planes = functional.conv2d(
        planes.reshape(1, n * channels, height, width),
        kernels.repeat_interleave(channels, dim=0)[:, None],
        groups=n * channels,
    )
    return blurred_planes.reshape(n, channels, *blurred_planes.shape[2:])


def _convolve_spectra(planes: Tensor, kernels: Tensor) -> Tensor:
    """Convolve by the Fourier transform, whose cost does not grow with the size of a kernel."""
    size = planes.shape[2:]
    # Correlation is a product with the conjugate spectrum. Sums run around the ends of the padded
    # planes, but those of the places that are kept stay within them.
    spectra = torch.fft.rfft2(planes) * torch.fft.rfft2(kernels, s=size)[:, None].conj()
    n_rows, n_columns = (side - kernels.shape[1] + 1 for side in size)
    return torch.fft.irfft2(spectra, s=size)[..., :n_rows, :n_columns]


def compute_std(X: Tensor) -> Tensor:
    """Compute the standard deviation of each sample, shaped to broadcast over it."""
    return X.std(dim=tuple(range(1, X.ndim)), correction=0, keepdim=True)


def add_noise(X: Tensor, noise: Tensor, scale: Tensor, relative: bool) -> Tensor:
    """Add noise times a scale, which may count in standard deviations of the sample."""
    scale = _expand(scale, X)
    return torch.addcmul(X, noise, scale * compute_std(X) if relative else scale)


def shift_bands(X: Tensor, distance: Tensor) -> Tensor:
    """Shift spectra to higher bands, interpolating linearly and repeating the ends."""
    last = X.shape[1] - 1
    # A shift to higher bands reads each value at a lower position, between two bands.
    places = torch.arange(last + 1, dtype=X.dtype, device=X.device) - distance[:, None]
    places = places.clamp(0, last)
    lower = places.floor().long()
    upper = (lower + 1).clamp(max=last)
    return torch.lerp(X.gather(1, lower), X.gather(1, upper), places - lower)


def scale_bands(X: Tensor, gain: Tensor, offset: Tensor, slope: Tensor) -> Tensor:
    """Scale spectra, and add an offset and a tilt in standard deviations of the spectrum.

    The tilt goes from `-slope` at the first band to `slope` at the last.
    """
    ramp = torch.linspace(-1, 1, X.shape[1], dtype=X.dtype, device=X.device)
    baseline = (offset[:, None] + slope[:, None] * ramp) * compute_std(X)
    return torch.addcmul(baseline, X, gain[:, None])


def mix(values: Tensor, partner: Tensor, weight: Tensor) -> Tensor:
    """Mix each sample with its partner; a weight of 1 leaves it alone."""
    return torch.lerp(values[partner], values, _expand(weight, values))
