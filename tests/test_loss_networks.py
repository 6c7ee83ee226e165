"""Every loss network: its arithmetic, its files, its size; against NumPy and PyTorch."""

import dataclasses
import functools

import h5py
import keras
import numpy as np
import pytest
import safetensors.numpy
from keras.src.utils import file_utils
from numpy.lib.stride_tricks import sliding_window_view

from losses.architectures import TINY_YOLO_FILTERS
from losses.networks import (
    ARCHITECTURES,
    ENOUGH,
    build_loss_network,
    check_weights,
    smallest_picture,
)
from losses.preprocessing import Preprocessing

RNG = np.random.default_rng(0)
KERAS = ["vgg16", "vgg19", "resnet50", "inception_v3", "mobilenet_v2"]
MODULES = {
    "vgg16": "vgg16", "vgg19": "vgg19", "resnet50": "resnet",
    "inception_v3": "inception_v3", "mobilenet_v2": "mobilenet_v2",
}  # fmt: skip


def pictures(*shape):
    return RNG.uniform(0, 255, shape).astype("float32")


@functools.lru_cache
def whole(name):
    """The whole network, with norms that are not the identity."""
    network = ARCHITECTURES[name].build()
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([RNG.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    return network


# What is left out here are the fully connected layers, weights and biases.
def dense(*sizes):
    return sum((a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False))


@pytest.mark.parametrize(("name", "left_out", "published"), [
    ("vgg16", 0, 14_714_688),
    ("vgg19", 0, 20_024_384),
    ("resnet50", dense(2048, 1000), 25_636_712),  # Keras's table, likewise below
    ("inception_v3", dense(2048, 1000), 23_851_784),
    ("mobilenet_v2", dense(1280, 1000), 3_538_984),
    ("squeezenet", 0, 1_235_496),  # torchvision's table
    ("alexnet", dense(9216, 4096, 4096, 1000), 61_100_840),
    ("tiny_yolo", 0, 15_867_885),  # (63,471,556 - 16) / 4: tiny-yolo-voc.weights
])  # fmt: skip
def test_published_numbers_of_parameters(name, left_out, published):
    assert whole(name).count_params() + left_out == published


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_layer_in_the_registry_is_there(name):
    arch = ARCHITECTURES[name]
    for keras_name in arch.layers.values():
        whole(name).get_layer(keras_name)
    assert {*arch.content_layers, *arch.style_layers} <= arch.layers.keys()


@pytest.mark.parametrize("name", KERAS)
def test_preprocessing_is_that_of_keras(name):
    module = getattr(keras.applications, MODULES[name])
    x = pictures(2, 5, 4, 3)
    ours = Preprocessing(**ARCHITECTURES[name].preprocessing)(x)
    np.testing.assert_allclose(ours, module.preprocess_input(x.copy()), atol=1e-4)


def test_preprocessing_of_torchvision_and_darknet():
    x = pictures(1, 3, 2, 3)
    ours = Preprocessing(**ARCHITECTURES["squeezenet"].preprocessing)(x)
    expected = (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    ours = Preprocessing(**ARCHITECTURES["tiny_yolo"].preprocessing)(x)
    np.testing.assert_allclose(ours, x / 255, atol=1e-6)


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


def state_dict(name):
    """Made-up weights by torchvision's names, with those of the classifier's end."""
    state = {"classifier.6.weight": np.zeros((4, 2), "float32")}
    for layer in whole(name).layers:
        if isinstance(layer, keras.layers.Conv2D):
            h, w, i, o = layer.kernel.shape
            kernel = RNG.normal(0, np.sqrt(2 / (h * w * i)), (o, i, h, w))
            state[f"{layer.name}.weight"] = kernel.astype("float32")
            state[f"{layer.name}.bias"] = RNG.normal(0, 0.1, o).astype("float32")
    return state


def save(path, state):
    if path.suffix == ".npz":
        np.savez(path, **state)
    else:
        safetensors.numpy.save_file(state, path)
    return str(path)


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
    x = pictures(1, *size, 3)
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
        x = pictures(1, side, side + 3, 3)
        scaled = (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        with torch.no_grad():
            y = torch.from_numpy(scaled.astype("float32").transpose(0, 3, 1, 2))
            expected = {"fire9": features(y)[0].numpy()}
        check_features(network(x), expected, expected)


@pytest.fixture(scope="module")
def darknet(tmp_path_factory):
    """(path of a made-up .weights file, its layers): 20 bytes of header."""
    layers, inputs = [], 3
    path = tmp_path_factory.mktemp("darknet") / "tiny.weights"
    with open(path, "wb") as file:
        np.array([0, 2, 0, 0, 0], "<i4").tofile(file)
        for filters in (*TINY_YOLO_FILTERS, 125):
            size = 3 if filters != 125 else 1
            layer = {"bias": RNG.normal(0, 0.1, filters)}
            if filters != 125:
                layer["scale"], layer["mean"] = RNG.uniform(-1, 2, (2, filters))
                layer["variance"] = RNG.uniform(1e-4, 2, filters)
            kernel = RNG.normal(
                0, 1 / np.sqrt(inputs * size**2), (filters, inputs, size, size)
            )
            layer["kernel"], inputs = kernel, filters
            layers.append({k: v.astype("<f4") for k, v in layer.items()})
            for value in layers[-1].values():
                value.tofile(file)
    return path, layers


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
    x = pictures(1, 64, 45, 3)
    expected = numpy_tiny_yolo((x[0] / 255).transpose(2, 0, 1), layers)
    names = list(ARCHITECTURES["tiny_yolo"].layers)
    check_features(build_loss_network("tiny_yolo", names, path)(x), expected, names)
    old = tmp_path / "old.weights"  # version 0.1 counts the pictures in 32 bits
    content = path.read_bytes()
    old.write_bytes(np.array([0, 1, 0, 7], "<i4").tobytes() + content[20:])
    check_features(build_loss_network("tiny_yolo", ["conv2"], old)(x), expected, ["conv2"])


def write_keras(path, network, names):
    """Keras's legacy HDF5 layout, with `names` for the layers that have weights."""
    layers = [layer for layer in network.layers if layer.weights]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["input_1", *names]
        file.create_group("input_1").attrs["weight_names"] = []
        for layer, name in zip(layers, names, strict=True):
            keys = [f"{name}/{i}:0" for i in range(len(layer.weights))]
            group = file.create_group(name)
            group.attrs["weight_names"] = keys
            for key, weight in zip(keys, layer.weights, strict=True):
                group[key] = np.asarray(weight)


@pytest.mark.parametrize(("name", "layers"), [
    ("resnet50", ["conv1_relu", "conv3_block1_out"]),
    ("inception_v3", ["conv2b", "conv4a", "mixed5"]),
    ("mobilenet_v2", ["block_1_expand_relu", "block_6_depthwise_relu"]),
])  # fmt: skip
def test_keras_networks_against_keras(name, layers, tmp_path):
    """Files by name; InceptionV3's, whose layers Keras only numbers, in order."""
    network = whole(name)
    names = [layer.name for layer in network.layers if layer.weights]
    if name == "inception_v3":  # as Keras 2 numbered them: names of ours, but others'
        first = min(int(n.partition("conv2d_")[2] or 0) for n in names if "conv2d" in n)
        names = [f"{n.rpartition('_')[0] or n}_{i}" for i, n in enumerate(names, first)]
    path = str(tmp_path / "weights.h5")
    write_keras(path, network, names)
    x = pictures(1, 80, 76, 3)
    keras_names = [ARCHITECTURES[name].layers[layer] for layer in layers]
    probe = keras.Model(network.input, [network.get_layer(n).output for n in keras_names])
    module = getattr(keras.applications, MODULES[name])
    expected = probe(module.preprocess_input(x.copy()), training=False)
    ours = build_loss_network(name, layers, path)
    assert not ours.trainable_variables
    for training in (False, True):  # norms keep their statistics
        features = ours(x, training=training)
        for layer, theirs in zip(layers, expected, strict=True):
            scale = np.abs(theirs).max()
            np.testing.assert_allclose(features[layer], theirs, atol=1e-4 * scale)


def test_a_model_saved_by_keras_is_read(tmp_path):
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(64, 3, padding="same", name="block1_conv1")(inputs)
    model = keras.Model(inputs, x)
    model.save(tmp_path / "model.h5")
    network = build_loss_network("vgg16", ["relu1_1"], tmp_path / "model.h5")
    kernel = network.layers[-1].get_layer("block1_conv1").kernel
    np.testing.assert_array_equal(kernel, model.get_layer("block1_conv1").kernel)
    model.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(ValueError, match=r"Save the whole model instead: model.save\("):
        build_loss_network("vgg16", ["relu1_1"], tmp_path / "other.weights.h5")


def test_average_pooling_against_numpy(tmp_path):
    """Gatys et al. 2016: all that changes is what VGG's pooling does."""
    x = pictures(1, 32, 30, 3)
    names = [layer.name for layer in whole("vgg19").layers if layer.weights]
    write_keras(tmp_path / "vgg19.h5", whole("vgg19"), names)
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


def test_networks_without_pooling_and_unknown_poolings():
    with pytest.raises(ValueError, match="mobilenet_v2 has no max pooling"):
        build_loss_network("mobilenet_v2", weights="random", pooling="average")
    with pytest.raises(ValueError, match="must be 'max' or 'average'. Received: 'min'"):
        build_loss_network("vgg16", weights="random", pooling="min")
    for name, arch in ARCHITECTURES.items():
        kinds = {type(layer).__name__ for layer in whole(name).layers}
        assert arch.max_pooling == ("MaxPooling2D" in kinds)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_smallest_picture(name, monkeypatch):
    """2 × 2 features are seen there and not at a pixel less."""
    arch = ARCHITECTURES[name]
    shared = dataclasses.replace(arch, build=lambda: whole(name))
    monkeypatch.setitem(ARCHITECTURES, name, shared)
    every = smallest_picture.__wrapped__(name, tuple(arch.layers))
    assert every < ENOUGH
    layers = arch.content_layers + arch.style_layers
    smallest = smallest_picture.__wrapped__(name, layers)
    assert smallest <= every
    outputs = [whole(name).get_layer(arch.layers[layer]).output for layer in layers]
    probe = keras.Model(whole(name).input, outputs)
    at = {}
    for side in (smallest - 1, smallest):
        maps = probe(np.zeros((1, side, side, 3), "float32"))
        at[side] = min(min(features.shape[1:3]) for features in maps)
    assert at == {smallest - 1: 1, smallest: 2}


def test_the_smallest_pictures_of_vgg():
    assert smallest_picture("vgg16", ("relu1_2", "relu4_3")) == 16
    assert smallest_picture("vgg19", ("relu5_1",)) == 32


def test_random_weights_are_those_of_he_et_al():
    """Standard deviation √(2 / inputs of each output): 9 of a depthwise channel."""
    network = build_loss_network("mobilenet_v2", weights="random").layers[-1]
    for layer, inputs in (("block_1_expand", 16), ("block_3_depthwise", 9)):
        kernel = np.asarray(network.get_layer(layer).kernel)
        assert kernel.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.1)


def test_networks_are_no_deeper_than_needed():
    network = build_loss_network("squeezenet", ["fire2"], "random")
    assert network.count_params() == 1792 + dense(64, 16) + dense(16, 64) + dense(144, 64)
    assert not network.trainable_variables


@pytest.mark.parametrize(("name", "file"), [
    ("vgg16", "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    ("vgg19", "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    ("resnet50", "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    ("inception_v3", "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    ("mobilenet_v2",
     "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"),
])  # fmt: skip
def test_what_to_download_is_what_keras_asks_for(name, file, monkeypatch):
    def no_network(fname, *_, **__):
        raise Exception(f"URL fetch failure on {fname}")

    monkeypatch.setattr(file_utils, "get_file", no_network)
    with pytest.raises(ConnectionError, match=f"on {file}.*Download {file} elsewhere"):
        build_loss_network(name)


@pytest.mark.parametrize(("name", "message"), [
    ("squeezenet", "torchvision.models.squeezenet1_1.*--loss_weights squeezenet.safet"),
    ("alexnet", "torchvision.models.alexnet.*--loss_weights alexnet.safetensors"),
    ("tiny_yolo", "yolov2-tiny-voc.weights and give it with --loss_weights"),
])  # fmt: skip
def test_what_keras_cannot_download_is_told_how_to_make(name, message):
    with pytest.raises(ValueError, match=f"Keras has no weights of {name}.*{message}"):
        build_loss_network(name)


@pytest.mark.parametrize(("name", "file", "message"), [
    ("vgg16", "w.safetensors", "ends in .h5. Received: w.safetensors"),
    ("alexnet", "w.pth", "ends in .safetensors or .npz. Received: w.pth"),
    ("tiny_yolo", "w.cfg", "ends in .weights. Received: w.cfg"),
])  # fmt: skip
def test_unknown_extensions(name, file, message):
    with pytest.raises(ValueError, match=message):
        check_weights(name, file)
    with pytest.raises(FileNotFoundError, match="does not exist: none"):
        check_weights(name, "none" + next(iter(ARCHITECTURES[name].formats)))


@pytest.mark.parametrize("extension", [".safetensors", ".npz"])
def test_state_dicts_that_do_not_fit(extension, tmp_path):
    def build(state, cut=None):
        path = save(tmp_path / f"w{extension}", state)
        if cut is not None:
            content = (tmp_path / f"w{extension}").read_bytes()
            (tmp_path / f"w{extension}").write_bytes(content[:cut])
        return build_loss_network("squeezenet", ["relu1"], path)

    good = {k: v for k, v in state_dict("squeezenet").items() if "features.0" in k}
    build(good)
    with pytest.raises(ValueError, match="no weights for features.0.bias. It has: feat"):
        build({k: v for k, v in good.items() if "bias" not in k})
    with pytest.raises(ValueError, match=r"features.0 have shapes \[\(2, 2, 3, 64\)"):
        build(good | {"features.0.weight": np.zeros((64, 3, 2, 2), "float32")})
    for cut in (0, 5, 300, -9):
        with pytest.raises(ValueError, match=f"w{extension} is damaged or no"):
            build(good, cut)


def test_half_precision_and_other_npz(tmp_path):
    good = {k: v for k, v in state_dict("squeezenet").items() if "features.0" in k}
    half = save(
        tmp_path / "h.safetensors", {k: v.astype("float16") for k, v in good.items()}
    )
    kernel = build_loss_network("squeezenet", ["relu1"], half).layers[-1].layers[1].kernel
    expected = good["features.0.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_allclose(kernel, expected, atol=1e-2)
    np.savez(tmp_path / "o.npz", **{"features.0.weight": np.array([None])})
    with pytest.raises(ValueError, match="o.npz is damaged or no file of weights"):
        build_loss_network("squeezenet", ["relu1"], tmp_path / "o.npz")


@pytest.mark.parametrize("length", [0, 7, 19, 1000, -4])
def test_a_truncated_darknet_file(length, darknet, tmp_path):
    path = tmp_path / "short.weights"
    path.write_bytes(darknet[0].read_bytes()[:length])
    with pytest.raises(ValueError, match="bytes, expected 63,471,5.*truncated, or"):
        build_loss_network("tiny_yolo", ["conv1"], path)


def test_truncated_and_foreign_hdf5(tmp_path):
    names = [layer.name for layer in whole("vgg16").layers if layer.weights]
    path = tmp_path / "vgg16.h5"
    write_keras(path, whole("vgg16"), names)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="vgg16.h5 is not an HDF5 file of weights"):
        build_loss_network("vgg16", ["relu1_1"], path)
    write_keras(path, whole("squeezenet"), [f"conv2d_{i}" for i in range(26)])
    with pytest.raises(ValueError, match="has 26 layers with weights, expected 188"):
        build_loss_network("inception_v3", ["conv2b"], path)
    with pytest.raises(ValueError, match="no weights for the layer conv1_conv"):
        build_loss_network("resnet50", ["conv1_relu"], path)
