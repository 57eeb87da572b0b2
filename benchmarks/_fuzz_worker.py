"""Run the cases of a range of seeds, and report what each did.

Run as a process of its own, ``python -m benchmarks._fuzz_worker START STOP [TARGET]``: a case may
end it. Every case answers with a line of JSON, before it begins and when it is done.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks._fuzz.case import Case
from benchmarks._fuzz.judge import FaultError, OverTimeError, RefusalError, judge_error
from benchmarks._fuzz.targets import pick_target

MOST_SECONDS = 30  # of the processor
MOST_BYTES = 4 * 2**30  # of memory, above what the process has when it starts


def main(start: str, stop: str, target_name: str | None = None) -> None:
    """Run the cases of a range of seeds."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print from C does not go there
    prepare_process()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        os.chdir(name)
        for seed in range(int(start), int(stop)):
            folder = Path(name) / str(seed)
            folder.mkdir()
            target = pick_target(Case(seed, folder), target_name)
            _answer(answers, {"seed": seed, "target": target.name, "group": target.group})
            faulthandler.dump_traceback_later(4 * MOST_SECONDS, exit=True)
            _answer(answers, run_case(seed, folder, target_name))
            faulthandler.cancel_dump_traceback_later()
            shutil.rmtree(folder, ignore_errors=True)


def prepare_process() -> None:
    """Limit memory and threads, and arm the clock of a case."""
    import torch

    torch.set_num_threads(1)
    size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = size * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    signal.signal(signal.SIGPROF, _stop_case)


def run_case(seed: int, folder: Path, target_name: str | None = None) -> dict[str, Any]:
    """Run one case.

    Parameters
    ----------
    seed : int
        Its seed.
    folder : Path
        Empty folder.
    target_name : str, default=None
        Name of the target, or of a group of targets.

    Returns
    -------
    row : dict
        Seed, target, group, outcome ("success", "refusal" or "fault") and what was found.
    """
    case = Case(seed, folder)
    target = pick_target(case, target_name)
    row: dict[str, Any] = {"seed": seed, "target": target.name, "group": target.group}
    begin = time.perf_counter()
    try:
        try:
            signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
            target.run(case)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        row["outcome"] = "success"
    except RefusalError as refusal:
        row |= {"outcome": "refusal", "message": str(refusal)}
    except FaultError as fault:
        row |= _describe(fault)
    except OverTimeError:
        trace = traceback.format_exc()[-3000:]
        row |= _describe(FaultError("over time", f"more than {MOST_SECONDS} s", "", trace))
    except Exception as error:
        if judge_error(error) is None:  # of data that a case read itself
            row |= {"outcome": "refusal", "message": str(error)[:300]}
            return row | {"seconds": round(time.perf_counter() - begin, 4)}
        row |= _describe(
            FaultError("error of the case", repr(error)[:300], "", traceback.format_exc())
        )
    row["seconds"] = round(time.perf_counter() - begin, 4)
    if row["outcome"] == "fault":
        row["notes"] = case.notes
    return row


def _describe(fault: FaultError) -> dict[str, Any]:
    return {
        "outcome": "fault",
        "kind": fault.kind,
        "message": fault.message,
        "place": fault.place,
        "details": fault.details,
    }


def _stop_case(*_: Any) -> None:
    raise OverTimeError


def _answer(file: TextIO, row: dict[str, Any]) -> None:
    file.write(json.dumps(row) + "\n")
    file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
