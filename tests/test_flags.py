"""Flags and tables of flags from a dataclass of settings."""

import importlib.util
import pathlib

import pytest
from absl import flags

from fusion_style.flags import define_flags, given, parse, table
from fusion_style.settings import build
from fusion_style.tests.test_settings import FrameConfig, WoodConfig

DOCS = pathlib.Path(__file__).parent.parent / "docs"


@pytest.fixture
def frame_flags():
    values = flags.FlagValues()
    define_flags(FrameConfig, values, except_=["glass"])
    return values


def test_only_what_is_given(frame_flags):
    frame_flags(["frame.py", "--title=Sea", "--names=a, b", "--shares=2,1", "--depth=1e1"])
    found = given(FrameConfig, frame_flags)
    assert found == {
        "title": "Sea", "names": ["a", "b"], "shares": [2.0, 1.0], "depth": 10.0
    }  # fmt: skip
    expected = FrameConfig("Sea", shares=(2, 1), frame=WoodConfig(depth=10))
    assert build(FrameConfig, found) == expected


def test_flags_have_the_defaults(frame_flags):
    frame_flags(["frame.py"])
    assert given(FrameConfig, frame_flags) == {}
    assert frame_flags.side == 512 and frame_flags.names == ["a", "b"]
    assert frame_flags.wood == "oak" and frame_flags.title is None
    assert "glass" not in frame_flags
    assert "In pixels." in frame_flags.get_help()


@pytest.mark.parametrize(("flag", "message"), [
    ("--side=inf", "flag --side=inf: it must be a whole number from 16 to 4096"),
    ("--side=1e3", "flag --side=1e3: it must be a whole number from 16 to 4096"),
    ("--shares=1,b", "flag --shares=1,b: it must be a list, each a finite number"),
    ("--wood=fir", "value should be one of <oak|ash>"),
    ("--sise=3", "Unknown command line flag 'sise'"),
])  # fmt: skip
def test_what_cannot_be_parsed_is_one_line(flag, message, frame_flags, monkeypatch):
    monkeypatch.setattr(flags, "FLAGS", frame_flags)
    with pytest.raises(SystemExit) as ended:
        parse(["/somewhere/frame.py", flag])
    assert str(ended.value).startswith("frame.py: ")
    assert message in str(ended.value) and "\n" not in str(ended.value)


def test_a_table():
    rows = table(FrameConfig, except_=["title"]).splitlines()
    assert rows[0] == "| flag | default | what it is |"
    assert "| `--side` | `512` | In pixels. |" in rows
    assert "| `--names` | `a,b` | From left to right. |" in rows
    assert "| `--glass` | off | Behind glass. |" in rows
    assert "| `--wood` | `oak` | Of the frame. One of oak, ash. |" in rows
    assert len(rows) == 2 + 7


def docs_flags():
    spec = importlib.util.spec_from_file_location("docs_flags", DOCS / "flags.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_tables_of_flags_are_up_to_date(page):
    text = page.read_text("utf-8")
    assert docs_flags().with_tables(text) == text, "Run: python docs/flags.py"


def test_what_stands_between_the_marks_is_replaced():
    text = "before\n<!-- flags: optimize -->\nold\n<!-- end -->\nafter"
    found = docs_flags().with_tables(text)
    assert found.startswith("before\n<!-- flags: optimize -->\n\n| flag |")
    assert "old" not in found and found.endswith("|\n\n<!-- end -->\nafter")
    assert docs_flags().with_tables(found) == found
    other = "<!-- flags: other -->\n<!-- end -->"
    assert docs_flags().with_tables(other) == other
