"""Folds that the options of a command ask for: drawn, official, or in the order of time."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Folds:
    """Folds of a command.

    Attributes
    ----------
    cv : int or list of (ndarray, ndarray) tuples or None
        Number of folds to draw, or the folds.
    description : str
        Description of given folds; "" where they are drawn.
    is_official : bool
        Whether they are the one official split.
    """

    cv: Any
    description: str = ""
    is_official: bool = False


def check_fold_options(args: argparse.Namespace) -> None:
    """Raise where options about folds exclude each other, before data are read."""
    if args.split is not None and args.time is not None:
        raise ValueError("--split and --time exclude each other: pass one of them.")
    if args.split is not None and args.cv is not None:
        raise ValueError(f"--cv {args.cv}: not with --split, whose training and test set are used.")
    repeats = getattr(args, "repeats", 1)
    if repeats > 1 and (args.split is not None or args.time is not None):
        option = "--split" if args.split is not None else "--time"
        raise ValueError(
            f"--repeats {repeats}: not with {option}, whose folds are always the same."
        )


def choose_folds(data: Any, args: argparse.Namespace, default: int | None) -> Folds:
    """Choose the folds of labeled data.

    Parameters
    ----------
    data : Bunch
        Of ``load_labeled``.
    args : Namespace
        With ``cv``, ``split`` and ``time``.
    default : int or None
        Number of folds to draw where no option says more; None holds samples out once.
    """
    if args.split is not None:
        from sklvision.cli._split import find_split  # needs NumPy

        split = find_split(data.split, args.split)
        return Folds([split], f"the official test set (column {args.split})", is_official=True)
    if args.time is None:
        return Folds(default if args.cv is None else args.cv)
    from sklvision.model_selection import make_time_folds

    # Without a number of folds, the latest fifth is held out once.
    n_folds = args.cv or default
    folds = make_time_folds(data.times, n_folds or 4)
    order = f"later than all samples of their training (column {args.time})"
    if n_folds is None:
        return Folds(folds[-1:], order)
    return Folds(folds, f"in {len(folds)} folds, {order}")
