"""Progress: lines in a file, a bar on a terminal."""

import sys

import pytest

from sklvision.utils._progress import ProgressLog, open_progress


def test_progress_log_writes_the_first_and_the_last_step(capsys):
    with open_progress(1000, "fit", "comparing") as progress:
        for step in range(1000):
            progress.set_postfix_str(f"loss={step}", refresh=False)
            progress.update()
    out, err = capsys.readouterr()
    assert out == ""
    assert "\r" not in err
    first, last = err.splitlines()
    assert first == "comparing: fit 1/1000 after 0 s, loss=0"
    assert last.startswith("comparing: fit 1000/1000 after ")


def test_progress_log_writes_a_line_after_the_interval(capsys):
    with ProgressLog(10, "epoch", interval=0.0) as progress:
        for _ in range(4):
            progress.update()
    assert [line.split(" after")[0] for line in capsys.readouterr().err.splitlines()] == [
        f"epoch {n}/10" for n in (1, 2, 3, 4)
    ]


def test_progress_log_leaves_out_an_unknown_total(capsys):
    with open_progress(None, "sample") as progress:
        progress.update(3)
    assert capsys.readouterr().err.startswith("sample 3 after ")


def test_progress_log_says_where_the_work_ended(capsys):
    def work():
        with open_progress(10, "fit") as progress:
            progress.update(3)
            progress.update(4)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert [line.split(" after")[0] for line in capsys.readouterr().err.splitlines()] == [
        "fit 3/10",
        "fit 7/10",
    ]


def test_open_progress_shows_nothing_if_disabled(capsys):
    with open_progress(2, "fit", disable=True) as progress:
        progress.update()
    assert capsys.readouterr() == ("", "")


def test_open_progress_draws_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with open_progress(2, "fit", "comparing") as progress:
        progress.update(2)
    err = capsys.readouterr().err
    assert "100%" in err
    assert "\r" in err
