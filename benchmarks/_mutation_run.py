"""Run tests on mutants, each in a fork of a process that has the libraries loaded already.

Run as a process of its own, ``python -m benchmarks._mutation_run SETTINGS.json``, which must not
have imported the package. All tests run once with coverage in a working copy of the project, so
that each mutant meets only the tests that reach its line, the fastest first. A mutant is written
into the copy while it is tested, so that processes started by tests see it as well.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks._mutants import Mutant, format_survivors

LIBRARIES = (
    *(
        "numpy",
        "scipy.stats",
        "scipy.ndimage",
        "scipy.signal",
        "pandas",
        "sklearn.pipeline",
        "PIL.Image",
        "rich",
    ),
    *(
        "sklearn.utils.estimator_checks",
        "sklearn.model_selection",
        "sklearn.ensemble",
        "joblib",
        "matplotlib.pyplot",
    ),
    *(
        "torch",
        "torch._dynamo",
        "skorch",
        "skorch.callbacks",
        "hypothesis",
        "hypothesis.extra.numpy",
        "onnxruntime",
    ),
)
# A survivor meets all tests that reach its line, fastest first, until they would take this long.
MOST_SECONDS = 120
IMPORT_TIME = ""  # coverage's name for what runs outside tests: imports


class Recorder:
    """Pytest plugin that records which lines each test reaches, and its duration.

    The lines that a shared fixture reaches count for every test that uses it.
    """

    def __init__(self, coverage):
        self.coverage = coverage
        self.contexts = [IMPORT_TIME]
        self.tests: dict[str, dict[str, Any]] = {}

    @contextlib.contextmanager
    def name_context(self, name):
        self.contexts.append(name)
        self.coverage.switch_context(name)
        try:
            yield
        finally:
            self.contexts.pop()
            self.coverage.switch_context(self.contexts[-1])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.tests[item.nodeid] = {
            "seconds": 0.0,
            "passed": True,
            "fixtures": name_fixtures_of(item),
        }
        with self.name_context(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        if fixturedef.scope == "function":
            return (yield)
        with self.name_context(name_fixture(fixturedef, getattr(request, "param", None))):
            return (yield)

    def pytest_runtest_logreport(self, report):
        test = self.tests[report.nodeid]
        test["seconds"] += report.duration
        test["passed"] &= report.passed


def name_fixtures_of(item):
    params = item.callspec.params if hasattr(item, "callspec") else {}
    info = getattr(item, "_fixtureinfo", None)
    return [
        name_fixture(definition, params.get(name))
        for name, definitions in (info.name2fixturedefs if info else {}).items()
        for definition in definitions
    ]


def name_fixture(definition, param):
    return f"fixture {definition.baseid}::{definition.argname}[{param!r}]"


class Chooser:
    """Pytest plugin that runs only some tests, in this order, and keeps the first failure."""

    def __init__(self, names):
        self.order = {name: i for i, name in enumerate(names)}
        self.first_failure = None

    def pytest_sessionstart(self):
        from hypothesis import Phase, settings

        # That a property fails is enough: no smaller example is looked for.
        settings.register_profile(
            "mutation", settings.default, phases=[Phase.explicit, Phase.generate]
        )
        settings.load_profile("mutation")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order),
            key=lambda item: self.order[item.nodeid],
        )

    def pytest_runtest_logreport(self, report):
        if report.failed and self.first_failure is None:
            self.first_failure = report.nodeid

    def pytest_collectreport(self, report):
        if report.failed and self.first_failure is None:
            self.first_failure = f"{report.nodeid} (import)"


class Workshop:
    """A working copy of the project with the coverage of its tests."""

    def __init__(self, folder: Path, package: str, paths: list[str]):
        self.folder = folder
        self.copy = folder / "copy"
        self.package = package
        self.paths = paths
        self._lines: dict[str, dict[int, set[str]]] = {}

    def measure(self) -> None:
        """Run all tests once with coverage, unless an earlier run has done so."""
        if not (self.folder / "tests.json").exists():
            outcome, seconds = self.run_in_fork(self._measure, timeout=7200)
            print(f"tests with coverage: {outcome} after {seconds:.0f} s", flush=True)
        self.tests = json.loads((self.folder / "tests.json").read_text())
        failures = [name for name, test in self.tests.items() if not test["passed"]]
        print(f"{len(self.tests)} tests, left out as they do not pass here: {failures}", flush=True)

    def _measure(self) -> None:
        from coverage import Coverage

        coverage = Coverage(
            data_file=str(self.folder / "coverage"),
            config_file=False,
            include=[str(self.copy / self.package / "*")],
        )
        recorder = Recorder(coverage)
        coverage.start()
        pytest.main(self._make_arguments(self.paths), plugins=[recorder])
        coverage.stop()
        coverage.save()
        (self.folder / "tests.json").write_text(json.dumps(recorder.tests))

    def _make_arguments(self, paths: list[str]) -> list[str]:
        return [
            *(
                "-q",
                "-x" if paths is not self.paths else "-q",
                "-m",
                "not slow",
                "-p",
                "no:cacheprovider",
            ),
            *("--hypothesis-seed=0", f"--basetemp={self.folder / 'tmp'}", *paths),
        ]

    def find_tests(self, mutant: Mutant) -> list[str]:
        """Find the tests that reach the mutant's line and pass without it, fastest first."""
        lines = self._collect_contexts(mutant.file)
        source = (self.copy / mutant.file).read_text(encoding="utf-8")
        reached_lines = set().union(
            *(lines.get(n, ()) for n in find_related_lines(source, mutant.line, lines))
        )
        reached_lines.discard(IMPORT_TIME)
        names = [
            name
            for name, test in self.tests.items()
            if test["passed"]
            and (name in reached_lines or not reached_lines.isdisjoint(test["fixtures"]))
        ]
        selected_tests, total = [], 0.0
        for name in sorted(names, key=lambda name: self.tests[name]["seconds"]):
            total += self.tests[name]["seconds"]
            if selected_tests and total > MOST_SECONDS:
                break
            selected_tests.append(name)
        return selected_tests

    def _collect_contexts(self, file: str) -> dict[int, set[str]]:
        from coverage import CoverageData

        if file not in self._lines:
            data = CoverageData(str(self.folder / "coverage"))
            data.read()
            by_line = data.contexts_by_lineno(str(self.copy / file))
            self._lines[file] = {line: set(contexts) for line, contexts in by_line.items()}
        return self._lines[file]

    def test(self, mutant: Mutant) -> dict[str, Any]:
        """Run the tests on a mutant: is it killed, by which test, in how many seconds."""
        names = self.find_tests(mutant)
        if not names:
            return {"outcome": "survived", "tests": 0, "by": None, "seconds": 0.0}
        path = self.copy / mutant.file
        original, stat = path.read_bytes(), path.stat()
        answer = self.folder / "answer.json"
        answer.unlink(missing_ok=True)
        path.write_text(mutant.read_source(self.copy), encoding="utf-8")
        expected = sum(self.tests[name]["seconds"] for name in names)
        try:
            outcome, seconds = self.run_in_fork(
                lambda: self._judge(names, answer), timeout=60 + 5 * expected
            )
        finally:
            path.write_bytes(original)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        if outcome == "timeout":
            result = {"outcome": "killed", "by": "timeout"}
        elif answer.exists():
            result = json.loads(answer.read_text())
        else:
            result = {"outcome": "killed", "by": "crash"}
        return result | {"tests": len(names), "seconds": round(seconds, 2)}

    def _judge(self, names: list[str], answer: Path) -> None:
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        chooser = Chooser(names)
        files = sorted({name.partition("::")[0] for name in names})
        code = pytest.main(self._make_arguments(files), plugins=[chooser])
        outcome = "survived" if code == pytest.ExitCode.OK else "killed"
        reason = chooser.first_failure or str(code)
        answer.write_text(json.dumps({"outcome": outcome, "by": reason}))

    def run_in_fork(self, function: Callable[[], None], timeout: float) -> tuple[str, float]:
        """Run a function in a forked process that works in the copy."""
        start = time.monotonic()
        child = os.fork()
        if not child:
            code = 1
            try:
                self._move_in()
                function()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        outcome = "ended"
        while not os.waitpid(child, os.WNOHANG)[0]:
            if time.monotonic() - start > timeout:
                outcome = "timeout"
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                break
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)  # workers that it left
        return outcome, time.monotonic() - start

    def _move_in(self) -> None:
        os.setsid()
        log = os.open(self.folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for name in [
            name for name in sys.modules if name.partition(".")[0] in ("benchmarks", "tests")
        ]:
            del sys.modules[name]
        import_roots = {str(Path(__file__).parents[1]), ""}
        sys.path[:] = [str(self.copy), *(path for path in sys.path if path not in import_roots)]
        os.environ["PYTHONPATH"] = str(self.copy)
        os.environ.pop("SKLVISION_DATA", None)
        os.chdir(self.copy)


def find_related_lines(source: str, line: int, reached_lines: dict[int, set[str]]) -> set[int]:
    """Find the lines whose tests may detect a fault in this line.

    These are the lines of its statement; if that runs on import, those of the function whose
    signature it belongs to, or of the whole file.
    """
    tree = ast.parse(source)
    enclosing = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and get_first_line(node) <= line <= node.end_lineno
    ]
    enclosing.sort(key=lambda node: node.end_lineno - get_first_line(node))
    statement = enclosing[0]
    functions = [
        node for node in enclosing if isinstance(node, ast.FunctionDef) and node.lineno <= line
    ]
    bodies = [node for node in functions if node.body[0].lineno <= line]
    if not bodies and functions:
        return set(range(functions[0].body[0].lineno, functions[0].end_lineno + 1))
    if not bodies or any("cache" in ast.unparse(d) for f in bodies for d in f.decorator_list):
        return {n for n, contexts in reached_lines.items() if contexts - {IMPORT_TIME}}
    end = statement.end_lineno
    if isinstance(getattr(statement, "body", None), list):  # a loop, a condition: its head
        end = max(statement.body[0].lineno - 1, line)
    return set(range(get_first_line(statement), end + 1))


def get_first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def main(settings: dict[str, Any]) -> None:
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    import torch

    torch.set_num_threads(1)
    assert "sklvision" not in sys.modules
    workshop = Workshop(Path(settings["folder"]), settings["package"], settings["paths"])
    workshop.measure()
    results = Path(settings["results"])
    records = json.loads(results.read_text()) if results.exists() else []
    completed = {record["name"] for record in records}
    for name in settings["mutants"]:
        mutant = Mutant(**name)
        if mutant.name in completed:
            continue
        record = mutant.to_record(workshop.copy) | workshop.test(mutant)
        records.append(record)
        results.write_text(json.dumps(records, indent=1))
        results.with_suffix(".txt").write_text(format_survivors(records))
        print(
            record["outcome"],
            record["seconds"],
            record["tests"],
            mutant.name,
            record["by"],
            flush=True,
        )


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
