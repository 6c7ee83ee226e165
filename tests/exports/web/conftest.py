"""The exported page, in a real browser."""

import keras
import pytest

from fusion_style.exports.config import ExportConfig
from fusion_style.exports.export import export_style
from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.browser import (
    chromium,
    served,
)
from fusion_style.tests.support.pictures import trained_like
from fusion_style.tests.support.several import save_several
from fusion_style.tests.support.web_page import load

RECIPE = {"settings": {"network": "fusion", "style_size": 256}, "photographs": 0}


@pytest.fixture(scope="module")
def styles(tmp_path_factory):
    """Narrow networks: {name: path of the style file}."""
    folder, made = tmp_path_factory.mktemp("styles"), {}
    for norm in ("instance", "batch"):
        keras.utils.set_random_seed(0)
        network = trained_like(build_network(norm=norm, width=0.0625))
        made[norm] = str(folder / f"{norm}.keras")
        save_network(network, made[norm], RECIPE)
    made["several"] = str(folder / "several.keras")
    save_several(made["several"])
    return made


@pytest.fixture(scope="module")
def site(styles, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("site"))
    export_style(
        ExportConfig(",".join(styles.values()), "web", folder, precision="float32")
    )
    return folder


@pytest.fixture(scope="module")
def address(site):
    with served(site) as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def limit(browser):
    """Use it in every test here: a browser that hangs is ended."""
    with browser.limited():
        yield


@pytest.fixture(scope="module")
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    yield context
    context.close()


@pytest.fixture
def page(context, address):
    """The page, loaded, whose errors fail the test."""
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    load(page, address)
    yield page
    page.close()
    assert not wrong
    assert all(url.startswith((address, "blob:", "data:")) for url in asked)
