"""optimize.py on tiny work, in this process."""

from PIL import Image

from fusion_style.data.images import read_picture
from fusion_style.tests.support import commands
from fusion_style.tests.support.pictures import made_up_photograph

TINY = [
    "--loss_network=vgg16", "--loss_weights=random", "--content_layers=relu1_1",
    "--style_layers=relu1_2", "--size=50", "--scales=2", "--iterations=3",
]  # fmt: skip


def make_run(tmp_path, monkeypatch, capsys):
    """Runs optimize.py in a folder with a photo.jpg: (exit status, what it printed)."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(made_up_photograph(37, 50)).save("photo.jpg")
    return commands.make_run("optimize", capsys)


def pixels(path):
    return read_picture(path).pixels
