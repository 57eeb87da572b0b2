"""Settings of the site: ``python -m sphinx -W -b html docs OUT``.

``-D plot_gallery=0`` builds it without running the examples. There is no network: links to other
projects are made by ``_sphinx/external_links.py``, without inventories.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_sphinx")]

from sklvision import __version__  # noqa: E402

project = "sklvision"
author = "The sklvision developers"
copyright = f"2026, {author}"
version = release = __version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "external_links",
    "extra_pages",
]
exclude_patterns = [
    "_build",
    "_sphinx",
    "reports",
    "gallery/reports",
    "sg_execution_times.rst",
    "**/sg_execution_times.rst",
    "gallery/**/README.*",
    "gallery/**/GALLERY_HEADER.*",
]
templates_path = ["_templates"]
# Pages of the gallery are sources in reStructuredText; its downloads carry their checksums.
suppress_warnings = ["config.cache"]

# Pages
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 4
copybutton_exclude = ".linenos, .gp, .go"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Reference: one page for each public name
autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "inherited-members": True}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
default_role = "literal"

# Gallery
sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "subsection_order": [
        f"../examples/{name}"
        for name in ("systems", "comparing", "training", "inspecting", "data", "shipping")
    ],
    "backreferences_dir": "api/backreferences",
    "doc_module": ("sklvision",),
    "reference_url": {"sklvision": None},
    "ignore_pattern": r"^(?!plot_)",  # scripts and helpers that are read, not shown
    "capture_repr": (),  # examples print what they show
    "min_reported_time": 1,
    "remove_config_comments": True,
    "show_memory": False,
    "download_all_examples": False,
    "matplotlib_animations": False,
    "plot_gallery": "True",
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
}

# The examples of systems keep their reports there; extra_pages.py copies and links them.
REPORTS = HERE / "gallery" / "reports"
REPORTS.mkdir(parents=True, exist_ok=True)
os.environ["SKLVISION_REPORTS"] = str(REPORTS)

# Looks
html_theme = "pydata_sphinx_theme"
html_title = "sklvision"
html_static_path = ["_static"]
html_css_files = ["sklvision.css"]
html_show_sourcelink = False
html_copy_source = False
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "start": [], "whats_new": [], "citation": [], "glossary": []}
html_theme_options = {
    "logo": {"text": "sklvision"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "show_nav_level": 1,
    "navigation_depth": 3,
    "article_header_start": ["breadcrumbs"],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
