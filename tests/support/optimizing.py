"""optimize.py on tiny work, in this process."""

from absl.testing import flagsaver
from PIL import Image

from fusion_style.data.images import read_picture
from fusion_style.tests.support.pictures import import_script, made_up_photograph

TINY = [
    "--loss_network=vgg16", "--loss_weights=random", "--content_layers=relu1_1",
    "--style_layers=relu1_2", "--size=50", "--scales=2", "--iterations=3",
]  # fmt: skip


def make_run(tmp_path, monkeypatch, capsys):
    """Runs optimize.py in a folder with a photo.jpg: (exit status, what it printed)."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(made_up_photograph(37, 50)).save("photo.jpg")
    optimize = import_script("fusion_style.optimize")

    def run(*arguments):
        with flagsaver.flagsaver():
            error = optimize.main(optimize.FLAGS(["optimize.py", *map(str, arguments)]))
        printed = capsys.readouterr()
        if isinstance(error, str):
            return 1, error
        return error or 0, printed.out + printed.err

    return run


def pixels(path):
    return read_picture(path).pixels
