"""The page in a real browser, on a phone and a large screen, by mouse and by keyboard alone.

With SKLVISION_SCREENSHOTS=FOLDER, pictures of every state are written there, to be looked at.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.serving._clients import call, run_in_thread
from tests.serving.conftest import encode

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WIDTHS = [390, 1200]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=BROWSER, headless=True, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def open_page(browser, address, *, width=1200, dark=False):
    """Open the page; nothing may be written on the console, or requested from elsewhere."""
    host, port = address
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if dark else "light",
        device_scale_factor=2 if width < 500 else 1,
    )
    page = context.new_page()
    problems, hosts = [], set()
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: hosts.add(request.url.split("/")[2] if "//" in request.url else ""),
    )
    # A chooser of files is caught only while something listens. To begin to listen takes a moment,
    # in which a press of a key would open a chooser that nobody answers.
    page.on("filechooser", lambda chooser: None)
    page.goto(f"http://{host}:{port}/")
    page.problems = problems
    yield page
    assert hosts <= {f"{host}:{port}", ""}
    # Chromium itself notes answers with a status of 4xx.
    assert [text for text in problems if "Failed to load resource" not in text] == []
    context.close()


def take_picture(page, name):
    folder = os.environ.get("SKLVISION_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(100)
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)


def check_layout(page):
    """Nothing is cut off or overlaps the edge of the screen, and text is large enough."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    sizes = page.evaluate(
        "[...document.querySelectorAll('button, .button')].filter(e => e.offsetParent)"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 40


def upload(page, content, name="part.png"):
    page.set_input_files("#files", [{"name": name, "mimeType": "image/png", "buffer": content}])
    page.wait_for_selector("#results article")


def measure_contrast(page, selector):
    """Measure the contrast of a text to the nearest background behind it, as WCAG does."""
    colors = page.evaluate(
        """selector => {
          const element = document.querySelector(selector);
          let behind = element;
          while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
          return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
        }""",
        selector,
    )
    lights = []
    for color in colors:
        values = np.array(re.findall(r"[\d.]+", color)[:3], float) / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_page_of_images_shows_label_crop_and_time(browser, image_server, images, width, dark):
    with open_page(browser, image_server, width=width, dark=dark) as page:
        check_layout(page)
        name = f"images-{width}-{'dark' if dark else 'light'}"
        take_picture(page, f"{name}-start")
        upload(page, images.files[0], "long.png")
        article = page.locator("#results article").first
        assert article.locator("h2").inner_text() == "long"
        assert article.locator("li").count() == 2
        assert "%" in article.locator("li").first.inner_text()
        assert re.search(r"\d+ ms", article.inner_text())
        assert article.locator("img").evaluate("image => image.naturalWidth") == 16
        assert page.locator("#status").inner_text() == "long.png: long"
        large = np.random.default_rng(0).integers(0, 255, (200, 300), dtype=np.uint8)
        upload(page, encode(large), "large.png")
        page.wait_for_selector(".note")
        assert "the training images had 64 × 48" in page.locator(".note").inner_text()
        first, second = (Image.open(BytesIO(content)) for content in images.files[:2])
        stream = BytesIO()
        first.save(stream, "TIFF", save_all=True, append_images=[second])
        upload(page, stream.getvalue(), "stack.tif")
        page.locator(".note", has_text="several pages or frames").wait_for()
        upload(page, b"<svg/>", "drawing.svg")
        page.wait_for_selector(".is-error")
        assert "not an image" in page.locator("[role=alert]").inner_text()
        check_layout(page)
        take_picture(page, name)
        for selector in (
            ".lead",
            ".hint",
            "h1",
            ".note",
            ".is-error h2",
            ".value",
            ".button",
            ".quiet",
        ):
            assert measure_contrast(page, selector) >= 4.5, selector


@pytest.mark.parametrize("width", WIDTHS)
def test_page_of_spectra(browser, spectra_server, spectra, width):
    with open_page(browser, spectra_server, width=width) as page:
        take_picture(page, f"spectra-{width}-start")
        page.fill("#values", "; ".join(f"{value:.5f}" for value in spectra.X[0]))
        page.click("#send")
        page.wait_for_selector("#results article")
        expected = str(spectra.model.predict(spectra.X[:1])[0])
        assert page.locator("#results h2").inner_text() == expected
        assert page.locator("#results polyline").count() == 1
        page.fill("#values", "1 2 x")
        page.click("#send")
        page.wait_for_selector(".is-error")
        assert "Value 3 is not a number." in page.locator("[role=alert]").inner_text()
        page.fill("#values", "1 2 3")
        page.click("#send")
        page.locator(".is-error").nth(1).wait_for()
        assert "rows of 3 numbers" in page.locator("[role=alert]").first.inner_text()
        page.fill("#values", ", ".join(f"{1000 * value:.3f}" for value in spectra.X[1]))
        page.click("#send")
        page.wait_for_selector(".note")
        table = ",".join(spectra.names) + "\n" + ",".join(map(str, spectra.X[2])) + "\n"
        page.set_input_files(
            "#files", [{"name": "line.csv", "mimeType": "text/csv", "buffer": table.encode()}]
        )
        page.locator("#results article").nth(4).wait_for()
        check_layout(page)
        take_picture(page, f"spectra-{width}")


def test_page_works_by_keyboard_alone(
    browser, spectra_server, image_server, spectra, images, tmp_path
):
    with open_page(browser, spectra_server) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "values"
        page.keyboard.type(" ".join(f"{value:.4f}" for value in spectra.X[0]))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "send"
        page.keyboard.press("Enter")
        page.wait_for_selector("#results article")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "files"
    (tmp_path / "part.png").write_bytes(images.files[1])
    with open_page(browser, image_server) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "files"
        # The button that stands for the input shows the focus.
        outline = page.evaluate("getComputedStyle(document.querySelector('.button')).outlineWidth")
        assert float(outline.removesuffix("px")) >= 2
        take_picture(page, "focus")
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files(tmp_path / "part.png")
        page.wait_for_selector("#results article")
        assert page.locator("#results h2").inner_text() == "short"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "camera"
        assert page.get_attribute("#camera", "capture") == "environment"


def test_page_takes_dropped_and_pasted_images(browser, image_server, images):
    with open_page(browser, image_server) as page:
        for kind in ("drop", "paste"):
            page.evaluate(
                """([kind, bytes]) => {
                  const data = new DataTransfer();
                  data.items.add(new File([new Uint8Array(bytes)], kind + ".png", {type: "image/png"}));
                  const options = {bubbles: true, dataTransfer: data, clipboardData: data};
                  const event = kind === "drop" ? new DragEvent(kind, options) : new ClipboardEvent(kind, options);
                  document.body.dispatchEvent(event);
                }""",
                [kind, list(images.files[0])],
            )
            page.locator("#status", has_text=f"{kind}.png: long").wait_for()


def test_page_asks_for_a_token(browser, images):
    with (
        run_in_thread(images.model, tokens=["right"]) as address,
        open_page(browser, address, width=390) as page,
    ):
        page.set_input_files(
            "#files", [{"name": "x.png", "mimeType": "image/png", "buffer": images.files[0]}]
        )
        page.wait_for_selector("#token-form:not([hidden])")
        take_picture(page, "token")
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("#token-form:not([hidden])")
        page.fill("#token", "right")
        page.keyboard.press("Enter")
        page.wait_for_selector("#results article")
        assert page.locator("#results h2").inner_text() == "long"


def test_page_says_when_the_server_is_gone(browser, images):
    with run_in_thread(images.model) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://{address[0]}:{address[1]}/")
    upload(page, images.files[0])
    assert "The server cannot be reached." in page.locator("[role=alert]").inner_text()
    context.close()


def test_card_opens_from_the_page(browser, image_server):
    with open_page(browser, image_server) as page:
        page.click("footer a")
        page.wait_for_selector("h1")
        assert call(image_server, path="/model").headers["content-type"] == "application/json"
        take_picture(page, "card")
