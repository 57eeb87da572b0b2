"""Graphs of nets, traced by torch. The only module of the package that imports torch."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklvision._torch.folding import fold
from sklvision.export._graph.operators import DOMAINS
from sklvision.export._signature import INPUT, LOGITS, PROBABILITIES

_OPSET = DOMAINS[""]
_N_SAMPLES = 8
# Side in pixels of images that a backbone is traced with, where theirs is not known.
_TRACED_SIDE = 96


class ExportedNet(nn.Module):
    """A copy of a fitted module for one file: logits and probabilities, on the processor.

    The net computes in float32. Samples are standardized in the precision of the fit: a large
    offset of a band would otherwise cancel the digits of float32.
    """

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = deepcopy(module).cpu().eval()
        self.module.net = _replace_global_pooling(fold(self.module.net.float())).eval()

    def forward(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Compute logits and probabilities."""
        logits = self.module.net(self.module.standardize(X).float())
        return logits, torch.softmax(logits, dim=1)


class _GlobalMean(nn.Module):
    """Mean over all pixels; torch's own pooling may become a loop, which files must not hold."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3), keepdim=True)


def _replace_global_pooling(net: nn.Module) -> nn.Module:
    """Return the net with means in place of pooling to a single pixel."""
    if isinstance(net, nn.AdaptiveAvgPool2d) and net.output_size in (1, (1, 1)):
        return _GlobalMean()
    for name, layer in net.named_children():
        setattr(net, name, _replace_global_pooling(layer))
    return net


def make_graph(module: Any, input_shape: tuple[int, ...]) -> tuple[Any, np.ndarray, np.ndarray]:
    """Make the graph of a module, and compute logits to check it by.

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
        Samples drawn as the training data were distributed, band by band or channel by channel, in
        the precision of the fit.
    logits : ndarray of shape (n_samples, n_classes)
        Logits of the module for these samples, in the same precision.

    Raises
    ------
    ValueError
        If an operation of the net has no counterpart in ONNX, or the net is written for one
        number of samples.
    """
    original = deepcopy(module).cpu().eval()
    draws = torch.randn((_N_SAMPLES, *input_shape), generator=torch.Generator().manual_seed(0))
    samples = draws.to(original.mean.dtype) * original.scale + original.mean
    with torch.no_grad():
        logits = original(samples)
    name = type(module.net).__name__
    model = export_module(ExportedNet(module), samples[:2], name, [LOGITS, PROBABILITIES])
    return model, samples.numpy(), logits.numpy()


def make_backbone_graph(net: nn.Module, n_channels: int, size: tuple[int | None, ...]) -> Any:
    """Make the graph of a backbone: images ``(n, n_channels, height, width)`` in, features out.

    Parameters
    ----------
    net : nn.Module
        The net, without a head.
    n_channels : int
        Number of channels.
    size : tuple of (int or None)
        Height and width, None where images may differ in it.

    Returns
    -------
    model : onnx.ModelProto
        The graph.
    """
    folded_net = fold(deepcopy(net).cpu().float()).eval()
    n_paddings = _move_padding(folded_net)
    height, width = (side or _TRACED_SIDE for side in size)
    images = torch.zeros((2, n_channels, height, width))
    model = export_module(folded_net, images, type(net).__name__, ["features"])
    if n_paddings:
        _pad_convolutions(model)
    # Traced with images of one size: torch takes minutes to trace any. The check of the whole graph
    # covers two sizes where images differ.
    for axis, (side, label) in enumerate(zip(size, ("height", "width"), strict=True), start=2):
        if side is None:
            model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = label
    return model


def _move_padding(net: nn.Module) -> int:
    """Move padding that depends on the size of images into the convolutions after it.

    Returns the number of those. While the net is traced, these convolutions pad both sides.
    """
    names = [name for name, module in net.named_modules() if hasattr(module, "is_same_padding")]
    for name in names:
        net.set_submodule(name, nn.Identity())
    for module in net.modules() if names else ():
        if isinstance(module, nn.Conv2d) and max(module.stride) > 1:
            height, width = module.kernel_size
            module.padding = (height // 2, width // 2)
    return len(names)


def _pad_convolutions(model: Any) -> None:
    """Make strided convolutions pad their input by its size, with an odd pixel at the end."""
    for node in model.graph.node:
        attributes = {attribute.name: attribute for attribute in node.attribute}
        if node.op_type == "Conv" and max(attributes["strides"].ints) > 1:
            attributes["auto_pad"].s = b"SAME_UPPER"
            node.attribute.remove(attributes["pads"])


def export_module(
    net: nn.Module,
    samples: Tensor,
    name: str,
    outputs: list[str],
) -> Any:
    """Export a net by tracing it with a few samples, for any number of them.

    Parameters
    ----------
    net : nn.Module
        The net, in evaluation mode.
    samples : Tensor of shape (n_samples, ...)
        Samples.
    name : str
        Name of the net in errors.
    outputs : list of str
        Names of the outputs.

    Returns
    -------
    model : onnx.ModelProto
        The graph.

    Raises
    ------
    ValueError
        If an operation has no counterpart in ONNX, or the net depends on the number of samples.
    """
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program: Any = torch.onnx.export(
                net,
                (samples,),
                dynamo=True,
                opset_version=_OPSET,
                input_names=[INPUT],
                output_names=outputs,
                dynamic_shapes=({0: torch.export.Dim("n_samples")},),
                verbose=False,
            )
    except ImportError:  # an onnxscript too old for this torch: the message names it
        raise
    except Exception as error:
        reason: BaseException = error
        while reason.__cause__ is not None:  # torch's own message is how to write to its developers
            reason = reason.__cause__
        raise ValueError(f"The {name} cannot be expressed in ONNX: {reason}") from error
    model = program.model_proto
    if not model.graph.input[0].type.tensor_type.shape.dim[0].dim_param:
        raise ValueError(
            f"The {name} cannot be expressed in ONNX for any number of samples: its forward loops "
            "over them, or depends on their number."
        )
    # Shapes recorded during the trace contradict those that onnx infers itself.
    del model.graph.value_info[:]
    return model
