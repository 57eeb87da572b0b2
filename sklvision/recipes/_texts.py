"""Texts that the docstrings of all recipes share."""

from __future__ import annotations

from sklvision.utils._docstrings import fill_docstrings

document = fill_docstrings(
    {
        "added": """\
Notes
-----
.. versionadded:: 0.1""",
        "seed": """\
random_state : int, RandomState instance or None, default=None
    Seed of the training.""",
        "device": """\
device : str, default="auto"
    Device that computes: ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; ``"auto"`` takes a GPU
    if there is one.""",
    }
)
