"""The environment of the tests, and fixtures that several folders of them use."""

import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# On a GPU other sums are rounded, and the first process takes the memory of all.
os.environ.update(CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")

import hypothesis
import keras
import pytest
from PIL import Image

from fusion_style.exports.web import runtime
from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network
from fusion_style.settings import build
from fusion_style.tests.support.made_up_weights import write_darknet
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.style_parts import take_apart
from fusion_style.tests.support.tiny import TINY_TRAINING
from fusion_style.training.config import TrainConfig
from fusion_style.training.learn import learn_style

# The same examples in every run, and no verdict by the clock.
hypothesis.settings.register_profile(
    "the_same", derandomize=True, deadline=None, database=None
)
hypothesis.settings.load_profile("the_same")


@pytest.fixture(autouse=True)
def the_same_weights():
    """Let untrained networks have the same random weights in every run."""
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Keep the user's cache as it is; what npm fetched into it is not fetched again."""
    kept = runtime.kept_folder()
    os.environ["FUSION_STYLE_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    if os.path.isdir(kept):
        shutil.copytree(kept, runtime.kept_folder())


@pytest.fixture
def learn(painting, photographs, tmp_path, monkeypatch):
    """`learn_style` of a small `TrainConfig`, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def learn(**settings):
        given = {"style": painting, "data": photographs} | TINY_TRAINING | settings
        return learn_style(build(TrainConfig, given))

    return learn


@pytest.fixture
def in_float32(monkeypatch):
    """Let OpenVINO compute in float32: it takes bfloat16 where the processor has it."""
    openvino = pytest.importorskip("openvino")
    compile_model, hint = openvino.Core.compile_model, {"INFERENCE_PRECISION_HINT": "f32"}
    monkeypatch.setattr(
        openvino.Core, "compile_model",
        lambda core, model, device, settings=None: compile_model(
            core, model, device, (settings or {}) | hint
        ),
    )  # fmt: skip


@pytest.fixture
def photograph():
    return made_up_photograph(37, 50)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """A folder of eight JPEGs, two of them in a folder inside."""
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "inside").mkdir()
    for i in range(8):
        path = folder / ("inside" if i > 5 else ".") / f"{i}.jpg"
        Image.fromarray(made_up_photograph(60 + i, 90 - 5 * i, i)).save(path, quality=95)
    return str(folder)


@pytest.fixture(scope="session")
def painting(tmp_path_factory):
    path = tmp_path_factory.mktemp("painting") / "painting.png"
    Image.fromarray(made_up_photograph(50, 40, 99)).save(path)
    return str(path)


@pytest.fixture(scope="session")
def style(tmp_path_factory):
    """A style file with an untrained narrow network."""
    keras.utils.set_random_seed(0)
    path = str(tmp_path_factory.mktemp("style") / "narrow.keras")
    recipe = {
        "settings": {"network": "fusion"},
        "painting": {"file": "painting.png"},
        "photographs": 0,
    }
    save_network(build_network(norm="batch", width=0.125), path, recipe)
    return path


@pytest.fixture(scope="session")
def parts(style):
    """The members of `style`, as `take_apart` returns them."""
    return take_apart(style)


@pytest.fixture(scope="session")
def instance_style(tmp_path_factory):
    """A style file with an untrained narrow network of instance norms."""
    keras.utils.set_random_seed(0)
    path = str(tmp_path_factory.mktemp("style") / "instance.keras")
    recipe = {
        "settings": {"network": "fusion", "norm": "instance"},
        "painting": {"file": "painting.png"},
        "photographs": 0,
    }
    save_network(build_network(norm="instance", width=0.125), path, recipe)
    return path


@pytest.fixture(scope="session")
def darknet(tmp_path_factory):
    """(path of a made-up .weights file, its layers)."""
    path = tmp_path_factory.mktemp("darknet") / "tiny.weights"
    return path, write_darknet(path)
