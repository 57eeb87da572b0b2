"""``python -m benchmarks mutation``: which changes count, and which tests may detect one."""

from __future__ import annotations

import pytest

from benchmarks._mutants import draw_mutants, dump_essence
from benchmarks._mutation_run import IMPORT_TIME, find_related_lines

SOURCE = '''\
LIMIT = 3


def check(x: int, low: int = 0) -> None:
    """Check x."""
    if x < low:
        raise ValueError(f"{x} is below {low + 1}")
    return x * LIMIT
'''


@pytest.mark.parametrize(
    ("source", "mutant"),
    [
        ("x: int,", "x: int | None,"),
        ("Check x.", "Check y."),
        ("low + 1", "low - 1"),
    ],
)
def test_dump_essence_ignores_annotations_docstrings_and_messages(source, mutant):
    assert dump_essence(SOURCE.replace(source, mutant)) == dump_essence(SOURCE)


@pytest.mark.parametrize(
    ("source", "mutant"), [("x < low", "x <= low"), ("low: int = 0", "low: int = 1")]
)
def test_dump_essence_shows_changes_of_behavior(source, mutant):
    assert dump_essence(SOURCE.replace(source, mutant)) != dump_essence(SOURCE)


@pytest.mark.parametrize(
    ("line", "related"),
    [
        pytest.param(6, {6}, id="the head of a condition"),
        pytest.param(8, {8}, id="a statement"),
        pytest.param(4, set(range(5, 9)), id="a signature concerns the whole function"),
        pytest.param(1, {6, 8}, id="a constant concerns every line that a test reaches"),
    ],
)
def test_find_related_lines_of_a_fault(line, related):
    reached_tests = {1: {IMPORT_TIME}, 4: {IMPORT_TIME}, 6: {IMPORT_TIME, "a test"}, 8: {"a test"}}
    assert find_related_lines(SOURCE, line, reached_tests) == related


def test_draw_mutants_is_seeded_and_changes_one_place(tmp_path):
    pytest.importorskip("cosmic_ray")
    (tmp_path / "a.py").write_text(SOURCE, encoding="utf-8")
    mutants = draw_mutants(tmp_path, ["a.py"], 20, seed=0)
    assert mutants == draw_mutants(tmp_path, ["a.py"], 20, seed=0)
    assert {mutant.line for mutant in mutants} == {1, 4, 6, 8}
    for mutant in mutants:
        removed_lines, added_lines = mutant.to_record(tmp_path)["diff"]
        assert removed_lines[1:] in SOURCE
        assert added_lines[1:] not in SOURCE
