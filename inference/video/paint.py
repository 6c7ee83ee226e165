"""Paint a video in short parts, and join them at the end."""

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
from fusion_style.inference.morph import Morph, morph_of
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

UNFINISHED = ".unfinished"  # suffix of the folder beside an unfinished video


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
    """Paint a video into a file, which is written completely or not at all.

    Until then, its parts are in a folder beside it, whose name ends in `UNFINISHED`. After
    a kill the folder is still there, and `config.resume` continues from it.

    Args:
        source: path of the video.
        out: path of the painted video; its extension decides the container.
        stylizers: of one style, one for each frame that is painted at the same time.
        config: which part of the video to paint, and how to write it.
        max_size, strength, keep_colors: see `Stylizer.__call__`.
        progress: whether to show a bar.
        overwrite: whether to start again, and to remove the parts of earlier attempts.
        tell: called after each frame with the number of painted frames, and the number of
            all frames if the file says it. Errors that it raises end the work.

    Raises:
        VideoError: if the video cannot be read, or cannot be written as `out`.
        OSError: if the file cannot be written.
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

    A part that exists already is not painted again, unless `overwrite` is true.

    Args:
        source, stylizers, max_size, strength, keep_colors, progress, overwrite: see
            `paint_video`.
        out: path of the video into which all parts will be joined.
        config: `config.part` says which part.
        path: of the part; by default `part_path(out, …)`.

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
    """Return the path of a part of a painted video: out.2-of-5.part."""
    return f"{out}.{number:0{len(str(count))}}-of-{count}.part"


def numbers_of(part: str | None) -> tuple[int, int]:
    """Return (2, 5) for "2/5", and (1, 1) for None.

    Raises:
        ValueError: for other text.
    """
    if part is None:
        return 1, 1
    with contextlib.suppress(ValueError):
        number, count = map(int, part.split("/"))
        if 1 <= number <= count <= 100_000:
            return number, count
    raise ValueError(f"part must be like 2/5, the second of five. Received: {part!r}")


def paint_parts(
    source: str, out: str, folder: str, stylizers: Sequence[Stylizer],
    config: VideoConfig, look: Look, progress: bool, overwrite: bool,
    tell: Tell | None = None,
) -> list[Part]:  # fmt: skip
    """Paint a video, or a part of it, into a folder; return the parts in the folder."""
    complaint = f"{out} is being painted by another program"
    if overwrite and not config.resume:
        remove_parts(folder)
    number, count = numbers_of(config.part)
    morph = morph_of(config, stylizers[0])
    if count > 1 and config.max_frames is not None:
        raise VideoError("--part works with --start and --end, but not with --max_frames")
    with open_video(source) as container:
        reader = VideoReader(container, source, config.start, config.end, config.max_frames)
        extension = os.path.splitext(out)[1].lower()
        encoding = choose_encoding(reader.probe, extension, config.crf, config.bitrate)
        if count > 1:
            reader.begin, reader.stop = span_of(reader, number, count)
        header = {
            "source": identity(source), "asked": asked(stylizers[0], config, look, morph),
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
                    f"{folder} has {segments.total('frames')} painted frames of an earlier "
                    "attempt. Give --resume to continue, or --overwrite to start again"
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
                    run(reader, stylizers, finish, look.max_size, bar, state, tell, morph)
            except BaseException as error:
                segments.abandon(error)
                raise
    return segments.parts


def digest(stylizer: Stylizer) -> str:
    """Return a hash of γ and β, and of the scale, that frames are painted with."""
    found = hashlib.sha256(stylizer.style.tobytes())
    found.update(b"" if stylizer.scale == 1 else f"{stylizer.scale}".encode())
    return found.hexdigest()


def masked(stylizer: Stylizer) -> dict[str, str | None]:
    """Return a hash of the mask's content, and the style of its black parts."""
    mask = style2 = weights2 = None
    if isinstance(stylizer, MaskedStylizer):
        values, beside = stylizer.mask.values, stylizer.beside
        mask = hashlib.sha256(f"{values.shape}".encode() + values.tobytes()).hexdigest()
        if beside is not None:
            style2, weights2 = beside.name, digest(beside)
    return {"mask": mask, "style2": style2, "weights2": weights2}


def asked(
    stylizer: Stylizer, config: VideoConfig, look: Look, morph: Morph | None = None
) -> dict[str, Any]:
    """Return everything on which painted frames depend, besides the source."""
    names = ("start", "end", "max_frames", "crf", "bitrate", "steady")
    stops = [stylizer] if morph is None else morph.stops(stylizer)
    return {
        "style": stylizer.name,
        "weights": " ".join(map(digest, stops)),
        "morph": None if morph is None else morph.text,
        **masked(stylizer),
        **dataclasses.asdict(look),
        **{name: getattr(config, name) for name in names},
    }
