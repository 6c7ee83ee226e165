"""Files of loss networks' weights: read, refused, and what to download."""

import h5py
import keras
import numpy as np
import pytest
from keras.src.utils import file_utils

from fusion_style.losses.features.networks import (
    ARCHITECTURES,
    build_loss_network,
    check_weights,
)
from fusion_style.tests.support.made_up_weights import save, state_dict, whole, write_keras


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
    with pytest.raises(ValueError, match="o.npz is damaged or not a weights file"):
        build_loss_network("squeezenet", ["relu1"], tmp_path / "o.npz")


@pytest.mark.parametrize("length", [0, 7, 19, 1000, -4])
def test_a_truncated_darknet_file(length, darknet, tmp_path):
    path = tmp_path / "short.weights"
    path.write_bytes(darknet[0].read_bytes()[:length])
    with pytest.raises(ValueError, match="bytes, expected 63,471,5.*truncated, or"):
        build_loss_network("tiny_yolo", ["conv1"], path)


def test_truncated_and_foreign_hdf5(tmp_path):
    path = tmp_path / "weights.h5"
    write_keras(path, whole("squeezenet"), [f"conv2d_{i}" for i in range(26)])
    with pytest.raises(ValueError, match="has 26 layers with weights, expected 188"):
        build_loss_network("inception_v3", ["conv2b"], path)
    with pytest.raises(ValueError, match="no weights for the layer conv1_conv"):
        build_loss_network("resnet50", ["conv1_relu"], path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="weights.h5 is not an HDF5 file of weights"):
        build_loss_network("vgg16", ["relu1_1"], path)


def test_a_missing_layer_is_named(tmp_path):
    path = str(tmp_path / "short.h5")
    write_keras(path, whole("vgg16"), without=["block2_conv1"])
    with h5py.File(path, "r+") as file:
        del file.attrs["layer_names"]  # some files do without
    for layer in ("relu1_2", "relu2_1"):
        with pytest.raises(ValueError, match="no block2_conv1, which vgg16 has: these"):
            build_loss_network("vgg16", [layer], path)


def test_another_vggs_file_is_not_taken(tmp_path):
    paths = {name: str(tmp_path / f"{name}.h5") for name in ("vgg16", "vgg19")}
    for name, path in paths.items():
        write_keras(path, whole(name))
    with pytest.raises(ValueError, match="has block3_conv4, which vgg16 does not have"):
        build_loss_network("vgg16", ["relu1_2"], paths["vgg19"])
    with pytest.raises(ValueError, match="vgg16.h5 has no block3_conv4, which vgg19 has:"):
        build_loss_network("vgg19", ["relu1_2"], paths["vgg16"])


def test_a_file_may_end_early_or_with_a_classifier(tmp_path):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(64, 3, padding="same", name="block1_conv1")(inputs)
    x = keras.layers.Dense(5, name="predictions")(keras.layers.Flatten()(x))
    keras.Model(inputs, x).save(tmp_path / "model.h5")
    build_loss_network("vgg16", ["relu1_1"], tmp_path / "model.h5")
    with pytest.raises(ValueError, match="no weights for the layer block1_conv2. It has"):
        build_loss_network("vgg16", ["relu1_2"], tmp_path / "model.h5")


def test_what_is_no_file_of_weights(tmp_path):
    path = tmp_path / "text.h5"
    path.write_text("not weights")
    with pytest.raises(ValueError, match="is not an HDF5 file"):
        build_loss_network("vgg16", ["relu1_1"], str(path))
    with pytest.raises(FileNotFoundError, match="does not exist"):
        build_loss_network("vgg16", ["relu1_1"], str(tmp_path / "none.h5"))
