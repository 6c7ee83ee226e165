"""Who may come in to the page, and what may."""

import pytest
from PIL import Image

from fusion_style.data.video.probe import VideoError
from fusion_style.page.config import DemoConfig
from fusion_style.page.gate import PASSWORD, gate
from fusion_style.page.limits import check_picture, check_video
from fusion_style.settings import check
from fusion_style.tests.support.clips import write_clip


@pytest.fixture(autouse=True)
def no_password(monkeypatch):
    monkeypatch.delenv(PASSWORD, raising=False)


def test_the_defaults_are_allowed_and_nobody_is_asked():
    check(DemoConfig())
    assert gate(DemoConfig()) is None


def test_a_password_of_a_file(tmp_path):
    path = tmp_path / "password"
    path.write_text("correct horse\nbattery\n")
    may_enter = gate(DemoConfig(public=True, user="ann", password_file=str(path)))
    assert may_enter("ann", "correct horse")
    for user, password in (("ann", "correct"), ("bob", "correct horse"), ("", "")):
        assert not may_enter(user, password)
    assert not may_enter("ann", "correct horsé")  # letters beyond ASCII are compared, too


def test_a_password_of_the_environment(monkeypatch):
    monkeypatch.setenv(PASSWORD, "staple battery")
    assert gate(DemoConfig(public=True, user="ann"))("ann", "staple battery")


@pytest.mark.parametrize(("settings", "message"), [
    ({"public": True}, "--user NAME"),
    ({"public": True, "user": "ann"}, f"or set {PASSWORD}"),
    ({"public": True, "user": "ann", "password_file": "nowhere"}, "cannot be read from"),
    ({"user": "ann"}, "only this machine sees the page"),
])  # fmt: skip
def test_a_public_page_without_a_password_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        gate(DemoConfig(**settings))


def test_a_short_password_is_refused(tmp_path):
    path = tmp_path / "password"
    path.write_text("1234567")
    with pytest.raises(ValueError, match="has 7 characters. Choose one of at least 8"):
        gate(DemoConfig(public=True, user="ann", password_file=str(path)))


def test_a_picture_of_too_many_pixels(tmp_path):
    path = str(tmp_path / "large.png")
    Image.new("RGB", (300, 200)).save(path)
    check_picture(path, DemoConfig(megapixels=0.06))
    with pytest.raises(ValueError, match=r"300×200 pixels.* up to 0\.05"):
        check_picture(path, DemoConfig(megapixels=0.05))


def test_a_file_of_too_many_megabytes(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(bytes(3000))
    with pytest.raises(ValueError, match=r"This page takes up to 0\.002"):
        check_picture(str(path), DemoConfig(megabytes=0.002))


def test_a_video_that_is_too_long_or_too_large(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", frames=10)
    check_video(clip, DemoConfig(seconds=0.5))
    with pytest.raises(ValueError, match=r"up to 0\.1. Cut it first"):
        check_video(clip, DemoConfig(seconds=0.1))
    with pytest.raises(ValueError, match="32×24 pixels"):
        check_video(clip, DemoConfig(megapixels=0.0001))


def test_what_is_no_video(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_text("nothing of the kind")
    with pytest.raises(VideoError, match="not a video"):
        check_video(str(path), DemoConfig())
