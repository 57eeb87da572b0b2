"""Layers that several architectures share."""

import pytest
import torch

from sklvision._torch.dropout import Dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("p", [0.25, 0.4, 0.5])
def test_dropout_is_torchs_but_for_its_draws(dtype, p):
    torch.manual_seed(0)
    # Channels last, as images arrive.
    x = torch.ones(40, 25, 10, 10, dtype=dtype).permute(0, 3, 1, 2).requires_grad_()
    layer = Dropout(p)
    y = layer(x)
    assert y.dtype == x.dtype
    assert y.stride() == x.stride()
    scale = (torch.ones((), dtype=dtype) / torch.tensor(1 - p, dtype=dtype)).item()
    assert sorted(y.unique().tolist()) == [0, pytest.approx(scale, rel=1e-2)]
    # Five standard deviations of 100,000 draws.
    assert (y == 0).double().mean().item() == pytest.approx(p, abs=0.008)
    y.sum().backward()
    assert torch.equal(x.grad, y)
    assert not torch.equal(layer(x), y)
    assert layer.eval()(x) is x
