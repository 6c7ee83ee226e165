"""Preprocessing: scale pixels as a loss network expects them."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

CAFFE: dict[str, Any] = {"mean": (123.68, 116.779, 103.939), "bgr": True}  # VGG, ResNet
TENSORFLOW = {"mean": 127.5, "deviation": 127.5}  # -1 to 1: Inception, MobileNet
TORCH = {  # torchvision's: ImageNet's mean and deviation
    "mean": (255 * 0.485, 255 * 0.456, 255 * 0.406),
    "deviation": (255 * 0.229, 255 * 0.224, 255 * 0.225),
}
DARKNET = {"deviation": 255.0}  # 0 to 1


@keras.saving.register_keras_serializable("fusion_style")
class Preprocessing(keras.layers.Layer):
    """Compute (x - mean) / deviation of RGB pictures, 0-255, and change RGB to BGR.

    Args:
        mean, deviation: in gray levels; one number, or one for each of red, green and blue.
        bgr: whether to change the order of the channels to blue, green, red.
    """

    def __init__(
        self,
        mean: float | Sequence[float] = 0.0,
        deviation: float | Sequence[float] = 1.0,
        bgr: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.options: dict[str, Any] = {"mean": mean, "deviation": deviation, "bgr": bgr}

    def call(self, x: Any) -> Any:
        mean = ops.convert_to_tensor(self.options["mean"], x.dtype)
        deviation = ops.convert_to_tensor(self.options["deviation"], x.dtype)
        x = (x - mean) / deviation
        return ops.flip(x, axis=-1) if self.options["bgr"] else x

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.options}
