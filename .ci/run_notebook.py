"""Run a notebook from top to bottom: ``python .ci/run_notebook.py NOTEBOOK [--write]``.

All code cells run in one namespace and in an empty directory, as if each was pasted into Python: no
Jupyter is needed. ``--write`` stores the text that each cell prints as its output. An error in a
cell ends the run with status 1.
"""

import argparse
import contextlib
import io
import json
import os
import tempfile
from pathlib import Path


def run_notebook(notebook: dict) -> list[str]:
    """Run all code cells; return the text that each printed."""
    namespace = {"__name__": "__main__"}
    texts = []
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        code = compile("".join(cell["source"]), f"<cell {number}>", "exec")
        with contextlib.redirect_stdout(io.StringIO()) as stream:
            exec(code, namespace)
        texts.append(stream.getvalue())
    return texts


def store_outputs(notebook: dict, texts: list[str]) -> None:
    """Store texts as the outputs of the code cells."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, (cell, text) in enumerate(zip(cells, texts, strict=True), start=1):
        cell["execution_count"] = count
        cell["outputs"] = []
        if text:
            lines = text.splitlines(keepends=True)
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": lines}]


def main() -> None:
    """Run a notebook, and print or store its outputs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--write", action="store_true", help="store the outputs in the notebook")
    args = parser.parse_args()
    path = args.notebook.resolve()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        texts = run_notebook(notebook)
        os.chdir(path.parent)
    if args.write:
        store_outputs(notebook, texts)
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")
    else:
        print("".join(texts), end="")


if __name__ == "__main__":
    main()
