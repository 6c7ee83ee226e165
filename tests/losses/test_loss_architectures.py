"""The loss networks that Keras does not have, against NumPy and PyTorch."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from fusion_style.losses.features.networks import ARCHITECTURES, build_loss_network
from fusion_style.tests.support.made_up_weights import save, state_dict, whole, write_keras
from fusion_style.tests.support.tiny import picture

# NumPy: pictures are (channels, height, width).


def convolve(x, kernel, bias, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(x, kernel.shape[2:], (1, 2))[:, ::stride, ::stride]
    products = np.einsum("chwij,ocij->ohw", windows, kernel, optimize=True)
    return products + np.reshape(bias, (-1, 1, 1))


def pool(x, size=3, stride=2, extend=(0, 0)):
    """Max pooling; `extend` rows and columns of -∞ at the end."""
    down, across = extend
    x = np.pad(x, ((0, 0), (0, down), (0, across)), constant_values=-np.inf)
    windows = sliding_window_view(x, (size, size), (1, 2))[:, ::stride, ::stride]
    return windows.max(axis=(3, 4))


def ceil_pool(x):
    """3×3 of stride 2 with ceil((n - 3) / 2) + 1 outputs."""
    return pool(x, extend=(1 - x.shape[1] % 2, 1 - x.shape[2] % 2))


def relu(x):
    return np.maximum(x, 0)


def numpy_squeezenet(x, state):
    def conv(x, name, **options):
        return relu(convolve(x, state[f"{name}.weight"], state[f"{name}.bias"], **options))

    def fire(x, i):
        x = conv(x, f"features.{i}.squeeze")
        wide = conv(x, f"features.{i}.expand3x3", pad=1)
        return np.concatenate([conv(x, f"features.{i}.expand1x1"), wide])

    maps = {"relu1": conv(x, "features.0", stride=2)}
    maps["fire2"] = fire(ceil_pool(maps["relu1"]), 3)
    maps["fire3"] = fire(maps["fire2"], 4)
    maps["fire4"] = fire(ceil_pool(maps["fire3"]), 6)
    maps["fire5"] = fire(maps["fire4"], 7)
    maps["fire6"] = fire(ceil_pool(maps["fire5"]), 9)
    for i in (7, 8, 9):
        maps[f"fire{i}"] = fire(maps[f"fire{i - 1}"], i + 3)
    maps["relu10"] = conv(maps["fire9"], "classifier.1")
    return maps


def numpy_alexnet(x, state):
    def conv(x, i, **options):
        i = f"features.{i}"
        return relu(convolve(x, state[f"{i}.weight"], state[f"{i}.bias"], **options))

    maps = {"relu1": conv(x, 0, stride=4, pad=2)}
    maps["relu2"] = conv(pool(maps["relu1"]), 3, pad=2)
    maps["relu3"] = conv(pool(maps["relu2"]), 6, pad=1)
    maps["relu4"] = conv(maps["relu3"], 8, pad=1)
    maps["relu5"] = conv(maps["relu4"], 10, pad=1)
    return maps


def check_features(network, expected, layers):
    for layer in layers:
        ours = np.asarray(network[layer])[0].transpose(2, 0, 1)
        scale = np.abs(expected[layer]).max()
        assert scale > 1e-3
        np.testing.assert_allclose(ours, expected[layer], atol=1e-4 * scale)


@pytest.mark.parametrize(("name", "oracle", "extension", "size"), [
    ("squeezenet", numpy_squeezenet, ".safetensors", (64, 63)),
    ("squeezenet", numpy_squeezenet, ".npz", (66, 65)),
    ("squeezenet", numpy_squeezenet, ".npz", (61, 60)),
    ("alexnet", numpy_alexnet, ".safetensors", (71, 90)),
])  # fmt: skip
def test_torchvision_networks_against_numpy(name, oracle, extension, size, tmp_path):
    state = state_dict(name)
    path = save(tmp_path / f"weights{extension}", state)
    layers = list(ARCHITECTURES[name].layers)
    x = picture(1, *size)
    scaled = (x[0] / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    expected = oracle(scaled.transpose(2, 0, 1), state)
    check_features(build_loss_network(name, layers, path)(x), expected, layers)


def test_squeezenet_against_pytorch(tmp_path):
    """torchvision's modules, by its own state dict's names."""
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Fire(nn.Module):
        def __init__(self, inputs, squeeze, expand):
            super().__init__()
            self.squeeze = nn.Conv2d(inputs, squeeze, 1)
            self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
            self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

        def forward(self, x):
            x = self.squeeze(x).relu()
            return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], 1)

    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    features = nn.Sequential(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), Fire(64, 16, 64), Fire(128, 16, 64),
        pool(), Fire(128, 32, 128), Fire(256, 32, 128), pool(), Fire(256, 48, 192),
        Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
    )  # fmt: skip
    state = {f"features.{k}": v.numpy() for k, v in features.state_dict().items()}
    path = save(tmp_path / "squeezenet.safetensors", state)
    network = build_loss_network("squeezenet", ["fire9"], path)
    for side in (62, 63, 64, 65):
        x = picture(1, side, side + 3)
        scaled = (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        with torch.no_grad():
            y = torch.from_numpy(scaled.astype("float32").transpose(0, 3, 1, 2))
            expected = {"fire9": features(y)[0].numpy()}
        check_features(network(x), expected, expected)


def numpy_tiny_yolo(x, layers):
    maps = {}
    for i, layer in enumerate(layers[:-1], start=1):
        x = convolve(x, layer["kernel"], 0, pad=1)
        columns = {k: v[:, None, None] for k, v in layer.items() if k != "kernel"}
        x = (x - columns["mean"]) / (np.sqrt(columns["variance"]) + 1e-6)
        x = x * columns["scale"] + columns["bias"]
        x = maps[f"conv{i}"] = np.where(x > 0, x, 0.1 * x)
        if i < 6:
            x = pool(x, 2, 2, extend=(x.shape[1] % 2, x.shape[2] % 2))
        elif i == 6:
            x = pool(x, 2, 1, extend=(1, 1))
    maps["conv9"] = convolve(x, layers[-1]["kernel"], layers[-1]["bias"])
    return maps


def test_tiny_yolo_against_numpy(darknet, tmp_path):
    path, layers = darknet
    x = picture(1, 64, 45)
    expected = numpy_tiny_yolo((x[0] / 255).transpose(2, 0, 1), layers)
    names = list(ARCHITECTURES["tiny_yolo"].layers)
    check_features(build_loss_network("tiny_yolo", names, path)(x), expected, names)
    old = tmp_path / "old.weights"  # version 0.1 counts the pictures in 32 bits
    content = path.read_bytes()
    old.write_bytes(np.array([0, 1, 0, 7], "<i4").tobytes() + content[20:])
    check_features(build_loss_network("tiny_yolo", ["conv2"], old)(x), expected, ["conv2"])


def test_average_pooling_against_numpy(tmp_path):
    """Gatys et al. 2016: all that changes is what VGG's pooling does."""
    x = picture(1, 32, 30)
    write_keras(tmp_path / "vgg19.h5", whole("vgg19"))
    layers = ["relu1_2", "relu2_1"]
    for pooling, reduce in (("max", np.max), ("average", np.mean)):
        network = build_loss_network("vgg19", layers, tmp_path / "vgg19.h5", pooling)
        maps = {k: np.asarray(v)[0].transpose(2, 0, 1) for k, v in network(x).items()}
        pooled = reduce(maps["relu1_2"].reshape(64, 16, 2, 15, 2), axis=(2, 4))
        kernel, bias = map(np.asarray, whole("vgg19").get_layer("block2_conv1").weights)
        expected = relu(convolve(pooled, kernel.transpose(3, 2, 0, 1), bias, pad=1))
        scale = expected.max()
        np.testing.assert_allclose(maps["relu2_1"], expected, atol=1e-4 * scale)
    deep = build_loss_network("vgg16", ["relu5_3"], "random", "average")
    kinds = {type(layer).__name__ for layer in deep.layers[-1].layers}
    assert "AveragePooling2D" in kinds and "MaxPooling2D" not in kinds
