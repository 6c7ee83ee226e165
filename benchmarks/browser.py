"""Measure frames a second of the exported page in a real Chromium, in WebAssembly.

    python benchmarks/browser.py --style mobile.keras

Exports the page of a style, opens it in a Chromium without a window, and turns its camera
on (Chromium's own, which shows a moving disc). The page paints frames of 320x240. "live" is
what the page says: all that happens between two frames is in it. "painting" is the time
that the worker needs for one frame. Needs playwright and an installed Chromium; nothing
else should run meanwhile.
"""

import functools
import http.server
import shutil
import statistics
import tempfile
import threading

from fusion_style import backend

backend.set_defaults()

from absl import app, flags

from fusion_style.benchmarks.machine import machine
from fusion_style.exports.config import ExportConfig
from fusion_style.exports.export import export_style

FLAGS = flags.FLAGS
flags.DEFINE_string("style", "starry_night", "A shipped style's name, or a style file.")
flags.DEFINE_float("seconds", 20, "How long to look at the live picture.")
flags.DEFINE_integer("frames", 30, "How many frames to measure in the worker.")

PATIENCE = 120_000  # milliseconds
ARGUMENTS = [
    "--no-sandbox", "--mute-audio", "--disable-gpu",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
# Paints made-up frames in a worker of its own; returns the seconds of each.
PAINT = """async (count) => {
  const [style] = self.SITE.styles;
  const response = await fetch(`${style.folder}/styles.bin`);
  const table = new Float32Array(await response.arrayBuffer());
  const row = table.slice(0, table.length / style.rows.length);
  const gammaBeta = style.norms ? row : undefined;
  const worker = new Worker(`worker.js${location.search}`, { type: "module" });
  const seconds = [];
  for (let id = 0; id < count; id++) {
    const data = crypto.getRandomValues(new Uint8ClampedArray(65536));
    const picture = { width: 320, height: 240, data: new Uint8ClampedArray(320 * 240 * 4) };
    picture.data.forEach((_, i) => (picture.data[i] = data[i % 65536]));
    const answer = await new Promise((done) => {
      worker.onmessage = (event) => done(event.data);
      worker.postMessage({ id, picture, style, gammaBeta });
    });
    if (answer.error) throw new Error(answer.error);
    seconds.push(answer.seconds);
  }
  worker.terminate();
  return seconds;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files without logging."""

    def log_message(self, *_: object) -> None:
        pass


def measure(address: str) -> None:
    """Print what the page at an address needs."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}?device=wasm")
        page.wait_for_selector("#facts:has-text('WebAssembly')")
        print(page.inner_text("#facts"))
        seconds = page.evaluate(PAINT, FLAGS.frames)[5:]  # the first ones warm it up
        median = statistics.median(seconds)
        print(f"painting: {1000 * median:.0f} ms, {1 / median:.1f} frames a second")
        page.get_by_role("button", name="Use the camera").click()
        status = "#status:has-text('frames a second')"
        page.wait_for_selector(status)
        rates = []
        for _ in range(int(FLAGS.seconds)):
            page.wait_for_timeout(1000)
            rates.append(float(page.inner_text(status).split()[1]))
        print(f"live: {statistics.median(rates):.1f} frames a second")
        browser.close()


def main(argv: list[str]) -> str | None:
    """Export, serve and measure; return an error message, or None."""
    versions = machine()
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    with tempfile.TemporaryDirectory() as folder:
        try:
            export_style(ExportConfig(FLAGS.style, "web", folder))
        except ValueError as error:
            return f"browser.py: {error}"
        handler = functools.partial(Quiet, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        measure(f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
    return None


if __name__ == "__main__":
    app.run(main)
