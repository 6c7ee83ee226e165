"""Reduce flicker: move the painting before along the video, and mix it with the new one.

The painting before is moved along the optical flow of the photographs (Kroeger et al. 2016,
DIS). The photograph is moved just as often, and the painting is used where the moved
photograph looks like the present one.

Moving and mixing make a picture softer in every frame. Two things keep it sharp: Lanczos'
kernel is used for moving, and fine detail gets the strength that it has in the new painting
at the same place. Even where nothing changes, a little of each new painting comes in.
Otherwise fine lines like worms grow in flat areas.

If the mix of paintings moves with time, the held painting is behind it. The further it is
behind, the less is held. Otherwise a still scene would keep its first mix until the next
cut.
"""

import cv2
import numpy as np

LONGEST = 960  # pixels of the longer side at which flow is searched
SMALLEST = 48  # pixels; if the shorter side is smaller, there is no flow
LEVELS = 35.0  # difference of photographs, of 255, at which little is kept
KEPT = 0.95  # share of the moved painting at most: errors of moving must not pile up
FINE = 0.65  # deviation of a blur, in pixels: detail is what it removes
AROUND = 12.0  # deviation of the mean of detail's strength around a pixel, in pixels
COARSE = 8  # pixels, side of a square that has one number for detail's strength
FOLLOWING = 0.2  # share of a mix: with a larger one, what is kept follows a mix later
AMPLIFIED = 1.5  # detail is made at most this much stronger or weaker


def fitted(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return an array resized to (height, width)."""
    if values.shape[:2] == (height, width):
        return values
    method = cv2.INTER_AREA if values.shape[0] > height else cv2.INTER_LINEAR
    return cv2.resize(values, (width, height), interpolation=method)


def remap(values: np.ndarray, places: np.ndarray, method: int) -> np.ndarray:
    border = cv2.BORDER_REPLICATE
    return cv2.remap(values, places, None, method, borderMode=border)  # type: ignore


def grid(height: int, width: int) -> np.ndarray:
    """Return the (column, row) of each pixel: float32 (height, width, 2)."""
    rows, columns = np.indices((height, width), np.float32)
    return np.stack([columns, rows], axis=-1)


def mix(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return one · share + other · (1 - share) as float32; share is (height, width)."""
    return cv2.blendLinear(one, other, share, 1 - share)


class Steady:
    """Mix each painted frame with the one before.

    Args:
        strength: from 0 (no mixing) to 1 (up to `KEPT` of the frame before, where the flow
            and the photographs allow it).
    """

    def __init__(self, strength: float) -> None:
        self.strength = strength
        # OpenCV's annotations are incomplete.
        self.search = cv2.DISOpticalFlow_create(  # type: ignore
            cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
        )
        self.gray: np.ndarray | None = None
        # The photograph is held at the size at which flow is searched.
        self.photograph = self.painting = np.empty(0, np.float32)
        self.small_grid = self.grid = np.empty(0, np.float32)
        self.mix: np.ndarray | None = None  # of the held painting, where most is held

    def state(self) -> dict[str, np.ndarray]:
        """Return what is held, besides the last photograph."""
        held = {"photograph": self.photograph, "painting": self.painting}
        return held if self.mix is None else held | {"mix": self.mix}

    def go_on(self, last: np.ndarray, state: dict[str, np.ndarray]) -> None:
        """Take up what `state` returned after the photograph `last`."""
        if self.strength:
            self(last, state["painting"], True)
            self.photograph, self.painting = state["photograph"], state["painting"]
            self.mix = state.get("mix")

    def __call__(
        self, photograph: np.ndarray, painting: np.ndarray, cut: bool,
        shares: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Return the painted frame to show.

        Args:
            photograph, painting: of one frame, float32 RGB (height, width, 3), 0-255; give
                the frames in order.
            cut: whether the frame begins a shot; then it is not mixed.
            shares: of the paintings in a mix that moves with time, (paintings,).

        Returns:
            float32 RGB (height, width, 3), 0-255.
        """
        if not self.strength:
            return painting
        height, width = painting.shape[:2]
        scale = min(1, LONGEST / max(height, width))
        small = max(1, round(height * scale)), max(1, round(width * scale))
        seen = fitted(photograph, *small)
        gray = cv2.convertScaleAbs(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY))
        before, self.gray = self.gray, gray
        if cut or before is None or before.shape != gray.shape:
            self.small_grid, self.grid = grid(*small), grid(height, width)
            self.photograph, self.painting, self.mix = seen, painting, shares
            return painting
        flow = np.zeros((*small, 2), np.float32)
        if min(small) >= SMALLEST:
            flow = self.search.calc(gray, before, None)
        places = self.small_grid + flow
        moved = remap(self.photograph, places, cv2.INTER_LINEAR)
        held = np.float32(self.followed(shares)) * agreement(seen, moved, places)
        self.photograph = mix(moved, seen, held)
        flow = fitted(flow, height, width)
        if small != (height, width):
            flow *= np.array([width / small[1], height / small[0]], np.float32)
        moved = remap(self.painting, self.grid + flow, cv2.INTER_LANCZOS4)
        mixed = mix(moved, painting, fitted(held, height, width))
        self.painting = np.clip(as_sharp_as(painting, mixed), 0, 255)
        return self.painting

    def followed(self, shares: np.ndarray | None) -> float:
        """Return how much of the held painting may stay, 0 to 1; follow a mix.

        Args:
            shares: of the paintings in the present mix, or None if it does not move.
        """
        most = KEPT * self.strength
        if shares is None or self.mix is None:
            return most
        behind = np.abs(shares - self.mix).sum() / 2  # 0: the same; 1: another painting
        kept = float(most * FOLLOWING / (FOLLOWING + behind))
        self.mix = kept * self.mix + (1 - kept) * shares
        return kept


def agreement(seen: np.ndarray, moved: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return from 0 to 1 how well the moved photograph agrees with the present one.

    Args:
        seen, moved: the photograph, and the one before, moved along the flow.
        places: where each pixel was, as (column, row), (height, width, 2).

    Returns:
        float32 (height, width).
    """
    height, width = seen.shape[:2]
    red, green, blue = cv2.split(cv2.absdiff(seen, moved))
    difference = cv2.GaussianBlur(cv2.max(cv2.max(red, green), blue), (5, 5), 1.0)
    difference = difference * np.float32(1 / LEVELS)
    columns, rows = cv2.split(places)
    inside = (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
    return cv2.exp(-difference * difference) * inside


def as_sharp_as(model: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return pixels whose fine detail is as strong as the model's at the same place.

    Args:
        model, pixels: float32 RGB (height, width, 3), 0-255.
    """
    height, width = pixels.shape[:2]
    wanted, given = strength_of_detail(model), strength_of_detail(pixels)
    factor = np.clip(np.sqrt((wanted + 1) / (given + 1)), 1 / AMPLIFIED, AMPLIFIED)
    coarse = cv2.GaussianBlur(pixels, (5, 5), FINE)
    return mix(pixels, coarse, fitted(factor, height, width))


def strength_of_detail(pixels: np.ndarray) -> np.ndarray:
    """Return the mean square of the detail around each square of `COARSE` pixels."""
    height, width = pixels.shape[:2]
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    detail = cv2.subtract(gray, cv2.GaussianBlur(gray, (5, 5), FINE))
    squares = fitted(detail * detail, max(1, height // COARSE), max(1, width // COARSE))
    return cv2.GaussianBlur(squares, (0, 0), AROUND / COARSE)
