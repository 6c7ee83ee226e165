"""Paint photographs and videos in a style.

python stylize.py                                     # the sample, in every style
python stylize.py photo.jpg --style starry_night
python stylize.py holiday/ --style my.keras --out painted/
python stylize.py photo.jpg --style all --strength 0.7 --keep_colors
python stylize.py clip.mp4 --style wave
python stylize.py photo.jpg --style paintings.keras:wave=0.6,udnie=0.4 --stroke 384
python stylize.py photo.jpg --style wave --style2 udnie --mask mask.png
python stylize.py s3://photos/2024 --out gs://paintings --style wave --cluster auto
"""

import io
import os
import sys
from collections.abc import Iterable

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
from fusion_style.inference.bulk import in_buckets
from fusion_style.inference.cluster.paint import paint_on_cluster
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job, is_file
from fusion_style.inference.listing import listing
from fusion_style.inference.outcomes import Outcome
from fusion_style.inference.paint import Painted, paint_in_bulk, paint_pictures
from fusion_style.models.choice import ALL, parse_style
from fusion_style.models.shipped import shipped_styles
from fusion_style.settings import build

FLAGS = flags.FLAGS
define_flags(PaintConfig)
flags.DEFINE_boolean(
    "list_styles", False, "Say which styles come along, or are in --style, and stop."
)


def main(argv: list[str]) -> str | int:
    """Paint what the command line says; return the exit status or an error message."""
    for stream in (sys.stdout, sys.stderr):  # file names may contain any bytes
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    inputs = argv[1:] or [sample_photograph()]
    try:
        if FLAGS.list_styles:
            list_styles(FLAGS.style)
            return 0
        config = build(PaintConfig, given(PaintConfig))
        if config.ray.cluster is not None and not config.video.join:
            return report_each(paint_on_cluster(inputs, config))
        if in_buckets(inputs, config.out):
            return report_each(paint_in_bulk(inputs, config))
        painted = paint_pictures(inputs, config)
    except ValueError as error:
        return f"stylize.py: {error}"
    except KeyboardInterrupt:
        return "stylize.py: stopped; the pictures painted until now are kept"
    report(painted)
    if len(argv) == 1 and not painted.failed and not is_file(config.out):
        try:
            demonstrate(painted.jobs[0], config)
        except (ValueError, OSError) as error:
            return f"stylize.py: the contact sheet could not be made: {error}"
    return 1 if painted.failed else 0


def report(painted: Painted) -> None:
    """Print what was painted, and what was not painted and why."""
    for painting, photograph in painted.done.items():
        print(f"{photograph} -> {painting}")
    if painted.kept:
        print(
            f"{len(painted.kept)} existed already and were not painted again; --overwrite "
            "replaces them"
        )
    for note in painted.notes:
        print(note, file=sys.stderr)
    for message in painted.failed:
        print(f"not painted: {message}", file=sys.stderr)


def report_each(outcomes: Iterable[Outcome]) -> int:
    """Print what comes of each painting when it comes; return the exit status."""
    import tqdm  # whose bar would be in the way of what is printed

    done = kept = failed = 0
    for outcome in outcomes:
        for note in outcome.notes:
            tqdm.tqdm.write(note, file=sys.stderr)
        if outcome.error is not None:
            failed += 1
            tqdm.tqdm.write(f"not painted: {outcome.error}", file=sys.stderr)
        elif outcome.kept:
            kept += 1
        else:
            done += 1
            tqdm.tqdm.write(f"{outcome.photograph} -> {outcome.painting}", file=sys.stdout)
    print(f"{done:,} painted, {kept:,} there already, {failed:,} not painted")
    return 1 if failed else 0


def list_styles(style: str) -> None:
    """Print what is shipped; or, of one style file, what is in it.

    Raises:
        ValueError: if there is no such style.
    """
    files = shipped_styles() if style == ALL else {style: parse_style(style).path}
    for name, path in files.items():
        print("\n".join(listing(name, path)))


def demonstrate(job: Job, config: PaintConfig) -> None:
    """Write a contact sheet and print what to try next, after a run without arguments."""
    paths = [job.path, *(path for _, path in job.paintings)]
    captions = ["the photograph", *(style for style, _ in job.paintings)]
    sheet = os.path.join(config.out, "contact_sheet.jpg")
    if config.overwrite or not os.path.exists(sheet):
        pictures = [read_picture(path).pixels for path in paths]
        write_picture(sheet, Picture(contact_sheet(pictures, captions, size=512)))
    print(
        f"All pictures on one sheet: {sheet}\n\n"
        "Try next:\n"
        f"  python stylize.py YOUR_PHOTO.jpg --style {captions[1]}\n"
        "  python stylize.py YOUR_PHOTO.jpg --keep_colors --strength 0.8\n"
        "  python train.py --style YOUR_PAINTING.jpg --data A_FOLDER_OF_PHOTOGRAPHS"
    )


def run() -> None:
    """Run the script; the command `fusion-stylize` calls this."""
    run_script(main)


if __name__ == "__main__":
    run()
