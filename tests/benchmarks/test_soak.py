"""The soak: that it sees what is lost."""

import os
import subprocess
import sys

import pytest

from fusion_style.benchmarks import faults
from fusion_style.files import remove_old_leftovers, temporary_path
from fusion_style.tests.support.pictures import import_script

pytest.importorskip("resource")


@pytest.fixture
def soak():
    return import_script("fusion_style.benchmarks.soak")


def test_growth_is_from_the_second_quarter_to_the_last(soak):
    assert soak.growth([100, 200, 200, 210]) == pytest.approx(0.05)
    assert soak.growth([100]) == 0 and soak.growth([0, 0, 0, 0]) == 0
    assert soak.growth([50, 60, 100, 100, 0.1, 1, 110, 110]) == pytest.approx(0.1)


def test_files_may_not_grow(soak, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import sys; open(sys.argv[1], 'wb', 0).write(bytes(5000))")
    program = [sys.executable, "-c", soak.LIMITED, "1000", str(script)]
    subprocess.run([*program, str(tmp_path / "large")], capture_output=True)
    assert os.path.getsize(tmp_path / "large") <= 1000


def test_leftovers_are_counted_and_not_taken_for_paintings(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.jpg").touch()
    left = temporary_path(str(tmp_path / "inside" / "a.jpg"))
    open(left, "w").close()
    assert faults.painted_in(str(tmp_path)) == [os.path.join("inside", "a.jpg")]
    assert faults.leftovers_in(str(tmp_path)) == [left]
    remove_old_leftovers(tmp_path / "inside")
    assert faults.age_leftovers(str(tmp_path)) == 1
    remove_old_leftovers(tmp_path / "inside")
    assert faults.leftovers_in(str(tmp_path)) == []
