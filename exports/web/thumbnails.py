"""Make the thumbnails of the page: the sample photograph, painted in each style."""

import io

import numpy as np
from PIL import Image

from fusion_style.data.images import read_picture, resize, sample_photograph, to_bytes
from fusion_style.exports.openvino import WholeOpenVINOOperations
from fusion_style.exports.whole import draw_whole
from fusion_style.models.graph import Graph
from fusion_style.models.rewrites import painting

SIDE = 256  # pixels, height and width of a thumbnail


def sample(side: int) -> np.ndarray:
    """Return the sample photograph, float32 RGB (side, side, 3), 0-255."""
    return resize(read_picture(sample_photograph()).pixels, side, side)


def painted(graph: Graph, styles: np.ndarray, photograph: np.ndarray) -> list[np.ndarray]:
    """Return a photograph, painted in each style of a graph.

    Args:
        graph: from `models.loading.load_graph`.
        styles: γ and β, float32 (styles, 2, sum of the norms' channels).
        photograph: float32 RGB (height, width, 3), 0-255.

    Returns:
        A picture for each style, float32 RGB (height, width, 3), 0-255.
    """
    import openvino

    fast, ops = painting(graph), WholeOpenVINOOperations("float32")
    picture = ops.nodes.parameter([1, *photograph.shape], np.float32, "picture")
    style = ops.nodes.parameter([2, styles.shape[-1], 1, 1], np.float32, "style")
    x = ops.nodes.transpose(picture, [0, 3, 1, 2])
    y = draw_whole(fast, ops, x, style if fast.norms else None)
    inputs = [picture, style] if fast.norms else [picture]
    model = openvino.Model([ops.nodes.transpose(y, [0, 2, 3, 1])], inputs, "thumbnail")
    run = openvino.Core().compile_model(model, "CPU")
    pictures = []
    for one in styles:
        fed = [photograph[None], one[..., None, None]][: len(inputs)]
        pictures.append(run(fed)[0][0])
    return pictures


def as_jpeg(pixels: np.ndarray) -> bytes:
    """Return a picture as the bytes of a JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(to_bytes(pixels)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def as_icon(pixels: np.ndarray, side: int) -> bytes:
    """Return a picture as the bytes of a square PNG of 64 colors."""
    buffer = io.BytesIO()
    image = Image.fromarray(to_bytes(resize(pixels, side, side))).quantize(64)
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
