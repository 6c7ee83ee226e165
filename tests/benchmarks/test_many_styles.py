"""The table of many styles against networks of their own."""

from fusion_style.benchmarks.many_styles import ALONE, table


def terms(total):
    return {"total": total, "content": 1.0, "style": 0.5}


def test_a_row_for_each_style_and_how_far_it_is_above():
    many = {("wave", 256): terms(0.22), ("wave", 512): terms(0.33), ("sea", 256): terms(1)}
    alone = {("wave", 512): terms(0.3), ("wave", 256): terms(0.2)}
    lines = table({"many.keras": many, ALONE: alone}).splitlines()
    assert all(line.count("|") == 6 for line in lines[:5])
    assert lines[2] == (
        "| wave | 256 | 0.220 (1.000, 0.500) | 0.200 (1.000, 0.500) | +10.0% |"
    )
    assert lines[4].startswith("| sea | 256 | 1.000")
    assert lines[-1] == "Above: +10.0% in the mean, +10.0% most"
    assert "above" not in table({"many.keras": many})
