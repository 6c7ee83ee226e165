"""SqueezeNet, AlexNet and Tiny YOLO, which keras.applications does not have.

Each function returns a `keras.Model` with random weights. Its input is a batch of
preprocessed pictures, (batch, height, width, 3). The layers of SqueezeNet and AlexNet have
the names of torchvision's modules (`features.3.squeeze`), so that torchvision's state dicts
fit by name. Fully connected layers are left out, because they take only one size of
picture.
"""

import keras
from keras import KerasTensor

TINY_YOLO_FILTERS = (16, 32, 64, 128, 256, 512, 1024, 1024)


def conv_relu(
    x: KerasTensor,
    filters: int,
    kernel: int,
    name: str,
    relu: str,
    strides: int = 1,
    padding: str = "valid",
) -> KerasTensor:
    """Apply a convolution named `name` and a ReLU named `relu`."""
    x = keras.layers.Conv2D(filters, kernel, strides, padding, name=name)(x)
    return keras.layers.ReLU(name=relu)(x)


def fire(x: KerasTensor, squeeze: int, expand: int, name: str) -> KerasTensor:
    """Apply a Fire module (Iandola et al. 2016, Fig. 1): 2 · `expand` channels come out."""

    def conv(x: KerasTensor, filters: int, kernel: int, part: str) -> KerasTensor:
        name_ = f"{name}.{part}"
        return conv_relu(x, filters, kernel, name_, f"{name_}_activation", padding="same")

    x = conv(x, squeeze, 1, "squeeze")
    both = [conv(x, expand, 1, "expand1x1"), conv(x, expand, 3, "expand3x3")]
    return keras.layers.Concatenate(name=name)(both)


def ceil_max_pooling(x: KerasTensor, name: str) -> KerasTensor:
    """Apply 3×3 max pooling with stride 2 that keeps an incomplete last window (ceil mode).

    A row and a column of zeros are added at the bottom and the right. They never change a
    maximum, because the features are not negative.
    """
    x = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}.ceil")(x)
    return keras.layers.MaxPooling2D(3, 2, name=name)(x)


def squeezenet() -> keras.Model:
    """Return SqueezeNet 1.1, the release after Iandola et al. 2016.

    It has 1,235,496 parameters. Its classifier is a convolution, and is kept.
    """
    x = inputs = keras.Input((None, None, 3))
    x = conv_relu(x, 64, 3, "features.0", "features.1", strides=2)
    x = ceil_max_pooling(x, "features.2")
    x = fire(x, 16, 64, "features.3")
    x = fire(x, 16, 64, "features.4")
    x = ceil_max_pooling(x, "features.5")
    x = fire(x, 32, 128, "features.6")
    x = fire(x, 32, 128, "features.7")
    x = ceil_max_pooling(x, "features.8")
    x = fire(x, 48, 192, "features.9")
    x = fire(x, 48, 192, "features.10")
    x = fire(x, 64, 256, "features.11")
    x = fire(x, 64, 256, "features.12")
    x = conv_relu(x, 1000, 1, "classifier.1", "classifier.2")
    return keras.Model(inputs, x, name="squeezenet")


def alexnet() -> keras.Model:
    """Return torchvision's AlexNet, the version for one GPU (Krizhevsky 2014).

    It has 2,469,696 of AlexNet's 61,100,840 parameters. The others are in the fully
    connected layers, which are left out.
    """
    x = inputs = keras.Input((None, None, 3))
    x = keras.layers.ZeroPadding2D(2, name="features.0.padding")(x)
    x = conv_relu(x, 64, 11, "features.0", "features.1", strides=4)
    x = keras.layers.MaxPooling2D(3, 2, name="features.2")(x)
    x = conv_relu(x, 192, 5, "features.3", "features.4", padding="same")
    x = keras.layers.MaxPooling2D(3, 2, name="features.5")(x)
    x = conv_relu(x, 384, 3, "features.6", "features.7", padding="same")
    x = conv_relu(x, 256, 3, "features.8", "features.9", padding="same")
    x = conv_relu(x, 256, 3, "features.10", "features.11", padding="same")
    return keras.Model(inputs, x, name="alexnet")


def tiny_yolo() -> keras.Model:
    """Return Tiny YOLO v2 for PASCAL VOC (Redmon & Farhadi 2017; yolov2-tiny-voc.cfg).

    It has 15,867,885 parameters, 12,224 of them in the norms. As in Darknet, pooling keeps
    an incomplete last window, and the sixth pooling has stride 1; in Keras both are padding
    "same". Darknet's norm divides by √variance + 1e-6. `losses.features.weights` adds this
    to the variance, so epsilon is 0 here.
    """
    x = inputs = keras.Input((None, None, 3))
    for i, filters in enumerate(TINY_YOLO_FILTERS, start=1):
        x = keras.layers.Conv2D(
            filters, 3, padding="same", use_bias=False, name=f"conv{i}"
        )(x)
        x = keras.layers.BatchNormalization(epsilon=0.0, name=f"conv{i}_norm")(x)
        x = keras.layers.LeakyReLU(negative_slope=0.1, name=f"conv{i}_leaky")(x)
        if i <= 6:
            strides = 2 if i < 6 else 1
            x = keras.layers.MaxPooling2D(2, strides, "same", name=f"pool{i}")(x)
    boxes = keras.layers.Conv2D(125, 1, name="conv9")(x)  # 5 boxes × (5 + 20 classes)
    return keras.Model(inputs, boxes, name="tiny_yolo")
