"""Painting a video: in parts that are whole or not there, which are joined at the end."""

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Sequence
from typing import Any

import tqdm

from fusion_style.data.video.encoders import choose_encoding
from fusion_style.data.video.parts import Part
from fusion_style.data.video.probe import VideoError, open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.inference.masked import MaskedStylizer
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.finish import Finish
from fusion_style.inference.video.join import assemble, bundle, identity
from fusion_style.inference.video.preview import Preview
from fusion_style.inference.video.report import VideoReport
from fusion_style.inference.video.segments import LOCK, Segments, give_look, remove_parts
from fusion_style.inference.video.spans import span_of
from fusion_style.inference.video.stages import Tell, expected, run
from fusion_style.locks import locked

UNFINISHED = ".unfinished"  # ends the name of the folder that lies beside a video


@dataclasses.dataclass(frozen=True)
class Look:
    """How each frame is painted; see `Stylizer.__call__`."""

    max_size: int | None = None
    strength: float = 1.0
    keep_colors: bool = False


def paint_video(
    source: str, out: str, stylizers: Sequence[Stylizer], config: VideoConfig,
    max_size: int | None = None, strength: float = 1.0, keep_colors: bool = False,
    progress: bool = True, overwrite: bool = False, tell: Tell | None = None,
) -> VideoReport:  # fmt: skip
    """Paint a video into a file, which appears whole or not at all.

    Until then its parts lie in a folder beside it, with `UNFINISHED` behind the name. A
    process that was killed leaves it there, and with `config.resume` the next goes on.

    Args:
        source: path of the video.
        out: path of the painting; its extension decides the container.
        stylizers: of one style, one for each frame that is painted at a time.
        config: what of the video, and how it is written.
        max_size, strength, keep_colors: see `Stylizer.__call__`.
        progress: show a bar.
        overwrite: begin anew, whatever there is of an earlier attempt.
        tell: called after each frame with how many are painted, and how many there are
            if the file says so. What it raises ends the work.

    Raises:
        VideoError: if the video can't be read, or not be written as `out`.
        OSError: if the file can't be written.
    """
    folder = out + UNFINISHED
    look = Look(max_size, strength, keep_colors)
    parts = paint_parts(
        source, out, folder, stylizers, config, look, progress, overwrite, tell
    )
    report = assemble(parts, out, source)
    remove_parts(folder)
    return report


def paint_part(
    source: str, out: str, stylizers: Sequence[Stylizer], config: VideoConfig,
    max_size: int | None = None, strength: float = 1.0, keep_colors: bool = False,
    progress: bool = True, overwrite: bool = False, path: str | None = None,
) -> str:  # fmt: skip
    """Paint a part of a video, for `join`; return the path of its file.

    A part that is there already stays, unless `overwrite` says otherwise.

    Args:
        source, stylizers, max_size, strength, keep_colors, progress, overwrite: see
            `paint_video`.
        out: path of the video that all parts will become.
        config: its `part` says which one.
        path: of the part; by default `part_path`'s.

    Raises:
        VideoError, OSError: see `paint_video`.
    """
    number, count = numbers_of(config.part)
    path = path or part_path(out, number, count)
    if os.path.exists(path) and not overwrite:
        return path
    folder = path + UNFINISHED
    look = Look(max_size, strength, keep_colors)
    parts = paint_parts(source, out, folder, stylizers, config, look, progress, overwrite)
    bundle(parts, path)
    remove_parts(folder)
    return path


def part_path(out: str, number: int, count: int) -> str:
    """Return where a part of a painted video goes: out.2-of-5.part."""
    return f"{out}.{number:0{len(str(count))}}-of-{count}.part"


def numbers_of(part: str | None) -> tuple[int, int]:
    """Return (2, 5) of "2/5", and (1, 1) of None.

    Raises:
        ValueError: the message says what a part is.
    """
    if part is None:
        return 1, 1
    with contextlib.suppress(ValueError):
        number, count = map(int, part.split("/"))
        if 1 <= number <= count <= 100_000:
            return number, count
    raise ValueError(f"part must be a number of how many, as in 2/5. Received: {part!r}")


def paint_parts(
    source: str, out: str, folder: str, stylizers: Sequence[Stylizer],
    config: VideoConfig, look: Look, progress: bool, overwrite: bool,
    tell: Tell | None = None,
) -> list[Part]:  # fmt: skip
    """Paint a video, or a part of it, into a folder; return what is in it."""
    complaint = f"{out} is being painted by another program"
    if overwrite and not config.resume:
        remove_parts(folder)
    number, count = numbers_of(config.part)
    if count > 1 and config.max_frames is not None:
        raise VideoError("--part goes with --start and --end, not with --max_frames")
    with open_video(source) as container:
        reader = VideoReader(container, source, config.start, config.end, config.max_frames)
        extension = os.path.splitext(out)[1].lower()
        encoding = choose_encoding(reader.probe, extension, config.crf, config.bitrate)
        if count > 1:
            reader.begin, reader.stop = span_of(reader, number, count)
        header = {
            "source": identity(source), "asked": asked(stylizers[0], config, look),
            "part": [number, count], "extension": extension,
            "encoding": dataclasses.asdict(encoding),
        }  # fmt: skip
        preview = Preview(config.preview) if config.preview else None
        with locked(os.path.join(folder, LOCK), complaint):
            segments = Segments(folder, encoding, reader, header)
            finish = Finish(
                segments, config.steady, look.strength, look.keep_colors, preview
            )
            state = segments.find()
            if segments.parts and not config.resume:
                raise VideoError(
                    f"{folder} holds {segments.total('frames')} painted frames of an "
                    "earlier attempt. Give --resume to go on, or --overwrite"
                )
            if segments.is_complete:
                return segments.parts
            if segments.parts:
                give_look(reader, segments.parts[-1].header)
                last = segments.parts[-1].trailer["last"]
                reader.go_on_after(last, segments.total("frames"))
            done = segments.total("frames")
            bar = tqdm.tqdm(
                total=expected(reader, config), initial=done, unit="frame",
                disable=not progress, leave=False,
            )  # fmt: skip
            try:
                with bar:
                    run(reader, stylizers, finish, look.max_size, bar, state, tell)
            except BaseException as error:
                segments.abandon(error)
                raise
    return segments.parts


def digest(stylizer: Stylizer | None) -> str:
    """Return a hash of γ and β, the scale and the mask that frames are painted with."""
    if stylizer is None:
        return ""
    found = hashlib.sha256(stylizer.style.tobytes())
    found.update(b"" if stylizer.scale == 1 else f"{stylizer.scale}".encode())
    if isinstance(stylizer, MaskedStylizer):
        found.update(stylizer.mask.values.tobytes())
        found.update(f"{stylizer.mask.values.shape} {digest(stylizer.beside)}".encode())
    return found.hexdigest()


def asked(stylizer: Stylizer, config: VideoConfig, look: Look) -> dict[str, Any]:
    """Return all that frames depend on besides the video itself."""
    names = ("start", "end", "max_frames", "crf", "bitrate", "steady")
    return {
        "style": stylizer.name,
        "weights": digest(stylizer),
        **dataclasses.asdict(look),
        **{name: getattr(config, name) for name in names},
    }
