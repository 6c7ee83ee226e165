"""The files of the page: its models paint as ours, and npm's files come whole or not."""

import json
import os
import stat

import numpy as np
import pytest

from fusion_style.exports.config import ExportConfig
from fusion_style.exports.export import export_style
from fusion_style.exports.web import runtime
from fusion_style.inference.statistics import photograph_of, samples
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.loading import load_graph
from fusion_style.models.shipped import shipped_styles
from fusion_style.tests.support.pictures import made_up_photograph

SHIPPED = next(iter(shipped_styles()))


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FUSION_STYLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_models_paint_whole_pictures_and_tiles_as_ours(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from fusion_style.exports.web.graphs import WEIGHTS, page_models

    models, weights = page_models(load_graph(shipped_styles()[SHIPPED]), "float16")
    (tmp_path / WEIGHTS).write_bytes(weights)
    sessions = {}
    for name, model in models.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        sessions[name] = onnxruntime.InferenceSession(path)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 1.4e6
    stylizer = Stylizer(SHIPPED, "openvino", "float32")
    engine, style = stylizer.engine, stylizer.style
    pixels = made_up_photograph(96, 128).astype(np.float32)
    photograph = photograph_of(pixels)

    def run(model, picture, **more):
        fed = {"picture": picture, "style": style, **more}
        if model != "whole":
            fed["photograph"] = np.stack(photograph)
        return sessions[model].run(None, fed)[0]

    np.testing.assert_allclose(
        run("whole", pixels[None])[0], stylizer.paint(pixels), atol=1
    )
    statistics, wanted = (
        run("measure", samples(pixels)),
        engine.measure(samples(pixels), photograph, style),
    )
    # The means differ by the biases, which are not in the page's models.
    np.testing.assert_allclose(statistics[1], wanted[1], rtol=0.02, atol=0.01)
    np.testing.assert_allclose(
        run("tile", pixels[None], statistics=statistics),
        engine.paint(pixels[None], photograph, style, wanted),
        atol=1,
    )


def test_the_lock_pins_every_package_and_names_no_host():
    with open(runtime.LOCK, encoding="utf-8") as file:
        text = file.read()
    packages = json.loads(text)["packages"]
    assert all("integrity" in facts for name, facts in packages.items() if name)
    assert '"resolved"' not in text
    with open(os.path.join(runtime.HERE, "package.json"), encoding="utf-8") as file:
        assert json.load(file)["dependencies"] == {runtime.PACKAGE: runtime.version()}


def fake_npm(folder, monkeypatch, script):
    """The only npm on the path is a shell script."""
    npm = folder / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(npm.parent), prepend=os.pathsep)


@pytest.mark.skipif(os.name == "nt", reason="the npm of this test is a shell script")
def test_npm_fetches_once(no_cache, tmp_path, monkeypatch):
    dist = f"node_modules/{runtime.PACKAGE}/dist"
    touch = "; ".join(f"echo {name} > {dist}/{name}" for name in runtime.FILES)
    log = tmp_path / "log"
    script = f'test "$1" = ci && mkdir -p {dist} && ls > {log}; {touch}'
    fake_npm(tmp_path, monkeypatch, script)
    assert not runtime.is_kept()
    folder = runtime.fetch()
    assert log.read_text("utf-8").split() == [
        "node_modules", "package-lock.json", "package.json",
    ]  # fmt: skip
    log.unlink()
    assert runtime.fetch() == folder and not log.exists()
    assert sorted(os.listdir(folder)) == sorted(runtime.FILES)
    assert os.listdir(no_cache) == [os.path.basename(folder)]


@pytest.mark.skipif(os.name == "nt", reason="the npm of this test is a shell script")
def test_a_failing_npm_is_one_line_and_leaves_nothing(no_cache, tmp_path, monkeypatch):
    script = 'echo "npm error code ENOTFOUND" >&2; echo "npm error no net" >&2; exit 1'
    fake_npm(tmp_path, monkeypatch, script)
    out = str(tmp_path / "site")
    with pytest.raises(
        ValueError, match=r"npm cannot fetch onnx.*: code ENOTFOUND; no net"
    ):
        export_style(ExportConfig(SHIPPED, "web", out))
    assert os.listdir(no_cache) == [] and os.listdir(out) == []


def test_a_missing_npm_is_said_with_what_to_do(no_cache, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        ValueError, match=r"^npm, which .* is not installed.*Install Node.js"
    ):
        export_style(ExportConfig(SHIPPED, "web", str(tmp_path / "site")))


@pytest.mark.parametrize(("settings", "message"), [
    ({"style": f"{SHIPPED},{SHIPPED}"}, "must have different names"),
    ({"style": f"{SHIPPED},nobody"}, "There is no style nobody"),
    ({"style": "some.keras:wave=0.6,udnie=0.4"},
     "a page mixes paintings itself.* Received: some.keras:wave=0.6, udnie=0.4"),
    ({"size": "512"}, "size is not for web, whose page paints any size. Received: 512"),
    ({"pixels": "uint8"},
     "pixels must be float32 for web, whose page converts them. Received: uint8"),
])  # fmt: skip
def test_what_cannot_be_a_page(settings, message, tmp_path):
    given = {"style": SHIPPED, "format": "web", "out": str(tmp_path)} | settings
    with pytest.raises(ValueError, match=message):
        export_style(ExportConfig(**given))
    assert os.listdir(tmp_path) == []
