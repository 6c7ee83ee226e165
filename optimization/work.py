"""Work: read and build what an optimization needs, and optimize from scale to scale."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import keras
import numpy as np

from fusion_style.data.colors import with_colors_of
from fusion_style.data.images import Picture, fit_size, read_picture, resize
from fusion_style.losses.config import SMALLEST
from fusion_style.losses.dream import Dream
from fusion_style.losses.features.networks import smallest_picture
from fusion_style.losses.gatys import GatysLoss
from fusion_style.losses.objective import PictureObjective
from fusion_style.losses.perceptual import PerceptualLoss, layer_weights
from fusion_style.optimization.config import OptimizeConfig
from fusion_style.optimization.memory import check_memory
from fusion_style.optimization.minimize import Step, minimize
from fusion_style.optimization.scales import enlarge_changes, first_pixels, sizes
from fusion_style.optimization.snapshots import Snapshots


class Work:
    """Read the pictures and build the loss once, then optimize at all scales.

    Args:
        config: complete; see `optimization.config.complete`.
        photograph: its pixels are float32 RGB (height, width, 3), 0-255.

    Attributes:
        shapes: [(height, width)] of the scales, from small to large.
        loss: gets the paintings at every scale, at their size there.
        pixels: the result of the latest finished scale, float32 RGB, 0-255; None before.
        losses: of each finished scale, as `Minimized.losses`.

    Raises:
        ValueError: if the picture would be too small for the loss network.
        PictureError: if a painting cannot be read.
    """

    def __init__(self, config: OptimizeConfig, photograph: Picture) -> None:
        self.config, self.photograph = config, photograph.pixels
        self.paintings = [read_picture(path).pixels for path in config.style]
        self.dream = Dream(config.dream) if config.dream else None
        both = config.content_layers, config.style_layers
        terms = (layer_weights(layers or ()) for layers in both)
        layers = {*chain(*terms), *(self.dream.layers if self.dream else ())}
        smallest = smallest_picture(config.loss_network, tuple(layers))
        self.smallest = max(SMALLEST, smallest)
        assert config.scales and config.scale_factor  # it is complete
        height, width = self.photograph.shape[:2]
        self.shapes: list[tuple[int, int]] = sizes(
            height,
            width,
            config.size,
            config.scales,
            config.scale_factor,
            self.smallest,
        )
        self.loss = self.build_loss()
        self.pixels: np.ndarray | None = None
        self.losses: list[list[dict[str, float]]] = []

    def build_loss(self) -> PerceptualLoss:
        """Return the loss, which has no painting yet."""
        keras.utils.set_random_seed(self.config.seed)  # for random weights
        kind = GatysLoss if self.config.objective == "gatys" else PerceptualLoss
        also = self.dream.layers if self.dream else ()
        return kind((), self.config.loss(), also=also)  # paintings come at every scale

    def painting_sizes(self, shape: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the sizes of the paintings for a picture of `shape`: (height, width)."""
        side: float = self.config.style_size or min(self.shapes[-1])
        side = max(self.smallest, side * max(shape) / max(self.shapes[-1]))
        shapes = [painting.shape for painting in self.paintings]
        return [fit_size(height, width, side, min) for height, width, _ in shapes]

    def check_memory(self, say: Callable[[str], object]) -> None:
        """Say how much memory the largest scale will need.

        Args:
            say: called with the message.

        Raises:
            MemoryError: if the machine has less memory.
        """
        assert self.config.optimizer  # it is complete
        seen = [size for shape in self.shapes for size in self.painting_sizes(shape)]
        largest, method = self.shapes[-1], self.config.optimizer
        check_memory(self.loss.network, largest, method, seen, say)

    def through_scales(
        self, snapshots: Snapshots, checkpoint: dict[str, Any] | None
    ) -> None:
        """Optimize at every scale, or at those that are not done in the checkpoint.

        Args:
            snapshots: called after every iteration.
            checkpoint: from `read_checkpoint`, to continue from; or None.

        Raises:
            ValueError: if the picture in the checkpoint has another size.
            FloatingPointError: if the objective is not finite.
        """
        first = checkpoint["scale"] if checkpoint else 0
        for scale, shape in enumerate(self.shapes[first:], start=first):
            photograph = resize(self.photograph, *shape)
            begun = checkpoint if scale == first else None
            step = self.first_step(photograph, begun)
            snapshots.begin(scale, step, self.config.iterations or 0)
            self.optimize(photograph, step, snapshots)
            snapshots.close()

    def first_step(self, photograph: np.ndarray, checkpoint: dict[str, Any] | None) -> Step:
        """Return the `Step` with which a scale begins.

        Args:
            photograph: float32 RGB (height, width, 3), 0-255, at this scale's size.
            checkpoint: if the scale was begun before; or None.
        """
        shape = photograph.shape[:2]
        if checkpoint:
            return self.step_of(checkpoint, shape)
        if self.pixels is None:
            pixels = first_pixels(self.config.start, photograph, self.config.seed)
        elif self.loss.style_layers:
            pixels = resize(self.pixels, *shape)
        else:
            pixels = enlarge_changes(self.pixels, self.photograph, *shape)
        return Step(0, pixels, {}, {})

    def step_of(self, checkpoint: dict[str, Any], shape: tuple[int, ...]) -> Step:
        """Return the step in a checkpoint.

        If the learning rate has changed, the optimizer's state is left out.

        Raises:
            ValueError: if its picture is not of this (height, width).
        """
        pixels = checkpoint["pixels"]
        if pixels.shape[:2] != tuple(shape):
            raise ValueError(
                f"The picture in the checkpoint has (height, width) {pixels.shape[:2]}, "
                f"but the photograph gives {shape}. Is it another photograph?"
            )
        same = checkpoint["settings"]["learning_rate"] == self.config.learning_rate
        return Step(
            checkpoint["iteration"], pixels, {}, checkpoint["state"] if same else {}
        )

    def optimize(self, photograph: np.ndarray, step: Step, snapshots: Snapshots) -> None:
        """Optimize at one scale, beginning with a step.

        Args:
            photograph: float32 RGB (height, width, 3), 0-255, at this scale's size.
            step: where to begin.
            snapshots: called after every iteration.
        """
        config = self.config
        assert config.optimizer and config.iterations  # it is complete
        if self.paintings:
            fitting = zip(
                self.paintings, self.painting_sizes(photograph.shape[:2]), strict=True
            )
            paintings = [resize(painting, *size) for painting, size in fitting]
            self.loss.see_style(paintings, config.style_weights)
        minimized = minimize(
            PictureObjective(self.loss, photograph, self.dream, config.dream_weight or 0.0),
            step.pixels,
            config.optimizer,
            iterations=config.iterations,
            learning_rate=config.learning_rate,
            jitter=config.jitter or 0,
            seed=config.seed,
            callback=snapshots,
            normalize=not self.paintings,
            done=step.iteration,
            state=step.state,
        )
        self.pixels = minimized.pixels
        self.losses.append(minimized.losses)

    def finish(self, pixels: np.ndarray) -> np.ndarray:
        """Return the pixels to write: with --keep_colors, in the photograph's colors."""
        if not self.config.keep_colors:
            return pixels
        return with_colors_of(pixels, resize(self.photograph, *pixels.shape[:2]))
