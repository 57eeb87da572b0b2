"""Real processes for tests of faults: each is started by a test and ended with it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A loaded machine is slow, but what hangs should fail.
PATIENCE = 100


def heed_signals():
    """Let the process end by signals, which nohup and shells in the background have it ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Program:
    """A process whose output is read as it comes."""

    def __init__(self, arguments, folder, env):
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            # The folder of the test holds modules that the processes import.
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=None if sys.platform == "win32" else heed_signals,
        )
        self.texts = {"stdout": b"", "stderr": b""}
        self._readers = [threading.Thread(target=self._read, args=(n,)) for n in self.texts]
        for reader in self._readers:
            reader.start()

    def _read(self, name):
        stream = getattr(self.process, name)
        while part := os.read(stream.fileno(), 4096):
            self.texts[name] += part
        stream.close()

    @property
    def output(self):
        return self.texts["stdout"].decode()

    @property
    def errors(self):
        return self.texts["stderr"].decode()

    def wait_until(self, condition):
        """Wait for a pattern in the output or the errors, or for a function to return True."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            text = self.output + self.errors
            if condition() if callable(condition) else re.search(condition, text):
                return
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {text}"
            time.sleep(0.01)
        raise AssertionError(f"nothing after {PATIENCE} s: {self.output + self.errors}")

    def send(self, number, *, to_group=True):
        """Send a signal, by default to all processes of the group as a terminal does."""
        (os.killpg if to_group else os.kill)(self.process.pid, number)

    def wait(self):
        """Wait for the end; return the status."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def stop(self):
        """End all processes of the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()


@pytest.fixture
def start(tmp_path):
    """Start a command of sklvision, or a program given as text, in the folder of the test."""
    programs = []

    def start(*arguments, code=None, **env):
        if code is not None:
            (tmp_path / "program.py").write_text(code)
        command = ["-m", "sklvision"] if code is None else ["program.py"]
        programs.append(Program([*command, *arguments], tmp_path, env))
        return programs[-1]

    yield start
    for program in programs:
        program.stop()


@pytest.fixture
def run(start):
    """Run a command or a program to its end; return it."""

    def run(*arguments, **options):
        program = start(*arguments, **options)
        program.wait()
        return program

    return run
