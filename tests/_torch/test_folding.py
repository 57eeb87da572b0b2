"""A net rewritten for prediction computes what the net does."""

import copy

import pytest
import torch
from hypothesis import example, given, settings
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


def randomize_statistics(net, seed):
    """Give batch normalization statistics that are not those it starts with."""
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


def assert_close(result, expected, tolerance):
    difference = (result - expected).abs().max()
    assert difference <= tolerance * (1 + expected.abs().max())


@torch.no_grad()
@pytest.mark.parametrize(("name", "shape"), SMALL)
def test_fold_and_fuse_keep_every_architecture(name, shape):
    net = randomize_statistics(build(name, shape, 5), 0).train()
    state = copy.deepcopy(net.state_dict())
    folded_net = fold(net)
    assert net.training
    assert all(torch.equal(state[key], value) for key, value in net.state_dict().items())
    x = batch(shape, 3, 1)
    expected = net.eval()(x)
    assert_close(folded_net(x), expected, 1e-4)
    if can_fuse():
        assert_close(fuse(fold(net), torch.float32)(x), expected, 1e-4)


@fusible
@torch.no_grad()
@given(
    widths=st.lists(st.integers(1, 70), min_size=1, max_size=3),
    n_bands=st.integers(1, 70),
    n_rows=st.integers(1, 40),
    activation=st.sampled_from(["relu", "gelu", "silu", "tanh"]),
    batch_norm=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
    seed=st.integers(0, 99),
)
@example(  # a layer of one value: torch computes GELU of a remainder of values differently
    widths=[1],
    n_bands=1,
    n_rows=2,
    activation="gelu",
    batch_norm=True,
    dtype=torch.float32,
    seed=0,
)
def test_fuse_keeps_perceptrons_and_rows_independent(
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
    net = randomize_statistics(net, seed).eval()
    x = batch((n_bands,), n_rows, seed)
    fused_net = fuse(fold(net), dtype)
    result = fused_net(x.to(dtype))
    assert result.dtype == torch.float32  # the last layer is not rounded
    assert_close(result, net(x), 1e-4 if dtype == torch.float32 else 0.1)
    single_rows = torch.cat([fused_net(row[None].to(dtype)) for row in x])
    assert torch.equal(single_rows, result)


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
def test_fuse_keeps_convolutions(stride, padding, groups, bias, side):
    net = nn.Sequential(
        nn.Conv2d(4, 6, 3, stride, padding, groups=groups, bias=bias),
        nn.BatchNorm2d(6),
        nn.GELU(),
        nn.Conv2d(6, 2, 1),
        nn.ReLU(),
    )
    net = randomize_statistics(net, 0).eval()
    x = batch((side, side, 4), 3, side)
    fused_net = fuse(fold(net), torch.float32)
    assert len(fused_net) == 2
    assert_close(fused_net(x), net(x), 1e-5)


def test_fold_keeps_layers_that_cannot_be_folded():
    own_statistics = nn.BatchNorm1d(4, track_running_stats=False)
    assert len(fold(nn.Sequential(nn.Linear(3, 4), own_statistics))) == 2
    assert len(fold(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4)))) == 3
    hooked_net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    hooked_net[0].register_forward_hook(lambda *_: None)
    assert len(fold(hooked_net)) == 2


@fusible
def test_fuse_replaces_plain_layers_only():
    reflecting = nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")
    same_padding = nn.Conv2d(4, 4, 3, padding="same")
    fused_net = fuse(
        fold(nn.Sequential(reflecting, same_padding, nn.GELU(approximate="tanh"))), torch.float32
    )
    assert not any(isinstance(layer, FusedLayer) for layer in fused_net)
