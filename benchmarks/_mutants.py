"""Mutants of source files: small faults that a good test suite detects.

The operators are cosmic-ray's. It replaces every operator by every other; used here are those that
resemble real faults (a bound off by one, a comparison at its edge, a condition negated), since most
others fail at once and say little about tests.
"""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

OPERATORS = [
    "NumberReplacer",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
    *(f"ReplaceUnaryOperator_{pair}" for pair in ("USub_UAdd", "Invert_UAdd", "Delete_Not")),
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in (
            *("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "LtE_Gt", "Gt_LtE", "GtE_Lt"),
            *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
        )
    ),
    *(
        f"ReplaceBinaryOperator_{pair}"
        for pair in (
            *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv"),
            *("Pow_Mul", "BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitAnd", "LShift_RShift"),
            "RShift_LShift",
        )
    ),
]
# Where cosmic-ray takes a star or a slash of a signature or of a display for arithmetic.
NOT_ARITHMETIC = {"parameters", "lambdef", "param", "dictorsetmaker", "testlist_star_expr"}
MESSAGES = {"warn", "debug", "info", "warning", "error", "exception", "log"}


@dataclass(frozen=True)
class Mutant:
    """One fault: an operator, applied to one of the places of a file where it can be."""

    file: str
    line: int
    column: int
    operator: str
    occurrence: int

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}:{self.column}:{self.operator}:{self.occurrence}"

    def read_source(self, root: Path) -> str | None:
        """Return the text with the fault; None if it has no effect or is not valid Python."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        original = (root / self.file).read_text(encoding="utf-8")
        mutated = mutate_code(original, get_operator(f"core/{self.operator}")(), self.occurrence)
        try:
            changes = mutated is not None and dump_essence(mutated) != dump_essence(original)
        except SyntaxError:
            return None
        return mutated if changes else None

    def to_record(self, root: Path) -> dict[str, object]:
        """Return the entry of a results file: the fault and the changed lines."""
        original = (root / self.file).read_text(encoding="utf-8").splitlines()
        mutated = (self.read_source(root) or "").splitlines()
        diff = difflib.unified_diff(original, mutated, lineterm="", n=0)
        return asdict(self) | {"name": self.name, "diff": [*diff][3:]}


def draw_mutants(root: Path, files: list[str], n: int, seed: int) -> list[Mutant]:
    """Draw a seeded sample: first places, then one of the faults possible at each.

    If there are fewer places than n, each gets a second fault before any gets a third.
    """
    rng = random.Random(seed)
    sites = [rng.sample(site, len(site)) for file in files for site in find_sites(root, file)]
    rng.shuffle(sites)
    selection: list[Mutant] = []
    while len(selection) < n and (sites := [site for site in sites if site]):
        for site in sites[: n - len(selection)]:
            mutant = site.pop()
            if mutant.read_source(root) is not None:
                selection.append(mutant)
    return selection


def find_sites(root: Path, file: str) -> list[list[Mutant]]:
    """Group the mutants of a file by their place."""
    sites: dict[tuple[int, int], list[Mutant]] = {}
    for mutant in find_mutants(root, file):
        sites.setdefault((mutant.line, mutant.column), []).append(mutant)
    return list(sites.values())


def find_mutants(root: Path, file: str) -> Iterator[Mutant]:
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    nodes = list(ast_nodes(get_ast((root / file).read_text(encoding="utf-8"))))
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        occurrence = 0
        for node in nodes:
            for (line, column), _ in operator.mutation_positions(node):
                if node.type != "operator" or node.parent.type not in NOT_ARITHMETIC:
                    yield Mutant(file, line, column, name, occurrence)
                occurrence += 1


@cache
def dump_essence(source: str) -> str:
    """Dump the syntax tree without what no test should check; equal dumps are the same program."""
    return ast.dump(_Essence().visit(ast.parse(source)))


def is_inert(decorator: ast.expr) -> bool:
    """Find out whether a decorator caches or writes docstrings."""
    text = ast.unparse(decorator)
    return "cache" in text or text.startswith(("document", "fill_docstrings"))


class _Essence(ast.NodeTransformer):
    """Drop annotations, docstrings, the texts of messages, lists of public names and caches."""

    def visit_FunctionDef(self, node):
        node.returns = None
        node.decorator_list = [d for d in node.decorator_list if not is_inert(d)]
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)

    def visit_ClassDef(self, node):
        node.decorator_list = [d for d in node.decorator_list if not is_inert(d)]
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Raise(self, node):
        if isinstance(node.exc, ast.Call):
            node.exc.args, node.exc.keywords = [], []
        return node

    def visit_Call(self, node):
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in MESSAGES:
            node.args, node.keywords = [], []
        return self.generic_visit(node)

    def visit_Assign(self, node):
        names = {getattr(target, "id", "") for target in node.targets}
        return None if "__all__" in names else self.generic_visit(node)

    def visit_If(self, node):
        return None if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)


def format_survivors(records: list[dict]) -> str:
    """Format the mutants that no test detected, one below the other."""
    texts = [
        "\n".join([f"{r['file']}:{r['line']}  (reached by {r['tests']} tests)", *r["diff"], ""])
        for r in sorted(records, key=lambda r: (r["file"], r["line"]))
        if r["outcome"] == "survived"
    ]
    return "\n".join(texts)
