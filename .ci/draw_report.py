"""Draw the picture of the report in the README, from the README's own code, by Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def draw_report(path: Path) -> None:
    """Run the README's Python, and photograph the top of the page that it writes."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"^```python\n(.*?)^```$", readme, flags=re.MULTILINE | re.DOTALL)
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if code is None or browser is None:
        raise SystemExit("the README has no Python block, or there is no Chromium")
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code[1]], cwd=folder, env=environment, check=True)
        page, picture = Path(folder, "report.html"), Path(folder, "report.png")
        size = ["--window-size=1000,930", f"--screenshot={picture}", page.as_uri()]
        # On a machine without a desktop the browser prints pages of errors that mean nothing.
        subprocess.run([browser, *OPTIONS, *size], check=True, stderr=subprocess.DEVNULL)
        if not picture.exists():
            raise SystemExit(f"{browser} made no picture of the report")
        Image.open(picture).convert("RGB").quantize(64).save(path, optimize=True)


if __name__ == "__main__":
    draw_report(ROOT / "docs" / "_static" / "readme_report.png")
