"""Trainings that the page starts, watches and stops."""

import os
import shutil
import time

import pytest
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.summary import scalar

from fusion_style.models.loading import load_graph
from fusion_style.page.chart import chart
from fusion_style.page.config import DemoConfig
from fusion_style.page.events import Losses
from fusion_style.page.lesson import Lesson, Wish, name_of, network_of
from fusion_style.page.studio import Studio


def write(writer, step, **losses):
    for tag, value in losses.items():
        event = Event(wall_time=1000 + step, step=step, summary=scalar(tag, value))
        writer.write_event(event)
    writer.flush()


def test_losses_are_read_while_they_are_written(tmp_path):
    losses = Losses(str(tmp_path))
    assert losses.read() == [] and losses.left(40) is None
    writer = EventsWriter(str(tmp_path / "events"))
    write(writer, 10, loss=4.0, style=3.0)
    assert losses.read() == [{"step": 10, "loss": 4.0, "style": 3.0}]
    assert losses.left(40) is None  # the first steps take longer
    write(writer, 20, loss=2.0)
    assert [entry["step"] for entry in losses.read()] == [10, 20]
    assert losses.left(40) == 20
    write(writer, 15, loss=3.0)  # it went back to a checkpoint
    assert [entry["step"] for entry in losses.read()] == [10, 15]
    writer.close()


def test_half_a_record_is_read_when_it_is_whole(tmp_path):
    writer = EventsWriter(str(tmp_path / "events"))
    write(writer, 10, loss=4.0)
    writer.close()
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    losses = Losses(str(tmp_path))
    for length in (5, len(whole) - 3):
        path.write_bytes(whole[:length])
        assert losses.read() == []
    path.write_bytes(whole)
    assert losses.read() == [{"step": 10, "loss": 4.0}]


def test_a_chart_needs_two_points():
    history = [{"step": 10, "loss": 4.0}, {"step": 20, "loss": 2.0}]
    assert chart(history[:1], 40) == ""
    drawn = chart(history, 40)
    assert 'class="total" points="' in drawn and "total 2" in drawn
    assert "nan" not in chart([{"step": i, "loss": 0.0} for i in (1, 2)], 2)


def test_names_are_plain():
    assert name_of("/x/Große Welle (1).JPG") == "große_welle_1"
    assert name_of("/x/---.png") == "style"


def test_a_training_has_the_network_that_it_begins_with(style):
    found = network_of(style)
    assert (found["network"], found["norm"], found["width"]) == ("fusion", "batch", 0.125)
    assert "conditions" not in found


@pytest.fixture
def lesson(tmp_path):
    studio = Studio(DemoConfig(learned=str(tmp_path / "learned")), str(tmp_path / "p"))
    lesson = Lesson(studio, str(tmp_path / "lessons"))
    yield lesson
    lesson.end()
    assert not os.path.exists(tmp_path / "lessons") or not os.listdir(tmp_path / "lessons")


def wait(lesson, until, seconds=600):
    ends = time.monotonic() + seconds
    while not until(progress := lesson.progress()):
        assert time.monotonic() < ends, progress
        time.sleep(0.2)
    return progress


def test_what_cannot_be_learned_from(lesson, painting, tmp_path):
    assert lesson.progress() is None
    for photographs, message in (
        ("", "Received: nothing"),
        (str(tmp_path / "nowhere"), "Give the path of a folder"),
        (str(tmp_path), "has no pictures in it"),
    ):
        with pytest.raises(ValueError, match=message):
            lesson.begin(Wish(painting, photographs, 20, 128, 96))
    with pytest.raises(ValueError, match="There is no style 'x'"):
        lesson.begin(Wish(painting, os.path.dirname(painting), 20, 128, 96, "x"))


def test_a_training_that_fails_says_why(lesson, painting, photographs):
    lesson.begin(Wish(painting, photographs, 0, 128, 96))
    with pytest.raises(ValueError, match="is being learned already"):
        lesson.begin(Wish(painting, photographs, 20, 128, 96))
    progress = wait(lesson, lambda progress: not progress.running)
    assert progress.complaint.startswith("steps must be a whole number")
    assert progress.result is None


def test_a_style_is_learned_until_it_is_stopped(lesson, painting, photographs, tmp_path):
    """The real thing: a process of its own, the loss network that comes along."""
    named = tmp_path / "Blue Night.png"
    shutil.copyfile(painting, named)
    lesson.begin(Wish(str(named), photographs, 100_000, 64, 64, "udnie"))
    assert wait(lesson, lambda progress: progress.step).running
    progress = wait(lesson, lambda progress: progress.history)
    assert progress.step >= progress.history[0]["step"] == 10
    assert progress.history[0]["loss"] > 0
    assert os.path.getsize(wait(lesson, lambda progress: progress.preview).preview)
    lesson.stop()
    progress = wait(lesson, lambda progress: not progress.running)
    assert progress.stopping and progress.complaint is None
    assert progress.result == str(tmp_path / "learned" / "blue_night.keras")
    assert load_graph(progress.result).norms
    assert lesson.studio.styles.path("blue_night") == progress.result
