"""The graph of a fitted net, traced by torch."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklvision._torch.folding import fold
from sklvision.export._signature import INPUT, LOGITS, PROBABILITIES

_OPSET = 20  # the first with GELU as one operation
_TRIED = 8


class ExportedNet(nn.Module):
    """A copy of a fitted module, in float32 on the processor, that gives probabilities as well."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        copied = deepcopy(module).cpu().float()
        copied.net = fold(copied.net)
        self.module = copied.eval()

    def forward(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Compute logits and probabilities."""
        logits = self.module(X)
        return logits, torch.softmax(logits, dim=1)


def make_graph(module: Any, input_shape: tuple[int, ...]) -> tuple[Any, np.ndarray, np.ndarray]:
    """Trace a module, and ask it.

    Parameters
    ----------
    module : StandardizedNet
        A fitted module.
    input_shape : tuple of int
        Shape of one sample.

    Returns
    -------
    model : onnx.ModelProto
        The graph.
    samples : ndarray of shape (n_samples, *input_shape)
        Samples drawn as the training data were distributed, band by band or channel by channel.
    logits : ndarray of shape (n_samples, n_classes)
        What the module makes of them.

    Raises
    ------
    ValueError
        If an operation of the net has no counterpart in ONNX, or the net is written for one
        number of samples.
    """
    exported = ExportedNet(module)
    draws = torch.randn((_TRIED, *input_shape), generator=torch.Generator().manual_seed(0))
    samples = draws * exported.module.scale + exported.module.mean
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program: Any = torch.onnx.export(
                exported,
                (samples[:2],),
                dynamo=True,
                opset_version=_OPSET,
                input_names=[INPUT],
                output_names=[LOGITS, PROBABILITIES],
                dynamic_shapes=({0: torch.export.Dim("n_samples")},),
                verbose=False,
            )
            logits = exported(samples)[0]
    except ImportError:  # an onnxscript too old for this torch: the message says what is missing
        raise
    except Exception as error:
        reason: BaseException = error
        while reason.__cause__ is not None:  # what torch says itself is how to ask its developers
            reason = reason.__cause__
        raise ValueError(
            f"The {type(module.net).__name__} cannot be expressed in ONNX: {reason}"
        ) from error
    model = program.model_proto
    n_samples = model.graph.input[0].type.tensor_type.shape.dim[0]
    if not n_samples.dim_param:
        raise ValueError(
            f"The {type(module.net).__name__} cannot be expressed in ONNX for any number of "
            "samples: its forward loops over them, or looks how many there are."
        )
    # Shapes noted on the way contradict what onnx infers itself.
    del model.graph.value_info[:]
    return model, samples.numpy(), logits.numpy()
