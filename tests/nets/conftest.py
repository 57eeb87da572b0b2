"""torchvision, where the one that is installed was built for another torch."""

from importlib import import_module
from importlib.util import find_spec

import pytest
import torch

# Registrations last as long as this object.
_LIBRARY = None


def import_torchvision():
    """Import torchvision, or skip the test.

    Its wheels for GPUs don't load their operators with a CPU build of torch, and it then
    stops at the first one that it looks up. No classifier uses these operators: declared,
    they let the import go on.
    """
    global _LIBRARY
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    if _LIBRARY is None and not hasattr(torch.ops.torchvision, "nms"):
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _LIBRARY = library
    return import_module("torchvision")


@pytest.fixture(scope="session")
def torchvision():
    return import_torchvision()


@pytest.fixture(scope="session")
def timm(torchvision):
    return pytest.importorskip("timm")
