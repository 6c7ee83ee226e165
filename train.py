"""Learn a style from one painting and many photographs; write a style file.

python train.py --style starry.jpg                    # COCO and VGG16, downloaded
python train.py --style starry.jpg --data ~/Photos    # any folder of photographs
python train.py --style starry.jpg --resume           # continue after Ctrl-C or a crash
python train.py --from_record starry.json --out 2.keras   # the same training again
python train.py --style starry.jpg --devices gpu:2    # two GPUs
python train.py --style a.jpg,b.jpg --style_size 256,512  # four styles in one network
python train.py --style c.jpg --add_to paintings.keras --out more.keras   # one more
"""

import os
import sys

try:
    from fusion_style import backend
except ModuleNotFoundError:
    sys.exit(
        "Fusion Style is not installed. In the folder of its setup.py: pip install -e ."
    )

backend.set_defaults()

import shlex
from typing import Any

from absl import flags

from fusion_style.flags import define_flags, given, run_script
from fusion_style.settings import build, check
from fusion_style.training.config import TrainConfig
from fusion_style.training.earlier import read_checkpoint, read_settings
from fusion_style.training.learn import learn_style
from fusion_style.training.paintings import as_tuple
from fusion_style.training.places import places
from fusion_style.training.strategy import is_chief, worker

NAMES = ("style", "out", "log_dir")  # the flags that identify a training
FLAGS = flags.FLAGS
define_flags(TrainConfig)
flags.DEFINE_string(
    "from_record",
    None,
    "Repeat the training of a run record or style file; flags override it.",
)


def config_of(settings: dict[str, Any]) -> TrainConfig:
    """Return the settings from the flags, a run record and, with --resume, a checkpoint.

    Args:
        settings: {name: value} of the flags that are given.

    Raises:
        ValueError, OSError: if a value is not allowed, or the record or the checkpoint
            cannot be read.
    """
    if FLAGS.from_record:
        settings = read_settings(FLAGS.from_record, settings)
    if not settings.get("style"):
        raise ValueError("Give the painting to learn: --style PAINTING.jpg")
    if settings.get("resume"):  # settings that are not given again keep their values
        where = places(settings["style"], settings.get("out"), settings.get("log_dir"))
        settings = read_checkpoint(where.checkpoint)["settings"] | settings
    config = build(TrainConfig, settings)
    check(config)
    return config


def main(argv: list[str]) -> str | int | None:
    """Train as the flags say; return the exit status or an error message."""
    if len(argv) > 1:
        return f"train.py takes flags only. Received: {' '.join(argv[1:])}"
    try:
        settings = given(TrainConfig)
        config = config_of(settings)
        where = places(config.style, config.out, config.log_dir)
        number, workers = worker()
        if workers > 1:
            print(f"Worker {number} of {workers}: waiting for the others", flush=True)
        if is_chief():
            print(f"Preview during training: {os.path.join(where.log_dir, 'preview.jpg')}")
        record = learn_style(config)
    except (ValueError, OSError, FloatingPointError) as error:
        return f"train.py: {error}"
    except KeyboardInterrupt:
        return "train.py: interrupted. If there is a checkpoint, --resume continues from it"
    if not record["finished"]:
        print(how_to_go_on(record))
        return 1
    if is_chief():
        print(what_was_learned(record, where.out))
    return None


def how_to_go_on(record: dict[str, Any]) -> str:
    """Return the message for a stopped training, with the command to resume it."""
    settings = record["settings"]
    again = [
        f"--{name}={','.join(as_tuple(settings[name]))}" for name in NAMES if settings[name]
    ]
    return (
        f"Stopped after {record['steps']} of {settings['steps']} steps. To go on: "
        f"{shlex.join(['python', 'train.py', *again, '--resume'])}"
    )


def what_was_learned(record: dict[str, Any], out: str) -> str:
    """Return the message for a finished training, with the command to paint with it."""
    unread = (
        f"{len(record['skipped'])} photographs could not be read: see the run record\n"
        if record["skipped"]
        else ""
    )
    left_out = sum(len(entry["photographs"]) for entry in record["left_out"])
    if left_out:
        unread += f"{left_out} photographs were left out: see left_out in the run record\n"
    for entry in record.get("by_style", ())[-1:]:
        unread += losses_by_style(record, entry)
    return (
        f"{unread}Learned from {record['photographs']} photographs in "
        f"{record['seconds']:.0f} s: {out}\n"
        f"Paint with it: python stylize.py YOUR_PHOTO.jpg --style {shlex.quote(out)}"
    )


def losses_by_style(record: dict[str, Any], entry: dict[str, Any]) -> str:
    """Return a table of the last losses of each style, as text."""
    lines = ["style                        total  content  style"]
    learned = record["conditions"][-len(entry["loss"]) :]
    for i, row in enumerate(learned):
        name = f"{row['painting']} {row['stroke']}"
        numbers = [entry[kind][i] for kind in ("loss", "content", "style")]
        said = "  ".join("      –" if x is None else f"{x:7.3f}" for x in numbers)
        lines.append(f"{name:25} {said}")
    return "\n".join(lines) + "\n"


def run() -> None:
    """Run the script; the command `fusion-train` calls this."""
    run_script(main)


if __name__ == "__main__":
    run()
