"""Systematic mutants of a solution: one small slip each, made in its syntax tree between the SOLUTION marks.

The slips: another operator or comparison; sides, arguments or branches swapped; a constant one larger or smaller (so
also an index or an axis); an end of a slice, an index, a transpose, a call or a keyword left out; a sum for a mean; a
condition turned round; a statement removed. Texts of errors stay as they are: no check reads them.
"""

import ast
import copy
import re
from typing import NamedTuple

_OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_NAMES = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum"}
_NAMES |= {"var": "std", "any": "all", "all": "any", "zeros": "ones", "ones": "zeros"}


class Mutant(NamedTuple):
    """The source with one slip; ``was`` and ``now`` are the first line of the statement that it is in."""

    was: str
    now: str
    code: str


def mutants(source):
    """Yield the mutants of a solution cell, each once."""
    tree = ast.parse(source)
    inside = _solution_lines(source)
    right = ast.unparse(tree)
    seen = {right}
    statements = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n.lineno in inside]
    for statement in statements:
        was = _first_line(statement)
        for node in _own_nodes(statement):
            kind, content = node.__class__, node.__dict__
            for other in _slips(node):
                node.__class__, node.__dict__ = other.__class__, other.__dict__
                code, now = ast.unparse(tree), _first_line(statement)
                node.__class__, node.__dict__ = kind, content
                if code not in seen:
                    seen.add(code)
                    yield Mutant(was, "" if isinstance(other, ast.Pass) else now, code)


def _solution_lines(source):
    """Return the numbers of the lines between the marks."""
    inside, lines = False, set()
    for number, line in enumerate(source.splitlines(), 1):
        mark = re.search("### (BEGIN|END) SOLUTION", line)
        if mark:
            inside = mark[1] == "BEGIN"
        elif inside:
            lines.add(number)
    return lines


def _own_nodes(statement):
    """Return a statement and the expressions in it, without the statements in its body."""
    found, queue = [statement], [statement]
    while queue and not isinstance(statement, ast.Raise):
        node = queue.pop(0)
        inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr | ast.keyword | ast.slice)]
        found += inner
        queue += inner
    return found


def _slips(node):
    """Yield what could stand in the place of a node."""

    def but(**changes):
        new = copy.copy(node)
        new.__dict__.update(changes)
        return new

    if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef):
        yield ast.Pass()
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in _OPERATORS:
        yield but(op=_OPERATORS[type(node.op)]())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Pow | ast.MatMult):
        yield but(left=node.right, right=node.left)
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.Compare):
        for operator in _COMPARISONS[type(node.ops[0])]:
            yield but(ops=[operator(), *node.ops[1:]])
    if isinstance(node, ast.If | ast.While):
        yield but(test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.IfExp):
        yield but(body=node.orelse, orelse=node.body)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield but(value=not node.value)
        elif isinstance(node.value, int | float):
            yield but(value=node.value + 1)
            yield but(value=node.value - 1)
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        yield but(elts=[node.elts[1], node.elts[0], *node.elts[2:]])
    if isinstance(node, ast.Attribute):
        if node.attr in _NAMES:
            yield but(attr=_NAMES[node.attr])
        if node.attr == "T":
            yield node.value
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value
    if isinstance(node, ast.Slice):
        for end in ("lower", "upper", "step"):
            yield but(**{end: None})
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            yield but(keywords=[each for each in node.keywords if each is not keyword])
        if len(node.args) > 1:
            yield but(args=[node.args[1], node.args[0], *node.args[2:]])
        if isinstance(node.func, ast.Attribute) and not (isinstance(node.func.value, ast.Name) and node.args):
            yield node.func.value
        elif node.args:
            yield node.args[0]


def _first_line(statement):
    return ast.unparse(statement).splitlines()[0]
