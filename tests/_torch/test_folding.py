"""A net rewritten for prediction computes what the net does."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sklvision._torch.folding import FusedLayer, can_fuse, fold, fuse
from sklvision.nets import build, list_architectures

SMALL = [
    *((name, (40,)) for name in list_architectures("spectrum", library="sklvision")),
    *(
        (name, (64, 64, 3))
        for name in list_architectures("image", library="sklvision")
        if not name.startswith("efficientnet_lite") or name == "efficientnet_lite0"
    ),
]
fusible = pytest.mark.skipif(not can_fuse(), reason="torch was built without oneDNN")


def trained(net, seed):
    """Give batch normalisation statistics that are not those it starts with."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            for tensor in (module.running_mean, module.weight, module.bias):
                tensor.data.normal_(1, 0.5, generator=generator)
            module.running_var.uniform_(0.3, 3, generator=generator)
    return net


def batch(shape, n_rows, seed):
    *space, last = shape
    return torch.randn((n_rows, last, *space), generator=torch.Generator().manual_seed(seed))


def assert_close(found, expected, tolerance):
    difference = (found - expected).abs().max()
    assert difference <= tolerance * (1 + expected.abs().max())


@torch.no_grad()
@pytest.mark.parametrize(("name", "shape"), SMALL)
def test_every_architecture_folds_and_fuses(name, shape):
    net = trained(build(name, shape, 5), 0).train()
    before = copy.deepcopy(net.state_dict())
    folded = fold(net)
    assert net.training
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    x = batch(shape, 3, 1)
    expected = net.eval()(x)
    assert_close(folded(x), expected, 1e-4)
    if can_fuse():
        assert_close(fuse(fold(net), torch.float32)(x), expected, 1e-4)


@fusible
@torch.no_grad()
@settings(max_examples=25)
@given(
    widths=st.lists(st.integers(1, 70), min_size=1, max_size=3),
    n_bands=st.integers(1, 70),
    n_rows=st.integers(1, 40),
    activation=st.sampled_from(["relu", "gelu", "silu", "tanh"]),
    batch_norm=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
    seed=st.integers(0, 99),
)
def test_perceptrons_fuse_and_rows_stand_alone(
    widths, n_bands, n_rows, activation, batch_norm, dtype, seed
):
    net = build(
        "spectrum_mlp",
        (n_bands,),
        3,
        hidden_layer_sizes=widths,
        activation=activation,
        batch_norm=batch_norm,
    )
    net = trained(net, seed).eval()
    x = batch((n_bands,), n_rows, seed)
    fused = fuse(fold(net), dtype)
    found = fused(x.to(dtype))
    assert found.dtype == torch.float32  # the last layer is not rounded
    assert_close(found, net(x), 1e-4 if dtype == torch.float32 else 0.1)
    alone = torch.cat([fused(row[None].to(dtype)) for row in x])
    if activation in ("relu", "gelu"):
        assert torch.equal(alone, found)
    else:
        assert_close(alone, found, 1e-5 if dtype == torch.float32 else 0.1)


@fusible
@torch.no_grad()
@settings(max_examples=15)
@given(
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    groups=st.sampled_from([1, 2]),
    bias=st.booleans(),
    side=st.integers(5, 12),
)
def test_convolutions_fuse(stride, padding, groups, bias, side):
    net = nn.Sequential(
        nn.Conv2d(4, 6, 3, stride, padding, groups=groups, bias=bias),
        nn.BatchNorm2d(6),
        nn.GELU(),
        nn.Conv2d(6, 2, 1),
        nn.ReLU(),
    )
    net = trained(net, 0).eval()
    x = batch((side, side, 4), 3, side)
    fused = fuse(fold(net), torch.float32)
    assert len(fused) == 2
    assert_close(fused(x), net(x), 1e-5)


def test_what_may_not_be_folded_stays():
    own_statistics = nn.BatchNorm1d(4, track_running_stats=False)
    assert len(fold(nn.Sequential(nn.Linear(3, 4), own_statistics))) == 2
    assert len(fold(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4)))) == 3
    watched = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    watched[0].register_forward_hook(lambda *_: None)
    assert len(fold(watched)) == 2


@fusible
def test_only_plain_layers_are_fused():
    reflecting = nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")
    same = nn.Conv2d(4, 4, 3, padding="same")
    fused = fuse(fold(nn.Sequential(reflecting, same, nn.GELU(approximate="tanh"))), torch.float32)
    assert not any(isinstance(layer, FusedLayer) for layer in fused)
