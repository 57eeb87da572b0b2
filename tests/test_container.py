"""The install and start lines of ``deploy/Dockerfile``, run as another user in an empty environment."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklvision.export import save
from tests.serving._clients import call, post_json

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
OTHER_USER = 65534  # nobody


def read_stages():
    """Read the instructions of every stage, those of the stage it builds on first."""
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
    stages, name = {}, ""
    for line in lines:
        instruction, argument = line.split(maxsplit=1)
        if instruction == "FROM":
            base, _, name = argument.split()
            stages[name] = list(stages.get(base, []))
        else:
            stages[name].append((instruction, argument))
    return stages


def test_no_image_runs_as_root():
    for name, instructions in read_stages().items():
        users = [argument for instruction, argument in instructions if instruction == "USER"]
        assert users, name
        assert int(users[-1]) >= 1000


def test_the_service_is_checked_and_exposed():
    instructions = dict(read_stages()["serve"])
    assert instructions["EXPOSE"] == "8000"
    assert "/health" in instructions["HEALTHCHECK"]
    assert json.loads(instructions["CMD"])[:2] == ["sklvision", "serve"]


def test_compose_names_stages_of_the_dockerfile():
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    targets = set(re.findall(r"target: (\w+)", text))
    assert targets == {"serve", "train"} <= set(read_stages())
    assert text.count("cap_drop: [ALL]") == 2
    train = json.loads(re.search(r"command:\s+(\[.*\])", text)[1])
    assert train[0] == "train"


def test_images_install_what_the_package_declares():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    stages = {name: dict(instructions)["RUN"] for name, instructions in read_stages().items()}
    extras = re.search(r"source\[(.*)\]", stages["train"])[1].split(",")
    assert set(extras) <= set(project["optional-dependencies"])
    packages = stages["serve"].split("constraints.txt")[1].split("&&")[0].split()
    for package in packages:
        assert f"\n{package}==" in pinned, package
    assert "torch" not in packages


def test_dockerignore_leaves_what_is_copied():
    kept = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M))
    copies = [argument for name, argument in read_stages()["base"] if name == "COPY"]
    sources = {word for copy in copies for word in copy.split()[1:-1]}
    assert kept == sources


@pytest.fixture
def open_folder():
    """A folder that other users can reach, which those of pytest are not."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.slow
def test_serve_image_installs_and_starts_as_another_user(open_folder):
    home = open_folder / "home"
    home.mkdir()
    instructions = read_stages()["serve"]
    for instruction, argument in instructions:
        if instruction == "COPY":
            copy_files(argument, home)
    (models := open_folder / "models").mkdir()
    X = np.random.default_rng(0).normal(size=(20, 3))
    save(LogisticRegression().fit(X, [0, 1] * 10), models / "model.sklv")
    user = OTHER_USER if os.name == "posix" and os.getuid() == 0 else None
    if user is not None:
        for path in (home, *home.rglob("*")):
            os.chown(path, user, user)
    (programs := open_folder / "bin").mkdir()
    (programs / "python").symlink_to(find_python(user))
    env = {"HOME": str(home), "PATH": f"{home}/venv/bin:{programs}:/usr/bin:/bin"}
    env |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    env |= {"PIP_NO_CACHE_DIR": "1", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    options = {
        "cwd": home,
        "env": env,
        "user": user,
        "group": user,
        "extra_groups": [] if user else None,
    }
    for instruction, argument in instructions:
        if instruction == "RUN" and not argument.startswith("useradd"):
            completed = subprocess.run(
                ["/bin/sh", "-c", argument], capture_output=True, text=True, check=False, **options
            )
            assert completed.returncode == 0, completed.stderr[-2000:]
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        address = sock.getsockname()
    command = json.loads(dict(instructions)["CMD"])
    command = [word.replace("/models", str(models)) for word in command]
    command[command.index("8000")] = str(address[1])
    with (open_folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **options)
        try:
            deadline = time.monotonic() + 120
            while "serves on" not in (open_folder / "log").read_text():
                assert process.poll() is None, (open_folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
            assert call(address, path="/health").status == 200
            assert post_json(address, {"spectra": X[:2].tolist()}).status == 200
            assert call(address).status == 200  # the page is in the wheel
            check = json.loads(dict(instructions)["HEALTHCHECK"].split("CMD ")[1])
            check = [word.replace("8000", str(address[1])) for word in check]
            assert subprocess.run(check, check=False, **options).returncode == 0
        finally:
            process.terminate()
            assert process.wait(60) == 0
    assert not list(home.glob("venv/lib/python3*/site-packages/torch"))


def find_python(user):
    """Find a Python with venv that this user can run: one in a home of root is no use to others."""
    for name in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        code = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
        try:
            completed = subprocess.run(
                [Path(name).resolve(), "-c", code], user=user, check=False, capture_output=True
            )
        except OSError:
            continue
        if completed.returncode == 0:
            return Path(name).resolve()
    pytest.skip("another user can run no Python from 3.11 on that has venv")


def copy_files(argument, home):
    *sources, target = [word for word in shlex.split(argument) if not word.startswith("--")]
    for source in sources:
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, home / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (home / target).mkdir(exist_ok=True)
            shutil.copy(path, home / target)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed")
def test_dockerfile_passes_its_linter():
    completed = subprocess.run(
        ["hadolint", str(DOCKERFILE)], capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stdout
