"""Paints photographs in a style.

python stylize.py                                     # the sample, in every style
python stylize.py photo.jpg --style starry_night
python stylize.py holiday/ --style my.keras --out painted/
python stylize.py photo.jpg --style all --strength 0.7 --keep_colors
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


import tqdm
from absl import app, flags

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import (
    WRITABLE,
    Picture,
    PictureError,
    read_picture,
    sample_photograph,
    write_picture,
)
from fusion_style.data.sheets import contact_sheet
from fusion_style.inference.engines.registry import ENGINES, PRECISIONS
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import photographs_seen, read_recipe

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "style", "all", "A shipped style's name, a style file, a training's folder, or all."
)
flags.DEFINE_string("out", "stylized", "A folder; or, for one picture, a file.")
flags.DEFINE_integer("max_size", None, "Make the longer side no longer, in pixels.", 1)
flags.DEFINE_float("strength", 1.0, "0, the photograph, to 1, the painting.", 0.0, 1.0)
flags.DEFINE_boolean("keep_colors", False, "Keep the photograph's colors.")
flags.DEFINE_enum("engine", "auto", ENGINES, "OpenVINO on a CPU, TensorFlow on a GPU.")
flags.DEFINE_enum("precision", "auto", PRECISIONS, "Of the network's activations.")
flags.DEFINE_boolean("overwrite", False, "Replace pictures that are there already.")
flags.DEFINE_boolean("list_styles", False, "Say which styles come along, and stop.")


def find_pictures(inputs, out, styles):
    """([(path, path relative to the input)], messages): of files, and of folders.

    Paintings of an earlier call are not painted again because they are in an input:
    those in the folder `out`, if it is in the input; those that this call will make.
    """
    found, failed = [], []

    def unreadable(error):
        failed.append(f"{error.filename} may not be read: {error.strerror}")

    for path in inputs:
        if not os.path.isdir(path):
            found.append((path, os.path.basename(path)))
            continue
        try:
            files = pictures_in(path, unreadable)
        except PictureError as error:
            failed.append(str(error))
            continue
        relative = {file: os.path.relpath(file, path) for file in files}
        made = {
            place(destination(name, style, out))
            for name in relative.values()
            for style in styles
        }
        inside = place(out, "").startswith(place(path, "")) and place(out) != place(path)
        found += [
            (file, name)
            for file, name in relative.items()
            if place(file) not in made
            and not (inside and place(file).startswith(place(out, "")))
        ]
    return found, failed


def place(path, *more):
    """A path that is the same for all paths of a file, and what is to follow it."""
    return os.path.join(os.path.normcase(os.path.realpath(path)), *more)


def destination(relative, style, out):
    """Where a picture goes: out/its folder/its name-style.extension."""
    stem, extension = os.path.splitext(relative)
    if extension.lower() not in WRITABLE:
        extension = ".png"
    style = os.path.splitext(os.path.basename(os.path.normpath(style)))[0]
    return os.path.join(out, f"{stem}-{style}{extension}")


def is_file(out):
    """Whether --out is a picture, and not a folder for many."""
    return os.path.splitext(out)[1].lower() in WRITABLE


def plan(pictures, styles, out):
    """[(path, [(style, path to write)])]: what to do with each of `find_pictures`.

    Raises:
        ValueError: if `out` is one file for many pictures, or two pictures would
            become the same file.
    """
    if is_file(out):
        if len(pictures) * len(styles) > 1:
            raise ValueError(
                f"--out {out} is one file, for {len(pictures)} pictures in "
                f"{len(styles)} styles. Give a folder"
            )
        return [(path, [(styles[0], out)]) for path, _ in pictures]
    jobs, taken = [], {}
    for path, relative in pictures:
        paintings = [(style, destination(relative, style, out)) for style in styles]
        for _, painting in paintings:
            if painting in taken:
                raise ValueError(
                    f"{taken[painting]} and {path} would both become {painting}"
                )
            taken[painting] = path
        jobs.append((path, paintings))
    return jobs


def paint_all(jobs, styles):
    """Does the jobs of `plan`.

    Returns:
        ({path of a painting: path of its photograph}, paths left as they were,
        messages of what went wrong).
    """
    stylizers = {s: Stylizer(s, FLAGS.engine, FLAGS.precision) for s in styles}
    done, kept, failed = {}, [], []
    for path, paintings in tqdm.tqdm(jobs, unit="picture", disable=len(jobs) < 2):
        wanted = [p for p in paintings if FLAGS.overwrite or not os.path.exists(p[1])]
        kept += [p[1] for p in paintings if p not in wanted]
        try:
            picture = read_picture(path) if wanted else None
        except PictureError as error:
            failed.append(str(error))
            continue
        for style, out in wanted:
            try:
                painted = stylizers[style](
                    picture, FLAGS.max_size, FLAGS.strength, FLAGS.keep_colors
                )
                write_picture(out, painted)
                done[out] = path
            except OSError as error:
                failed.append(f"{out} cannot be written: {error.strerror or error}")
            except Exception as error:
                # TensorFlow's have no type that could be named without importing it.
                known = isinstance(error, (ValueError, RuntimeError, MemoryError))
                if not known and not type(error).__module__.startswith("tensorflow"):
                    raise
                failed.append(f"{path} cannot be painted: {error or 'out of memory'}")
    return done, kept, failed


def list_styles():
    """Prints what each shipped style is."""
    for name, path in shipped_styles().items():
        recipe = read_recipe(path)
        print(
            f"{name}: the {recipe['settings']['network']} network, trained on "
            f"{recipe['painting']['file']}, {photographs_seen(recipe):,} photographs seen"
        )


def main(argv):
    for stream in (sys.stdout, sys.stderr):  # names of files may be any bytes
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    inputs = argv[1:] or [sample_photograph()]
    styles = list(shipped_styles()) if FLAGS.style == "all" else [FLAGS.style]
    try:
        if FLAGS.list_styles:
            return list_styles()
        if not styles:
            return "stylize.py: no style is shipped here. Give one: --style FILE.keras"
        pictures, missing = find_pictures(inputs, FLAGS.out, styles)
        jobs = plan(pictures, styles, FLAGS.out)
        done, kept, failed = paint_all(jobs, styles)
    except ValueError as error:
        return f"stylize.py: {error}"
    except KeyboardInterrupt:
        return "stylize.py: stopped; what was painted until now is there"
    failed = missing + failed

    for painting, photograph in done.items():
        print(f"{photograph} -> {painting}")
    if kept:
        print(f"{len(kept)} were there already and are as they were; --overwrite repaints")
    for message in failed:
        print(f"not painted: {message}", file=sys.stderr)
    if len(argv) == 1 and not failed and not is_file(FLAGS.out):
        try:
            demonstrate(inputs[0], jobs[0][1])
        except (ValueError, OSError) as error:
            return f"stylize.py: the contact sheet could not be made: {error}"
    return 1 if failed else 0


def demonstrate(photograph, paintings):
    """What a first run without arguments shows besides the pictures."""
    paths = [photograph, *(out for _, out in paintings)]
    captions = ["the photograph", *(style for style, _ in paintings)]
    sheet = os.path.join(FLAGS.out, "contact_sheet.jpg")
    if FLAGS.overwrite or not os.path.exists(sheet):
        pictures = [read_picture(path).pixels for path in paths]
        write_picture(sheet, Picture(contact_sheet(pictures, captions, size=512)))
    print(
        f"All of them on one sheet: {sheet}\n\n"
        "Try next:\n"
        f"  python stylize.py YOUR_PHOTO.jpg --style {paintings[0][0]}\n"
        "  python stylize.py YOUR_PHOTO.jpg --keep_colors --strength 0.8\n"
        "  python train.py --style YOUR_PAINTING.jpg --data A_FOLDER_OF_PHOTOGRAPHS"
    )


def run():
    """Run the command; what `pip` installs it as."""
    app.run(main)


if __name__ == "__main__":
    run()
