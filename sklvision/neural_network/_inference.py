"""Fast inference: a folded copy of the net, and samples in chunks."""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from scipy.special import softmax
from torch import Tensor, nn

from sklvision._torch.folding import FusedLayer, SmallLinear, can_fuse, fold, fuse
from sklvision._torch.precision import autocast, has_fast_bfloat16
from sklvision._torch.process_state import limit_forked_threads
from sklvision.neural_network._data import Data, as_tensor
from sklvision.neural_network._module import StandardizedNet, standardize
from sklvision.utils._lazy import LazySamples, read_blocks
from sklvision.utils._memory import PREDICTION_ADVICE, make_memory_error

# Size of one chunk: its activations stay in the processor's cache.
_SPECTRUM_VALUES, _SPECTRUM_ROWS = 2**19, 1024
_IMAGE_PIXELS, _IMAGE_ROWS = 2**16, 8
# torch's matrix products over a multiple of four rows give each row the same bits, whatever the
# other rows are; shorter remainders take another path through the library, with another rounding.
_ROW_BLOCK = 4

# A folded net must agree with the trained one to rounding. In float32 that is all that can
# differ; bfloat16 is taken for dense nets where probabilities and log-odds hardly change.
_FOLDING_TOLERANCE = 1e-4
_PROBABILITY_TOLERANCE, _LOG_ODDS_TOLERANCE = 5e-3, 0.05
# Fewer weights than this are not worth another format.
_MIN_WEIGHTS = 2**14
_COMPARED_ROWS = 256


class Predictor:
    """Computes logits of a fitted module.

    On a CPU a copy without batch normalization and dropout, whose layers are fused, does the
    work. Where such a copy computes something else, as for a forward that uses its layers in a
    way of its own, the module itself does.

    Parameters
    ----------
    module : StandardizedNet
        The module that was trained.
    precision : {"float32", "bfloat16", "float64"}
        Format of the computation.
    device : torch.device
        Device of the module.
    input_shape : tuple of int
        Shape of one sample.
    """

    def __init__(
        self,
        module: StandardizedNet,
        precision: str,
        device: torch.device,
        input_shape: tuple[int, ...],
    ) -> None:
        limit_forked_threads()
        self.module, self.precision, self.device = module, precision, device
        self._mean, self._scale = module.mean, module.scale
        weights = [*module.parameters(), *module.buffers()]
        self._weights = [tensor for tensor in weights if not tensor.is_inference()]
        modules = list(module.modules())
        self._hooks = [hooks for m in modules for hooks in (m._forward_hooks, m._forward_pre_hooks)]
        self._version = self._count_changes()
        self._dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
        self._n_rows = _choose_chunk_rows(input_shape)
        self._net = self._build_folded(input_shape) if self._version >= 0 else None
        # Calling a module costs more than calling its forward, which shows with a single row.
        layers = self._net if isinstance(self._net, nn.Sequential) else [self._net]
        self._steps = [layer.forward for layer in layers if layer is not None]
        self._pads_rows = self._net is None or not all(map(_is_row_by_row, self._net.modules()))

    @property
    def is_fused(self) -> bool:
        """Whether fused layers do all of the work, so that a row's bits are its own."""
        layers = self._net if isinstance(self._net, nn.Sequential) else [self._net]
        return all(isinstance(layer, FusedLayer | SmallLinear) for layer in layers)

    def is_current(self, module: nn.Module) -> bool:
        """Whether this module is the one that was folded, with the same weights and hooks."""
        return module is self.module and self._count_changes() == self._version

    def _count_changes(self) -> int:
        """Count changes to the weights; -1 where hooks have to see the module called."""
        if any(self._hooks):
            return -1
        return sum([tensor._version for tensor in self._weights])

    def _build_folded(self, input_shape: tuple[int, ...]) -> nn.Module | None:
        if self.precision == "float64" or self.device.type != "cpu" or not can_fuse():
            return None
        try:
            return _fold_and_fuse(self.module, self._dtype, input_shape)
        except Exception:  # an unknown forward may fail on fused layers in any way
            return None

    def compute_logits(self, X: Data) -> np.ndarray:
        """Compute logits of validated samples, in float64.

        Parameters
        ----------
        X : ndarray or LazySamples of shape (n_samples, *input_shape)
            Samples.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes)
        """
        try:
            with torch.inference_mode():
                chunks = [self._forward(as_tensor(chunk)) for chunk in read_blocks(X, self._n_rows)]
                logits = chunks[0] if len(chunks) == 1 else torch.cat(chunks)
                return logits.double().numpy()
        except (MemoryError, RuntimeError) as error:
            memory_error = make_memory_error(error, "Prediction", PREDICTION_ADVICE)
            if memory_error is None:
                raise
            raise memory_error from error

    def _forward(self, X: Tensor) -> Tensor:
        n_rows = X.shape[0]
        if self._pads_rows and n_rows == 1:  # without a copy, which shows with a single row
            X = X.expand(_ROW_BLOCK, *X.shape[1:])
        elif self._pads_rows and n_rows % _ROW_BLOCK:
            X = torch.cat([X, X[-1:].expand(-n_rows % _ROW_BLOCK, *X.shape[1:])])
        if self._net is not None:
            logits = standardize(X, self._mean, self._scale)
            if self._dtype != torch.float32:
                logits = logits.to(self._dtype)
            for step in self._steps:
                logits = step(logits)
        else:
            self.module.eval()
            with autocast(self.precision, self.device):
                logits = self.module(X.to(self.device)).cpu()
        return logits[:n_rows] if self._pads_rows else logits


def _fold_and_fuse(
    module: StandardizedNet, dtype: torch.dtype, input_shape: tuple[int, ...]
) -> nn.Module | None:
    """Fold and fuse the net; None if the result computes something else on random input."""
    module.eval()
    *space, last = input_shape
    draws = torch.randn((2, last, *space), generator=torch.Generator().manual_seed(0))
    if space:
        draws = draws.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = module.net(draws)
        fused_net = fuse(fold(module.net), torch.float32)
        logits = fused_net(draws)
        atol = _FOLDING_TOLERANCE * (1 + float(expected.abs().max()))
        if logits.shape != expected.shape or not torch.allclose(
            logits, expected, rtol=0, atol=atol
        ):
            return None
        if dtype != torch.float32:
            fused_net = fuse(fold(module.net), dtype)
            fused_net(draws.to(dtype))
        return fused_net


def _is_row_by_row(layer: nn.Module) -> bool:
    """Whether the bits of a row's result do not depend on the number of rows.

    Those of fused layers do not, nor of batch normalization by learned statistics, which is
    elementwise; those of other layers with weights may.
    """
    if isinstance(layer, nn.modules.batchnorm._BatchNorm):
        return layer.running_mean is not None
    return not any(True for _ in layer.parameters(recurse=False))


def _choose_chunk_rows(shape: tuple[int, ...]) -> int:
    if len(shape) == 1:
        return max(_ROW_BLOCK, min(_SPECTRUM_ROWS, _SPECTRUM_VALUES // shape[0]))
    return max(_IMAGE_ROWS, min(_SPECTRUM_ROWS, _IMAGE_PIXELS // prod(shape[:2])))


def can_infer_in_bfloat16(module: StandardizedNet, device: torch.device, X: Data) -> bool:
    """Whether inference may run in bfloat16 although training ran in float32.

    So it may for dense nets for spectra whose probabilities on training samples hardly change;
    convolutions for which bfloat16 is faster were trained in it.

    Parameters
    ----------
    module : StandardizedNet
        The module that was trained.
    device : torch.device
        Its device.
    X : ndarray or LazySamples of shape (n_samples, *input_shape)
        Training data, some of which are compared.
    """
    if len(X.shape) > 2:
        return False
    layers = [layer for layer in module.modules() if list(layer.parameters(recurse=False))]
    is_dense = all(isinstance(layer, nn.Linear | nn.BatchNorm1d) for layer in layers)
    n_weights = sum(parameter.numel() for parameter in module.parameters())
    if device.type != "cpu" or not is_dense or n_weights < _MIN_WEIGHTS:
        return False
    if not has_fast_bfloat16(device) or not can_fuse():
        return False
    exact, in_bfloat16 = (
        Predictor(module, precision, device, X.shape[1:]) for precision in ("float32", "bfloat16")
    )
    if not in_bfloat16.is_fused:
        return False
    if isinstance(X, LazySamples):
        rows = X.read_few(_COMPARED_ROWS)
    else:
        rows = X[:: max(1, len(X) // _COMPARED_ROWS)][:_COMPARED_ROWS]
    expected, logits = exact.compute_logits(rows), in_bfloat16.compute_logits(rows)
    difference = np.abs(softmax(logits, axis=1) - softmax(expected, axis=1)).max()
    log_odds_difference = np.ptp(logits - expected, axis=1).max()
    return bool(difference <= _PROBABILITY_TOLERANCE and log_odds_difference <= _LOG_ODDS_TOLERANCE)
