"""Check names and the first words of docstrings: ``python .ci/check_names.py [PATH ...]``.

Prints one line per problem, ``file:line: kind: name (hint)``, and exits with status 1 if there is
any. ``--summary`` prints counts per room instead. The words are in ``names.toml``;
``docs/glossary.md`` explains the nouns.

kind        rule
vague       a name is not a participle, pronoun, adverb or preposition alone
verb        a function begins with a verb
boolean     a function that returns a boolean begins with is, has or can
opening     the docstring of a function begins with a verb
definition  a docstring or the description of a parameter does not begin like a question
dense       more than ten lines of arithmetic have a comment
wording     docstrings, messages and comments use plain words
"""

import argparse
import ast
import io
import re
import sys
import tokenize
import tomllib
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
VAGUE = {word: kind[:-1] for kind, words in CONFIG["vague"].items() for word in words.split()}
VERBS = set(CONFIG["functions"]["verbs"].split())
PREFIXES = set(CONFIG["functions"]["prefixes"].split())
BOOLEANS = set(CONFIG["functions"]["booleans"].split())
KNOWN_FUNCTIONS = set(CONFIG["allowed"]["functions"].split())
KNOWN_NAMES = set(CONFIG["allowed"]["names"].split())
QUESTION_WORDS = set(CONFIG["docstrings"]["question_words"].split())
WORDING = {re.compile(pattern, re.IGNORECASE): hint for pattern, hint in CONFIG["wording"].items()}
KINDS = ("vague", "verb", "boolean", "opening", "definition", "dense", "wording")

LONGEST_BLOCK = 10  # lines of arithmetic that need no comment
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
NUMERICAL_MODULES = {"np", "torch", "functional", "math", "scipy", "ndimage", "stats", "linalg"}
PREDICATES = {"isinstance", "issubclass", "hasattr", "callable", "bool", "any", "all"}
BLANK_TOKENS = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER}
BLANK_TOKENS |= {tokenize.INDENT, tokenize.DEDENT}


class Problem(NamedTuple):
    """A place that breaks a rule."""

    path: Path
    line: int
    kind: str
    name: str
    hint: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.kind}: {self.name} ({self.hint})"


class NameCollector(ast.NodeVisitor):
    """Collect the names that a module defines, each once per scope."""

    def __init__(self):
        self.scope = ()
        self.names = {}  # (scope, name): (line, kind)

    def add(self, name, node, kind, scope=None):
        if name not in {"self", "cls", "_"}:
            key = (self.scope if scope is None else scope, name)
            self.names.setdefault(key, (node.lineno, kind))

    def enter(self, node, kind):
        self.add(node.name, node, kind)
        outer, self.scope = self.scope, (*self.scope, node.name)
        self.generic_visit(node)
        self.scope = outer

    def visit_ClassDef(self, node):
        self.enter(node, "class")

    def visit_FunctionDef(self, node):
        self.enter(node, "function")

    def visit_AnnAssign(self, node):
        # Fields of a dataclass are arguments and attributes of its public interface.
        if isinstance(node.target, ast.Name) and self.scope and self.scope[-1][0].isupper():
            self.add(node.target.id, node.target, "attribute")
            self.generic_visit(node.annotation)
        else:
            self.generic_visit(node)

    def visit_arg(self, node):
        self.add(node.arg, node, "argument")

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.add(node.id, node, "variable")

    def visit_Attribute(self, node):
        if isinstance(node.ctx, ast.Store):
            self.add(node.attr, node, "attribute", self.scope[:1])
        self.generic_visit(node)

    def visit_ExceptHandler(self, node):
        if node.name:
            self.add(node.name, node, "variable")
        self.generic_visit(node)

    def visit_alias(self, node):
        if node.asname:
            self.add(node.asname, node, "variable")


class Module:
    """A module's source, its names and its problems."""

    def __init__(self, path):
        path = path.resolve()
        self.path = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        source = path.read_text(encoding="utf-8")
        self.tree = ast.parse(source)
        collector = NameCollector()
        collector.visit(self.tree)
        self.names = collector.names
        self.documented = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS))
        ]
        self.functions = [node for node in self.documented if isinstance(node, FUNCTIONS)]
        self.owners = {
            method: node.name
            for node in self.documented
            if isinstance(node, ast.ClassDef)
            for method in node.body
        }
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        texts = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", None)}
        self.texts = [(token.start[0], token.string) for token in tokens if token.type in texts]
        self.comment_lines = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
        self.code_lines = {
            line
            for token in tokens
            if token.type not in BLANK_TOKENS
            for line in range(token.start[0], token.end[0] + 1)
        }
        for node in self.documented:
            if ast.get_docstring(node) is not None:
                self.code_lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))

    def find_problems(self):
        """Return the places that break a rule, in the order of their lines."""
        checks = [self.check_vague_names, self.check_definitions, self.check_wording]
        if self.path.parts[0] != "tests":
            checks += [self.check_verbs, self.check_booleans, self.check_openings]
            checks += [self.check_dense_blocks]
        problems = [Problem(self.path, *problem) for check in checks for problem in check()]
        return sorted(problems, key=lambda problem: problem.line)

    def check_vague_names(self):
        for (scope, name), (line, kind) in self.names.items():
            word = name.strip("_").lower()
            if word not in VAGUE or word in KNOWN_NAMES or is_dunder(name):
                continue
            if kind in {"argument", "attribute"} and is_public(*scope, name):
                continue
            yield line, "vague", name, f"{VAGUE[word]} alone: add or use the noun"

    def check_verbs(self):
        for node in self.functions:
            if find_first_word(node.name) in VERBS | PREFIXES or self.is_named_elsewhere(node):
                continue
            yield node.lineno, "verb", node.name, "begin with a verb of .ci/names.toml"

    def check_booleans(self):
        for node in self.functions:
            if find_first_word(node.name) in BOOLEANS or self.is_named_elsewhere(node):
                continue
            if is_predicate(node):
                yield node.lineno, "boolean", node.name, "begin with is_, has_ or can_"

    def check_openings(self):
        for node in self.functions:
            docstring = ast.get_docstring(node)
            if not docstring or has_decorator(node, {"property", "cached_property", "setter"}):
                continue
            word = docstring.split()[0].strip(".,:;")
            if word.lower() not in VERBS and word != "Whether" and word not in QUESTION_WORDS:
                yield (
                    node.body[0].lineno,
                    "opening",
                    node.name,
                    f"{word!r} is not a verb of .ci/names.toml",
                )

    def check_definitions(self):
        for node in self.documented:
            lines = (ast.get_docstring(node) or "").splitlines()
            descriptions = [
                text.strip()
                for line, text in pairwise(lines)
                if text.startswith("    ") and line and not line.startswith(" ")
            ]
            for text in lines[:1] + descriptions:
                if text.split(" ")[0].strip(",.:;") in QUESTION_WORDS:
                    name = getattr(node, "name", self.path.stem)
                    yield node.body[0].lineno, "definition", name, f"begins with {text[:40]!r}"

    def check_dense_blocks(self):
        for node in self.functions:
            numerical = find_numerical_lines(node)
            block = []
            for line in [*range(node.body[0].lineno, node.end_lineno + 1), None]:
                if line in self.comment_lines or line is None:
                    if len(block) > LONGEST_BLOCK and 2 * len(numerical & set(block)) >= len(block):
                        hint = f"{len(block)} lines of arithmetic: begin with the method, and why"
                        yield block[0], "dense", node.name, hint
                    block = []
                elif line in self.code_lines:
                    block.append(line)

    def check_wording(self):
        for line, text in self.texts:
            for pattern, hint in WORDING.items():
                for match in pattern.finditer(text):
                    offset = text.count("\n", 0, match.start())
                    yield line + offset, "wording", match[0], hint

    def is_named_elsewhere(self, node):
        """Whether something else than the rule names a function, such as the public interface."""
        decorators = {"property", "cached_property", "setter", "fixture", "register"}
        is_known = node.name.strip("_") in KNOWN_FUNCTIONS or is_dunder(node.name)
        owner = [self.owners[node]] if node in self.owners else []
        is_test = node.name.startswith(("test_", "pytest_"))
        return (
            is_known or is_test or is_public(*owner, node.name) or has_decorator(node, decorators)
        )


def find_first_word(name):
    return name.strip("_").split("_")[0]


def is_dunder(name):
    return name.startswith("__") and name.endswith("__")


def is_public(*parts):
    """Whether the public interface fixes a name, given with its enclosing class and function."""
    return (
        bool(parts)
        and parts[0] in find_exports()
        and not any(part.startswith("_") for part in parts)
    )


@cache
def find_exports():
    """Return the names of all that the packages export."""
    exports = set()
    for path in (ROOT / "sklvision").rglob("__init__.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                exports.update(ast.literal_eval(node.value))
    return exports


def has_decorator(node, names):
    return any(
        part in names
        for decorator in node.decorator_list
        for part in ast.unparse(decorator).split("(")[0].split(".")
    )


def is_predicate(node):
    """Whether a function is annotated as bool, or all that it returns are tests."""
    if node.returns is not None:
        return ast.unparse(node.returns) == "bool"
    nested = {
        child
        for inner in ast.walk(node)
        if inner is not node and isinstance(inner, (*FUNCTIONS, ast.Lambda))
        for child in ast.walk(inner)
    }
    values = [
        child.value
        for child in ast.walk(node)
        if isinstance(child, ast.Return) and child not in nested
    ]
    return bool(values) and all(is_boolean(value) for value in values)


def is_boolean(value):
    """Whether an expression is a boolean; other comparisons than "is" and "in" may be arrays."""
    match value:
        case ast.BoolOp(values=parts):
            return all(is_boolean(part) for part in parts)
        case ast.UnaryOp(op=operator):
            return isinstance(operator, ast.Not)
        case ast.Constant(value=constant):
            return isinstance(constant, bool)
        case ast.Call(func=function):
            return ast.unparse(function) in PREDICATES
        case ast.Compare(ops=operators):
            return all(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in operators)
    return False


def find_numerical_lines(node):
    """Return the lines of a function that compute with numbers."""
    lines = set()
    for child in ast.walk(node):
        match child:
            case ast.BinOp(op=operator, left=left, right=right) if isinstance(operator, ARITHMETIC):
                if not any(
                    isinstance(side, (ast.JoinedStr, ast.List, ast.Tuple)) for side in (left, right)
                ):
                    lines.add(child.lineno)
            case ast.AugAssign(op=operator) if isinstance(operator, ARITHMETIC):
                lines.add(child.lineno)
            case ast.Call(func=ast.Attribute() as function):
                if ast.unparse(function).split(".")[0] in NUMERICAL_MODULES:
                    lines.add(child.lineno)
    return lines


def print_summary(modules):
    """Print lines of code, comments, names and problems by room."""
    rooms = {}
    for module in modules:
        parts = module.path.parts
        for key in ("/".join(parts[:2]) if len(parts) > 2 else parts[0], "total"):
            counts = rooms.setdefault(key, Counter())
            counts["names"] += len(module.names)
            counts["code"] += len(module.code_lines)
            counts["comments"] += len(module.comment_lines)
            counts.update(problem.kind for problem in module.find_problems())
    titles = "".join(f"{kind:>11}" for kind in KINDS)
    print(f"{'room':32}{'code':>7}{'comments %':>11}{'names':>7}{'vague %':>8}{titles}")
    for key, counts in sorted(rooms.items(), key=lambda item: (item[0] == "total", item[0])):
        comments = 100 * counts["comments"] / max(counts["code"], 1)
        vague = 100 * counts["vague"] / max(counts["names"], 1)
        problems = "".join(f"{counts[kind]:>11}" for kind in KINDS)
        print(
            f"{key:32}{counts['code']:>7}{comments:>11.1f}{counts['names']:>7}{vague:>8.1f}{problems}"
        )


def main():
    """Check the files that the command line names and print their problems."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = [ROOT / name for name in ("sklvision", "benchmarks")]
    parser.add_argument(
        "paths", nargs="*", type=Path, default=default, help="default: sklvision benchmarks"
    )
    parser.add_argument("--summary", action="store_true", help="print counts per room, no problems")
    parser.add_argument("--only", choices=KINDS, action="append", help="this kind of problem alone")
    args = parser.parse_args()
    files = {
        file for path in args.paths for file in (path.rglob("*.py") if path.is_dir() else [path])
    }
    modules = [Module(path) for path in sorted(files)]
    if args.summary:
        print_summary(modules)
        return 0
    problems = [problem for module in modules for problem in module.find_problems()]
    problems = [problem for problem in problems if not args.only or problem.kind in args.only]
    for problem in problems:
        print(problem)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
