"""Style files that the tests of exports share."""

import keras
import pytest

from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.pictures import trained_like
from fusion_style.tests.support.several import save_several


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Make a style file with a narrow network, once for each: (network, norm, upsample)."""
    folder, made = tmp_path_factory.mktemp("tiny"), {}

    def make(network="fusion", norm="instance", upsample="resize", **more):
        key = f"{network}-{norm}-{upsample}-{'-'.join(more)}"
        if key not in made:
            keras.utils.set_random_seed(0)
            built = build_network(
                network=network, norm=norm, upsample=upsample, width=0.0625, **more
            )
            made[key] = str(folder / f"{key}.keras")
            recipe = {"settings": {"network": network}, "photographs": 0}
            save_network(trained_like(built), made[key], recipe)
        return made[key]

    return make


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Style files of three conditions, {norm: path}."""
    folder, made = tmp_path_factory.mktemp("several"), {}
    for norm in ("instance", "batch"):
        made[norm] = str(folder / f"{norm}.keras")
        save_several(made[norm], norm)
    return made
