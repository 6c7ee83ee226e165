"""Whether the shipped styles are those that were recorded, and paint as they did.

`pretrained/checks.json` has for each style the sha256 of its file and what it makes of
the sample photograph, at 256×256 pixels, shrunk to 16×16: {name: {"sha256", "picture":
uint8 (16, 16, 3) in base64}}.
"""

import base64
import json
import os

import numpy as np

from fusion_style.benchmarks.yardstick.comparison import square
from fusion_style.data.images import sample_photograph, to_bytes
from fusion_style.files import sha256, write_json
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.shipped import PRETRAINED
from fusion_style.models.style_file import StyleFileError

CHECKS = os.path.join(PRETRAINED, "checks.json")
SIZE, SHRUNK = 256, 16  # pixels
TOLERANCE = 2.0  # gray levels, in the mean


def shrunk_painting(path):
    """uint8 (16, 16, 3): what a style makes of the sample photograph."""
    painting = Stylizer(path, precision="float32").paint(square(sample_photograph(), SIZE))
    side = SIZE // SHRUNK
    return to_bytes(painting.reshape(SHRUNK, side, SHRUNK, side, 3).mean((1, 3)))


def record(styles, path=CHECKS):
    """Writes down what {name: path} are and paint.

    Raises:
        StyleFileError: if one is no style.
        OSError: if the file cannot be written.
    """
    found = {
        name: {
            "sha256": sha256(style),
            "picture": base64.b64encode(shrunk_painting(style).tobytes()).decode(),
        }
        for name, style in styles.items()
    }
    write_json(path, found)


def check(styles, path=CHECKS):
    """({name: what was found}, [what does not fit, a line each]) of {name: path}.

    Raises:
        ValueError: if there is no file of records, or it is damaged.
    """
    recorded, papers = read_record(path), read_papers(path)
    fits, complaints = {}, []
    for name, style in styles.items():
        if name not in recorded:
            complaints.append(f"{name} is shipped but was not recorded in {path}")
            continue
        try:
            distance = np.abs(shrunk_painting(style) - recorded[name]["picture"]).mean()
        except StyleFileError as error:
            complaints.append(f"{name}: {error}")
            continue
        received = sha256(style)
        if received != recorded[name]["sha256"]:
            complaints.append(
                f"{name} is another file than was recorded: its sha256 is {received}, "
                f"recorded was {recorded[name]['sha256']}"
            )
        if distance > TOLERANCE:
            complaints.append(
                f"{name} paints another picture than was recorded: {distance:.1f} gray "
                f"levels away, in the mean; {TOLERANCE:g} are allowed"
            )
        if papers and received not in papers:
            complaints.append(
                f"the papers of {name} are of another file: benchmarks/gallery.py writes "
                "them anew"
            )
        fits[name] = f"{distance:.2f} gray levels from the recorded picture"
    complaints += [
        f"{name} was recorded but is not shipped" for name in recorded if name not in styles
    ]
    return fits, complaints


def read_papers(path):
    """The text of README.md beside the file of records, empty if there is none."""
    try:
        with open(
            os.path.join(os.path.dirname(path), "README.md"), encoding="utf-8"
        ) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def read_record(path):
    """{name: {"sha256": text, "picture": float (16, 16, 3)}}."""
    try:
        with open(path, encoding="utf-8") as file:
            recorded = json.load(file)
        for entry in recorded.values():
            picture = np.frombuffer(base64.b64decode(entry["picture"]), np.uint8)
            entry["picture"] = picture.reshape(SHRUNK, SHRUNK, 3).astype(np.float32)
            entry["sha256"] = str(entry["sha256"])
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist. --record writes it") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: {error!r}. --record writes it anew") from None
    return recorded
