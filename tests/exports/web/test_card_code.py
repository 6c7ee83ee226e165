"""The JavaScript code in the model cards of ONNX files, as it is, in a real browser."""

import base64
import shutil

import numpy as np
import pytest

from fusion_style.exports.formats import PIXELS
from fusion_style.exports.web import runtime
from fusion_style.tests.support.browser import missing, served
from fusion_style.tests.support.exported import exported, ours
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.several import paint_mix

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.usefixtures("limit"),
]
# A bundler would find the package; without one, an import map says where it is.
PAGE = """<!doctype html><meta charset="utf-8">
<script type="importmap">
  {{"imports": {{"onnxruntime-web": "./runtime/ort.wasm.min.mjs"}}}}
</script>
<canvas id="canvas" width="{width}" height="{height}"></canvas>
<script>
  const context = canvas.getContext("2d", {{ willReadFrequently: true }});
  const bytes = Uint8ClampedArray.from(atob("{rgba}"), (c) => c.charCodeAt(0));
  context.putImageData(new ImageData(bytes, {width}, {height}), 0, 0);
</script>
<script type="module">
{code}
window.painting = Array.from(context.getImageData(0, 0, {width}, {height}).data);
</script>
"""
PHOTOGRAPH = made_up_photograph(35, 46)


def paint(context, folder, code):
    """The photograph, painted on a page by the code of a card: RGBA."""
    shutil.copytree(runtime.kept_folder(), folder / "runtime")
    height, width = PHOTOGRAPH.shape[:2]
    opaque = np.full((height, width, 1), 255, np.uint8)
    rgba = base64.b64encode(np.concatenate([PHOTOGRAPH, opaque], -1)).decode()
    html = PAGE.format(width=width, height=height, rgba=rgba, code=code)
    (folder / "index.html").write_text(html)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    with served(folder) as (address, _):
        page.goto(address)
        page.wait_for_function("window.painting")
        painting = page.evaluate("window.painting")
    page.close()
    assert not wrong
    return np.reshape(painting, (height, width, 4))


@pytest.mark.parametrize("pixels", PIXELS)
def test_it_paints_on_a_canvas(context, styles, tmp_path, pixels):
    _, card = exported(styles["instance"], "onnx", tmp_path, "float32", pixels=pixels)
    painted = paint(context, tmp_path, card["usage"]["javascript"])
    wanted = ours(styles["instance"], PHOTOGRAPH.astype(np.float32))
    np.testing.assert_allclose(painted[..., :3], wanted, atol=1)
    assert (painted[..., 3] == 255).all() and wanted.std() > 5


def test_it_paints_a_mix(context, styles, tmp_path):
    _, card = exported(styles["several"], "onnx", tmp_path, "float32")
    painted = paint(context, tmp_path, card["usage"]["javascript"])
    wanted = paint_mix(styles["several"], np.eye(3)[0], PHOTOGRAPH.astype(np.float32))
    np.testing.assert_allclose(painted[..., :3], wanted, atol=1)
