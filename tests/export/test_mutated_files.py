"""A seeded part of ``python -m benchmarks mutated_files``: changed files of models do no harm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import mutated_files
from benchmarks.__main__ import main as benchmark
from benchmarks._mutated_worker import open_file
from benchmarks._mutations import make_files, make_mutant
from sklvision.export import ModelFileError

N_MUTANTS = 300


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return list(make_files(tmp_path_factory.mktemp("files"), with_graphs=False).values())


@pytest.mark.filterwarnings("ignore")
def test_mutated_archives_are_refused_or_load(files, tmp_path):
    modules, n_refused = set(sys.modules), 0
    for path in files:
        open_file(path)
    for seed in range(N_MUTANTS):
        change, content = make_mutant(files[seed % len(files)], seed)
        path = tmp_path / "mutant.sklv"
        path.write_bytes(content)
        try:
            open_file(path)
        except ModelFileError:
            n_refused += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}, {change}") from error
    assert n_refused > 0.7 * N_MUTANTS
    roots = {name.partition(".")[0] for name in set(sys.modules) - modules}
    assert roots <= {"sklearn", "sklvision", "numpy", "scipy", *sys.stdlib_module_names}


def test_make_mutant_depends_on_the_seed_alone(files):
    first, again, other = (make_mutant(files[0], seed) for seed in (7, 7, 8))
    assert first == again != other


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_mutated_files_continues_and_counts_faults(tmp_path):
    state = tmp_path / "state.jsonl"
    for n in ("20", "45"):
        benchmark(["mutated_files", "--state", str(state), "--n", n])
    rows = mutated_files._read_state(state)
    assert sorted(rows) == list(range(45))
    assert not any(map(mutated_files.has_fault, rows.values()))
    assert mutated_files.has_fault(rows[0] | {"outcome": "crash"})
    (*_, total) = mutated_files.summarize(list(rows.values()))
    assert total["mutants"] == total["refused"] + total["loaded"] == 45
