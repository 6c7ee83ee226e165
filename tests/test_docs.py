"""The pages: what they link to is there, and the README stays short."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for folder in (".", "docs", "pretrained")
    for page in (ROOT / folder).glob("*.md")
)


def anchors(page: pathlib.Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    path = ROOT / page
    for link in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        if not link.startswith("https://"):
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            assert target.exists(), f"{page} links to {link}"
            assert not anchor or anchor in anchors(target), f"{page} links to {link}"


@pytest.mark.parametrize("page", PAGES)
def test_files_are_where_the_pages_say(page):
    text = (ROOT / page).read_text("utf-8")
    scripts = re.findall(r"\bpython (\S+\.py)\b", text)
    files = re.findall(r"`((?:[a-z_.]+/)+[a-z_]+\.[a-z]+)`", text)
    for name in {*scripts, *files} - {"starry.training/preview.jpg"}:
        assert (ROOT / name).exists(), f"{page} names {name}"


def test_readme_is_short_and_begins_with_two_commands():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 150
    commands = [line.strip() for line in lines if line.startswith("    pip ")]
    assert commands == [
        "pip install -e . && python stylize.py",
        "pip install -e '.[test]' && python -m pytest",
    ]
