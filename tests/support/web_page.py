"""What a person does on the exported page, in a real browser, and what the page shows."""

import base64
import io

import numpy as np
from PIL import Image

SIZE = (70, 90)  # height, width of a photograph


def load(page, address):
    page.goto(address)
    page.wait_for_selector("body[data-ready]")


def a_file(pixels, name="photo.png", **options):
    """A picture as a person chooses it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, name.rsplit(".")[-1].upper(), **options)
    return {"name": name, "mimeType": f"image/{name[-3:]}", "buffer": buffer.getvalue()}


def choose(page, file):
    """Give the page a picture, and wait for its painting."""
    page.set_input_files("#file", file)
    page.wait_for_selector("#download:not([disabled]), #error:not([hidden])")
    assert not page.inner_text("#error")
    painted(page)


def painted(page):
    """Wait until nothing is at work; return what the canvas shows."""
    page.wait_for_selector("#stage[aria-busy=false]")
    page.wait_for_selector("#status:has-text('painted in')")
    return shown(page)


def shown(page, canvas="painting"):
    """What a canvas shows: float32 RGB (height, width, 3)."""
    values, height, width = page.evaluate(
        """(id) => {
          const c = document.getElementById(id);
          const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
          let text = "";
          for (const byte of data) text += String.fromCharCode(byte);
          return [btoa(text), c.height, c.width];
        }""",
        canvas,
    )
    data = np.frombuffer(base64.b64decode(values), np.uint8)
    return data.reshape(height, width, 4)[..., :3].astype(np.float32)


def slide(page, name, value):
    page.get_by_role("slider", name=name).fill(str(value))


def take(page, painting):
    page.get_by_role("radio", name=painting).check(force=True)


def assert_near(painting, wanted):
    """Within 2 of 255 for 99.9% of the values."""
    assert painting.shape == wanted.shape
    assert (np.abs(painting - wanted) <= 2).mean() >= 0.999
