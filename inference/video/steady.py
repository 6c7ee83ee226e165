"""A painting that holds still: what moves is moved along, what is new is painted.

Each painting is mixed with the one before, moved along the optical flow of the
photographs (Kroeger et al. 2016, DIS), where the flow forward and back agrees, and where
the photograph, moved along as often as the painting was, still looks as it does now.

Mixing and moving soften a picture, more so in each frame. Two things keep it sharp: it is
moved with Lanczos' kernel, and its fine detail is given the strength that the new
painting's has there.
"""

import cv2
import numpy as np

from fusion_style.data.images import to_bytes

LONGEST = 960  # pixels of the longer side at which flow is searched
SMALLEST = 24  # pixels of the shorter side below which there is no flow
LEVELS = 35.0  # difference of photographs, of 255, at which little is held
WAY = 2.0  # square of pixels that a point may miss itself by, there and back
FINE = 1.0  # pixels, the deviation of the blur that detail is what is finer than
AROUND = 12.0  # pixels, the deviation of where detail's strength is taken over
AMPLIFIED = 1.5  # at most so much stronger or weaker


def blur(values: np.ndarray, deviation: float) -> np.ndarray:
    return cv2.GaussianBlur(values, (0, 0), deviation)


def fitted(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array resized to the (height, width) of a shape."""
    if values.shape[:2] == shape[:2]:
        return values
    shrinks = values.shape[0] > shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(values, (shape[1], shape[0]), interpolation=method)


class Steady:
    """Mixes each painting with the one before.

    Args:
        strength: 0 for every painting as it is, to 1 for as much of the one before as
            flow and photographs allow.
    """

    def __init__(self, strength: float) -> None:
        self.strength = strength
        # OpenCV's annotations don't know all that it has.
        self.search = cv2.DISOpticalFlow_create(  # type: ignore
            cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
        )
        self.gray: np.ndarray | None = None
        self.photograph = self.painting = np.empty(0, np.float32)
        self.grid = np.empty(0, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return what is held, besides the last photograph."""
        return {"photograph": self.photograph, "painting": self.painting}

    def go_on(self, last: np.ndarray, state: dict[str, np.ndarray]) -> None:
        """Take up what `state` returned after the photograph `last`."""
        if self.strength:
            self(last, state["painting"], True)
            self.photograph, self.painting = state["photograph"], state["painting"]

    def __call__(
        self, photograph: np.ndarray, painting: np.ndarray, cut: bool
    ) -> np.ndarray:
        """Return the painting to show.

        Args:
            photograph, painting: float32 RGB (height, width, 3), 0-255, of one frame;
                frames are given in order.
            cut: whether the frame begins a shot: nothing is held then.

        Returns:
            float32 RGB (height, width, 3), 0-255.
        """
        if not self.strength:
            return painting
        gray = cv2.cvtColor(to_bytes(photograph), cv2.COLOR_RGB2GRAY)
        size = np.array(gray.shape)
        small = np.maximum(1, np.rint(size * min(1, LONGEST / size.max()))).astype(int)
        gray = fitted(gray, tuple(small))
        before, self.gray = self.gray, gray
        if cut or before is None or before.shape != gray.shape:
            rows, columns = np.indices(painting.shape[:2], np.float32)
            self.grid = np.stack([columns, rows], axis=-1)
            self.photograph, self.painting = photograph, painting
            return painting
        flow, sound = self.flow(before, gray)
        scale = (size / small)[::-1].astype(np.float32)
        places = self.grid + fitted(flow, painting.shape) * scale
        sound = fitted(sound, painting.shape)
        moved = remap(self.painting, places, cv2.INTER_LANCZOS4)
        seen = remap(self.photograph, places, cv2.INTER_LANCZOS4)
        difference = blur(cv2.absdiff(photograph, seen).max(axis=-1), 1.0)
        sound = self.strength * sound * np.exp(-np.square(difference / LEVELS))
        sound = sound[..., None]
        mixed = painting + sound * (moved - painting)
        self.photograph = photograph + sound * (seen - photograph)
        self.painting = np.clip(as_sharp_as(painting, mixed), 0, 255)
        return self.painting

    def flow(self, before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where each pixel was, and how sure that is.

        Args:
            before, now: uint8 (height, width), gray.

        Returns:
            float32 (height, width, 2), (across, down) in pixels, to add to a pixel's
            place; and float32 (height, width), 0 to 1.
        """
        height, width = now.shape
        if min(now.shape) < SMALLEST:
            return np.zeros((height, width, 2), np.float32), np.ones_like(now, np.float32)
        back = self.search.calc(now, before, None)
        forth = self.search.calc(before, now, None)
        rows, columns = np.indices(now.shape, np.float32)
        places = np.stack([columns, rows], axis=-1) + back
        missed = np.square(back + remap(forth, places, cv2.INTER_LINEAR)).sum(axis=-1)
        far = np.square(back).sum(axis=-1)
        sound = np.exp(-missed / (WAY + 0.02 * far))
        inside = (places >= 0) & (places <= [width - 1, height - 1])
        return back, sound * inside.all(axis=-1)


def remap(values: np.ndarray, places: np.ndarray, method: int) -> np.ndarray:
    border = cv2.BORDER_REPLICATE
    return cv2.remap(values, places, None, method, borderMode=border)  # type: ignore


def as_sharp_as(model: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return pixels whose fine detail is as strong as a model's, place by place."""
    coarse = blur(pixels, FINE)
    detail = pixels - coarse
    wanted = blur(np.square(model - blur(model, FINE)).mean(axis=-1), AROUND)
    given = blur(np.square(detail).mean(axis=-1), AROUND)
    factor = np.sqrt((wanted + 1) / (given + 1))
    return coarse + detail * np.clip(factor, 1 / AMPLIFIED, AMPLIFIED)[..., None]
