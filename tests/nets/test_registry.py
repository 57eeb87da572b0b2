import pytest
import torch

from sklvision.nets import build, list_architectures

SHAPES = {
    "spectrum": [(1,), (2,), (10,), (502,)],
    "image": [(1, 1, 1), (1, 5, 1), (5, 1, 2), (8, 8, 1), (28, 28, 1), (32, 32, 3), (33, 17, 4)],
}
CASES = [
    (name, shape)
    for kind, shapes in SHAPES.items()
    for name in list_architectures(kind)
    for shape in shapes
]


def as_batch(shape, n=4):
    *space, last = shape
    return torch.rand(n, last, *space)


@pytest.mark.parametrize(("name", "shape"), CASES)
@pytest.mark.parametrize("n_classes", [1, 2, 7])
def test_every_architecture_returns_logits_for_any_shape(name, shape, n_classes):
    net = build(name, shape, n_classes)
    logits = net(as_batch(shape))
    assert logits.shape == (4, n_classes)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_every_parameter_gets_a_gradient_and_predictions_repeat(name, shape):
    torch.manual_seed(0)
    net = build(name, shape, 3)
    net(as_batch(shape)).square().sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.eval()
    batch = as_batch(shape)
    assert torch.equal(net(batch), net(batch))


@pytest.mark.parametrize("name", list_architectures())
def test_nets_return_logits_not_probabilities(name):
    torch.manual_seed(0)
    shape = (16,) if name in list_architectures("spectrum") else (8, 8, 1)
    logits = build(name, shape, 5).eval()(100 * as_batch(shape))
    assert not torch.allclose(logits.sum(1), torch.ones(4), atol=1e-3)


def test_the_spectrum_mlp_has_the_parameters_of_the_published_net():
    net = build("spectrum_mlp", (502,), 3)
    assert sum(p.numel() for p in net.parameters()) == 333_059


def test_kinds_part_the_registry():
    assert {"spectrum_mlp", "spectrum_cnn"} <= set(list_architectures("spectrum"))
    assert {"mlp", "cifar_cnn", "resnet8", "resnet20"} <= set(list_architectures("image"))
    both = list_architectures("spectrum") + list_architectures("image")
    assert sorted(both) == list_architectures()


def test_weighted_layers_give_the_residual_nets_their_names():
    for name, depth in (("resnet8", 8), ("resnet20", 20)):
        net = build(name, (32, 32, 3), 10)
        weighted = [
            m
            for path, m in net.named_modules()
            if isinstance(m, torch.nn.Conv2d | torch.nn.Linear) and "shortcut" not in path
        ]
        assert len(weighted) == depth


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (("restnet8", (8, 8, 1), 3), ValueError, "Did you mean 'resnet8'"),
        (("qqqq", (8, 8, 1), 3), ValueError, "Known names: .*spectrum_mlp"),
        (("mlp", (8, 8), 3), ValueError, r"\(height, width, channels\)"),
        (("spectrum_mlp", (8, 8, 1), 3), ValueError, r"\(n_bands,\)"),
        (("mlp", (8, 0, 1), 3), ValueError, "positive integers"),
        (("mlp", (8, 8, 1), 0), ValueError, "n_classes"),
    ],
)
def test_wrong_calls_name_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        build(*call)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("mlp", {"droput": 0.1}, "Did you mean 'dropout'"),
        ("mlp", {"dropout": 1.0}, r"dropout must lie in \[0, 1\)"),
        ("mlp", {"activation": "rely"}, "Did you mean 'relu'"),
        ("mlp", {"hidden_layer_sizes": (16, 0)}, "hidden_layer_sizes"),
        ("resnet8", {"width": 0}, "width"),
        ("cifar_cnn", {"dropout": (0.1, 0.2)}, "4 probabilities"),
    ],
)
def test_wrong_parameters_name_what_is_wrong(name, params, message):
    with pytest.raises((TypeError, ValueError), match=message):
        build(name, (8, 8, 1), 3, **params)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="'spectrum', 'image' or None"):
        list_architectures("sound")


def test_hidden_layers_follow_the_parameters():
    net = build(
        "spectrum_mlp",
        (10,),
        2,
        hidden_layer_sizes=(7, 5),
        batch_norm=False,
        dropout=0.0,
        activation="tanh",
    )
    kinds = [type(layer).__name__ for layer in net]
    assert kinds == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
