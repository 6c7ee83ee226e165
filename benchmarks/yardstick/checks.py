"""Check that the shipped styles are the recorded files and paint the recorded pictures.

For each style, `pretrained/checks.json` has the sha256 of its file, and the sample
photograph as each of its paintings paints it, at 256×256 pixels, reduced to 16×16: {name:
{"sha256", "picture": uint8 (paintings, 16, 16, 3) in base64}}.
"""

import base64
import json
import os

import numpy as np

from fusion_style.benchmarks.yardstick.comparison import square
from fusion_style.data.images import sample_photograph, to_bytes
from fusion_style.files import sha256, write_json
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.conditions import paintings_of
from fusion_style.models.shipped import PRETRAINED
from fusion_style.models.style_file import StyleFileError

CHECKS = os.path.join(PRETRAINED, "checks.json")
SIZE, SHRUNK = 256, 16  # pixels
TOLERANCE = 2.0  # mean difference, in gray levels


def shrunk_paintings(path):
    """Return the sample photograph in each painting: uint8 (paintings, 16, 16, 3)."""
    stylizer, side = Stylizer(path, precision="float32"), SIZE // SHRUNK
    photograph, found = square(sample_photograph(), SIZE), []
    for name in paintings_of(stylizer.conditions):
        stylizer.use({name: 1.0}, None)
        painting = stylizer.paint(photograph)
        found.append(painting.reshape(SHRUNK, side, SHRUNK, side, 3).mean((1, 3)))
    return to_bytes(np.stack(found))


def record(styles, path=CHECKS):
    """Record the styles' checksums and pictures.

    Args:
        styles: {name: path of the style file}.
        path: of the file to write.

    Raises:
        StyleFileError: if a file is not a style file.
        OSError: if the file cannot be written.
    """
    found = {
        name: {
            "sha256": sha256(style),
            "picture": base64.b64encode(shrunk_paintings(style).tobytes()).decode(),
        }
        for name, style in styles.items()
    }
    write_json(path, found)


def check(styles, path=CHECKS):
    """Compare styles with their records.

    Args:
        styles: {name: path of the style file}.
        path: of the file of records.

    Returns:
        ({name: result}, [a line of text for each difference]).

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
            distance = far(shrunk_paintings(style), recorded[name]["picture"])
        except StyleFileError as error:
            complaints.append(f"{name}: {error}")
            continue
        received = sha256(style)
        if received != recorded[name]["sha256"]:
            complaints.append(
                f"{name} is not the recorded file: its sha256 is {received}, but "
                f"{recorded[name]['sha256']} was recorded"
            )
        if distance > TOLERANCE:
            complaints.append(
                f"{name} does not paint the recorded picture: the mean difference is "
                f"{distance:.1f} gray levels; {TOLERANCE:g} are allowed"
            )
        if papers and received not in papers:
            complaints.append(
                f"README.md describes another file of {name}: benchmarks/gallery.py "
                "writes it again"
            )
        fits[name] = f"{distance:.2f} gray levels from the recorded picture"
    complaints += [
        f"{name} was recorded but is not shipped" for name in recorded if name not in styles
    ]
    return fits, complaints


def far(found, recorded):
    """Return the mean difference of the paintings that differ most, in gray levels."""
    if len(found) != len(recorded):
        return np.inf
    return np.abs(found - recorded).mean((1, 2, 3)).max()


def read_papers(path):
    """Return the text of README.md beside the file of records; empty if there is none."""
    try:
        with open(
            os.path.join(os.path.dirname(path), "README.md"), encoding="utf-8"
        ) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def read_record(path):
    """Read the records: {name: {"sha256": text, "picture": float32 (n, 16, 16, 3)}}.

    Raises:
        ValueError: if there is no such file, or it is damaged.
    """
    try:
        with open(path, encoding="utf-8") as file:
            recorded = json.load(file)
        for entry in recorded.values():
            picture = np.frombuffer(base64.b64decode(entry["picture"]), np.uint8)
            entry["picture"] = picture.reshape(-1, SHRUNK, SHRUNK, 3).astype(np.float32)
            entry["sha256"] = str(entry["sha256"])
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist. --record writes it") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: {error!r}. --record writes it anew") from None
    return recorded
