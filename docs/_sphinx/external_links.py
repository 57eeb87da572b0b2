"""Link names of scikit-learn and terms of its glossary without an inventory from the network."""

from docutils import nodes

SITE = "https://scikit-learn.org/stable/"
# Labels of scikit-learn's user guide that its own docstrings use, and so do those we inherit.
GUIDE = {
    "metadata_routing": "metadata_routing.html",
    "multiclass": "modules/multiclass.html",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": (
        "auto_examples/miscellaneous/plot_set_output.html"
    ),
    "accuracy_score": "modules/model_evaluation.html#accuracy-score",
    "df_output_transform": "auto_examples/miscellaneous/plot_set_output.html",
    "set_output_api": "modules/compose.html",
}
ROLES = {"class", "func", "meth", "obj", "mod", "attr", "exc", "data"}


def find_address(kind, target):
    """Find the address of a name, a term or a label of scikit-learn; None if it is not one."""
    if kind == "term":
        return f"{SITE}glossary.html#term-{target.strip().replace(' ', '-')}"
    if kind == "ref" and target in GUIDE:
        return SITE + GUIDE[target]
    if kind in ROLES and target.startswith("sklearn."):
        owner = target.rpartition(".")[0] if kind in {"meth", "attr"} else target
        if kind == "mod":
            return f"{SITE}api/{owner}.html"
        anchor = f"#{target}" if owner != target else ""
        return f"{SITE}modules/generated/{owner}.html{anchor}"
    return None


def link_missing(app, env, node, content):
    """Make the link of a reference that no page of this site answers."""
    address = find_address(node.get("reftype"), node.get("reftarget", ""))
    if address is None:
        return None
    link = nodes.reference("", "", internal=False, refuri=address)
    link.append(content)
    return link


def setup(app):
    app.connect("missing-reference", link_missing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
