"""Paints photographs and videos in a style.

python stylize.py                                     # the sample, in every style
python stylize.py photo.jpg --style starry_night
python stylize.py holiday/ --style my.keras --out painted/
python stylize.py photo.jpg --style all --strength 0.7 --keep_colors
python stylize.py clip.mp4 --style wave
"""

import io
import os
import sys

try:
    from fusion_style import backend
except ModuleNotFoundError:
    sys.exit(
        "Fusion Style is not installed. In the folder of its setup.py: pip install -e ."
    )

backend.set_defaults()

from absl import flags

from fusion_style.data.images import Picture, read_picture, sample_photograph, write_picture
from fusion_style.data.sheets import contact_sheet
from fusion_style.flags import define_flags, given, run_script
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job, is_file
from fusion_style.inference.paint import Painted, paint_pictures
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import photographs_seen, read_recipe
from fusion_style.settings import build

FLAGS = flags.FLAGS
define_flags(PaintConfig)
flags.DEFINE_boolean("list_styles", False, "Say which styles come along, and stop.")


def main(argv: list[str]) -> str | int:
    """Paint what the command line says; return the exit status or the complaint."""
    for stream in (sys.stdout, sys.stderr):  # names of files may be any bytes
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    inputs = argv[1:] or [sample_photograph()]
    try:
        if FLAGS.list_styles:
            list_styles()
            return 0
        config = build(PaintConfig, given(PaintConfig))
        painted = paint_pictures(inputs, config)
    except ValueError as error:
        return f"stylize.py: {error}"
    except KeyboardInterrupt:
        return "stylize.py: stopped; what was painted until now is there"
    report(painted)
    if len(argv) == 1 and not painted.failed and not is_file(config.out):
        try:
            demonstrate(painted.jobs[0], config)
        except (ValueError, OSError) as error:
            return f"stylize.py: the contact sheet could not be made: {error}"
    return 1 if painted.failed else 0


def report(painted: Painted) -> None:
    """Print what was painted, and what was not and why."""
    for painting, photograph in painted.done.items():
        print(f"{photograph} -> {painting}")
    if painted.kept:
        print(
            f"{len(painted.kept)} were there already and are as they were; --overwrite "
            "repaints"
        )
    for note in painted.notes:
        print(note, file=sys.stderr)
    for message in painted.failed:
        print(f"not painted: {message}", file=sys.stderr)


def list_styles() -> None:
    """Print what each shipped style is."""
    for name, path in shipped_styles().items():
        recipe = read_recipe(path)
        print(
            f"{name}: the {recipe['settings']['network']} network, trained on "
            f"{recipe['painting']['file']}, {photographs_seen(recipe):,} photographs seen"
        )


def demonstrate(job: Job, config: PaintConfig) -> None:
    """Show what a first run without arguments shows besides the pictures."""
    paths = [job.path, *(path for _, path in job.paintings)]
    captions = ["the photograph", *(style for style, _ in job.paintings)]
    sheet = os.path.join(config.out, "contact_sheet.jpg")
    if config.overwrite or not os.path.exists(sheet):
        pictures = [read_picture(path).pixels for path in paths]
        write_picture(sheet, Picture(contact_sheet(pictures, captions, size=512)))
    print(
        f"All of them on one sheet: {sheet}\n\n"
        "Try next:\n"
        f"  python stylize.py YOUR_PHOTO.jpg --style {captions[1]}\n"
        "  python stylize.py YOUR_PHOTO.jpg --keep_colors --strength 0.8\n"
        "  python train.py --style YOUR_PAINTING.jpg --data A_FOLDER_OF_PHOTOGRAPHS"
    )


def run() -> None:
    """Run the command; what `pip` installs it as."""
    run_script(main)


if __name__ == "__main__":
    run()
