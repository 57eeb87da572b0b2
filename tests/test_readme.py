"""Every Python example of the README and of the documentation runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from sklvision.datasets import make_nails, make_spectra
from sklvision.export import load, save
from sklvision.image import FlattenImages

ROOT = Path(__file__).parents[1]


def find_examples(fence):
    """Find the blocks with this word after their opening fence, by page."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        pattern = rf"^```{fence}\n(.*?)^```$"
        blocks = [
            (text.count("\n", 0, match.start()) + 2, match[1])
            for match in re.finditer(pattern, text, flags=re.MULTILINE | re.DOTALL)
        ]
        if blocks and path.name != "README.md":  # which has a test of its own
            yield pytest.param(path, blocks, id=path.relative_to(ROOT).as_posix())


def run_blocks(path, blocks, **names):
    """Run the blocks of a page one after the other, as a reader does."""
    names["__name__"] = "__main__"
    for line, code in blocks:
        # Line numbers of an error are those of the file.
        exec(compile("\n" * (line - 1) + code, str(path), "exec"), names)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "blocks"), list(find_examples("python")))
def test_pages_run_as_written(path, blocks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # examples may write files
    run_blocks(path, blocks)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "blocks"), list(find_examples("python images")))
def test_pages_run_on_photographs(path, blocks, tmp_path, monkeypatch):
    """The same in two folds, with bright bars on dark card for the images; bent ones are bad."""
    monkeypatch.chdir(tmp_path)
    labels = np.array(["bad", "good"] * 2)
    blocks = [(line, code.replace("cv=5", "cv=2")) for line, code in blocks]
    images = np.zeros((len(labels), 960, 960), np.uint8)
    images[:, 470:490, 300:660] = 255
    images[labels == "bad", 490:560, 300:330] = 255
    run_blocks(path, blocks, images=images, labels=labels)
    assert load("inspector.sklv").predict(images).shape == labels.shape


@pytest.mark.slow
@pytest.mark.parametrize(("path", "blocks"), list(find_examples("python cluster")))
def test_pages_run_on_a_cluster(path, blocks, tmp_path, monkeypatch):
    """The same, on a scheduler of this machine, with small data in place of the user's."""
    distributed = pytest.importorskip("distributed")
    ray, zarr = pytest.importorskip("ray"), pytest.importorskip("zarr")
    Image = pytest.importorskip("PIL.Image")
    pytest.importorskip("optuna_integration")
    monkeypatch.chdir(tmp_path)
    images, y = make_nails(40, image_size=(32, 48), random_state=0)
    model = make_pipeline(FlattenImages(), LogisticRegression(C=1e-6)).fit(images, y)
    save(model, "nails.sklv")
    zarr.save("archive.zarr", images)
    Path("belt").mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(f"belt/{i}.png")
    X, labels = make_spectra(60, n_bands=8, random_state=0)
    zarr.save("spectra.zarr", X)
    names = {
        "X": X,
        "y": labels,
        "labels": labels,
        "files": sorted(map(str, Path().rglob("*.png"))),
    }
    names["candidates"] = {"bayes": GaussianNB()}
    names["search"] = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-8]}, cv=2)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1) as cluster:
        address = cluster.scheduler_address
        blocks = [(line, code.replace("tcp://scheduler:8786", address)) for line, code in blocks]
        try:
            run_blocks(path, blocks, **names)
        finally:
            ray.shutdown()


def test_readme_shows_the_output_of_its_code(tmp_path, monkeypatch, capsys):
    """Times and sizes differ between machines; estimators, scores and the verdict do not."""
    monkeypatch.chdir(tmp_path)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", readme, re.M | re.S)
    (shown,) = re.findall(r"^```python\n.*?^```\n\n```text\n(.*?)^```$", readme, re.M | re.S)
    run_blocks(ROOT / "README.md", [(1, code) for code in blocks])
    printed = capsys.readouterr().out
    score = r"^(.+?) +(\d\.\d{4}) ± \d\.\d{4}"
    expected = re.findall(score, shown, re.M)
    found = dict(re.findall(score, printed, re.M))
    assert len(expected) == 4
    for name, accuracy in expected:
        assert abs(float(found[name]) - float(accuracy)) < 0.01, name
    verdict = "No difference shown between net and logistic regression"
    assert verdict in shown
    assert verdict in printed
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_links_within_the_project_exist():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
