"""The page's API, as gradio_client uses it."""

import os
import urllib.request

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import Picture, read_picture, write_picture
from fusion_style.data.modes import to_bytes
from fusion_style.inference.stylizer import Stylizer
from fusion_style.tests.support.clips import contents, write_clip
from fusion_style.tests.support.many import save_many
from fusion_style.tests.support.page import served_page
from fusion_style.tests.support.pictures import made_up_photograph

gradio = pytest.importorskip("gradio", reason="the page needs gradio: '.[demo]'")

from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError, AuthenticationError

PATIENT = {"timeout": 60}  # seconds: a page that has just started answers slowly


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A file of two paintings, which the page offers."""
    return save_many(tmp_path_factory.mktemp("learned") / "both.keras")


@pytest.fixture(scope="module")
def page(instance_style, both, tmp_path_factory):
    limits = ("--megapixels=0.25", "--megabytes=1.5", "--seconds=2")
    limits += (f"--learned={os.path.dirname(both)}",)
    with served_page(instance_style, tmp_path_factory.mktemp("page"), *limits) as page:
        yield page


@pytest.fixture(scope="module")
def client(page, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("downloads"))
    return Client(page.address, verbose=False, download_files=folder, httpx_kwargs=PATIENT)


def photograph_at(path, seed=0):
    write_picture(path, Picture(made_up_photograph(48, 64, seed)))
    return str(path)


def test_a_picture_is_painted_as_stylizer_does(client, instance_style, tmp_path):
    path = photograph_at(tmp_path / "photo.png")
    out = client.predict(
        picture=handle_file(path), size=0, style="narrow", strength=0.5, keep_colors=True,
        api_name="/paint",
    )  # fmt: skip
    expected = Stylizer(instance_style)(read_picture(path), None, 0.5, True).pixels
    assert np.array_equal(read_picture(out).pixels, to_bytes(expected))


def test_two_at_once(client, instance_style, tmp_path):
    paths = [photograph_at(tmp_path / f"{i}.png", i) for i in range(2)]
    jobs = [
        client.submit(
            picture=handle_file(path), size=0, style=style, strength=1, keep_colors=False,
            api_name="/paint",
        )
        for path, style in zip(paths, ("narrow", "other"), strict=True)
    ]  # fmt: skip
    for path, job in zip(paths, jobs, strict=True):
        expected = Stylizer(instance_style)(read_picture(path)).pixels
        assert np.array_equal(read_picture(job.result()).pixels, to_bytes(expected))


def test_a_second_style_goes_where_nothing_is_marked(
    client, instance_style, both, tmp_path
):
    path = photograph_at(tmp_path / "photo.png")
    marks = np.zeros((48, 64, 4), np.uint8)
    marks[:, :30] = 255
    Image.fromarray(marks).save(tmp_path / "marks.png")
    mask = {
        "background": None, "composite": None,
        "layers": [handle_file(str(tmp_path / "marks.png"))],
    }  # fmt: skip
    out = client.predict(
        picture=handle_file(path), size=0, style="narrow", style2="wave", mask=mask,
        api_name="/paint",
    )  # fmt: skip
    wave = Stylizer(both).choose("wave")
    expected = Stylizer(instance_style)(
        read_picture(path), mask=marks[..., 3], style2=wave
    ).pixels
    assert np.array_equal(read_picture(out).pixels, to_bytes(expected))
    with pytest.raises(AppError, match="different style files"):
        client.predict(
            picture=handle_file(path), size=0, style="narrow", style2="wave",
            api_name="/paint",
        )  # fmt: skip


def test_two_paintings_of_a_file_are_mixed(client, both, tmp_path):
    path = photograph_at(tmp_path / "photo.png")
    out = client.predict(
        picture=handle_file(path), size=0, style="wave", style2="udnie", share=0.25,
        stroke=300, api_name="/paint",
    )  # fmt: skip
    mixed = Stylizer(both).choose({"wave": 0.75, "udnie": 0.25}, 300)
    expected = to_bytes(mixed(read_picture(path)).pixels)
    assert np.array_equal(read_picture(out).pixels, expected)


def test_a_mix_paints_a_video(client, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4")
    out = client.predict(
        video=handle_file(clip), size=0, steady=1, style="wave", style2="udnie",
        share=0.25, stroke=300, api_name="/paint_video",
    )  # fmt: skip
    out = out["video"] if isinstance(out, dict) else out
    assert os.path.basename(out) == "clip-wave-udnie.mp4"
    assert len(contents(out).frames) == 10


def test_what_is_too_large_is_told(client, tmp_path):
    large = tmp_path / "large.png"
    Image.new("RGB", (600, 500)).save(large)
    with pytest.raises(AppError, match="600×500 pixels.* up to 0.25. Make it smaller"):
        client.predict(handle_file(large), 0, "narrow", 1, False, api_name="/paint")
    clip = write_clip(tmp_path / "long.mp4", frames=60, audio=False)
    with pytest.raises(AppError, match="seconds long. This page paints up to 2"):
        client.predict(handle_file(clip), 0, 1, "narrow", 1, False, api_name="/paint_video")
    heavy = tmp_path / "heavy.png"
    heavy.write_bytes(large.read_bytes() + bytes(2_000_000))
    with pytest.raises(Exception, match="exceeds the maximum file size of 1500000 bytes"):
        client.predict(handle_file(heavy), 0, "narrow", 1, False, api_name="/paint")


def test_what_is_missing_is_told(client, tmp_path):
    with pytest.raises(AppError, match="Give a photograph first"):
        client.predict(None, 0, "narrow", 1, False, api_name="/paint")
    path = handle_file(photograph_at(tmp_path / "photo.png"))
    with pytest.raises(AppError, match="nowhere"):
        client.predict(path, 0, "nowhere", 1, False, api_name="/paint")


def test_the_browser_is_told_to_ask_nobody_else(page):
    with urllib.request.urlopen(page.address) as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = answer.read().decode()
    assert policy.startswith("default-src 'self' data: blob: 'unsafe-inline'")
    assert "http" not in policy and "*" not in policy
    assert "fonts.googleapis.com" not in text


def test_a_public_page_asks_and_does_not_train(instance_style, tmp_path):
    (tmp_path / "password").write_text("correct horse")
    flags = ("--public", "--user=ann", f"--password_file={tmp_path / 'password'}")
    with served_page(instance_style, tmp_path, *flags) as page:
        address = page.address.replace("0.0.0.0", "127.0.0.1")
        for wrong, answer in (
            (None, "credentials were not provided"),
            (("ann", "wrong horse"), "Could not login"),
        ):
            with pytest.raises((AuthenticationError, ValueError), match=answer):
                Client(address, verbose=False, auth=wrong, httpx_kwargs=PATIENT)
        right = ("ann", "correct horse")
        client = Client(address, verbose=False, auth=right, httpx_kwargs=PATIENT)
        names = client.view_api(print_info=False, return_format="dict")["named_endpoints"]
        assert "/paint" in names and "/learn" not in names
