"""Search of the package for its warnings, verdicts and exceptions."""

import ast
import re

# Functions that repeat a text that others made, or that scikit-learn made.
_REPEATERS = {"_collect_outcomes", "repeat_warnings"}


def find_warnings(package):
    """Yield file, line and the fixed parts of the text of every warning of a package."""
    for file in sorted(package.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "warn(" not in text:
            continue
        for function in ast.walk(ast.parse(text)):
            if not isinstance(function, ast.FunctionDef) or function.name in _REPEATERS:
                continue
            for call in ast.walk(function):
                if not _is_warning(call):
                    continue
                message = call.args[0]
                if isinstance(message, ast.Name) and function.name == "_warn":
                    continue  # its callers in the same file hold the text
                yield file.relative_to(package), call.lineno, list_fixed_parts(message)


def find_sentences(file):
    """Yield line and longest fixed part of each text of a module but docstrings and errors."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    texts = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and list_fixed_parts(node):
            texts[id(node)] = node
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out = node.values
        elif isinstance(node, ast.Expr):
            left_out = [node.value]
        else:
            left_out = list(ast.walk(node)) if isinstance(node, ast.Raise) else []
        for part in left_out:
            texts.pop(id(part), None)
    for node in texts.values():
        yield node.lineno, max(list_fixed_parts(node), key=len)


def find_exceptions(package):
    """Yield the names of the exceptions that a package defines, apart from private ones."""
    for file in sorted(package.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if not re.search(r"class \w+\([^)]*(Error|Exception|Warning)", text):
            continue
        for node in ast.walk(ast.parse(text)):
            bases = [base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)]
            is_exception = any(name.endswith(("Error", "Exception", "Warning")) for name in bases)
            if is_exception and not node.name.startswith("_"):
                yield node.name


def list_fixed_parts(message):
    """List the fixed parts of a string; an f-string has one between any two values."""
    if isinstance(message, ast.Constant):
        return [message.value] if isinstance(message.value, str) else []
    if isinstance(message, ast.JoinedStr):
        return [part.value for part in message.values if isinstance(part, ast.Constant)]
    return []


def _is_warning(node):
    if not isinstance(node, ast.Call):
        return False
    name = node.func
    if isinstance(name, ast.Attribute):
        return name.attr == "warn" and isinstance(name.value, ast.Name)
    return isinstance(name, ast.Name) and name.id in ("warn", "_warn") and bool(node.args)
