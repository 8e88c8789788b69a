"""A digest of a function's code: it changes with what the function does, not with how that is laid out.

It covers the body, the defaults, what the function closes over, and what it names in its package: constants, and other
functions, however deep. It leaves out format, comments, docstrings and annotations. Classes, and functions of other
packages, count by their names only.
"""

import ast
import hashlib
import inspect
import linecache
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from math import inf
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

IGNORED = {"annotation", "returns", "type_comment", "type_params", "kind", "ctx"}
"""Fields of a syntax tree that a function does nothing with, or that not all releases of Python have."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""What the `repr` of an object says that differs from process to process."""


def digest(function: Callable[..., Any], *, source: bool = True) -> str:
    """The same in every process, on every release of Python, where the function's source is installed.

    Where it is not, as in a frozen app, its bytecode is taken instead, which differs between releases of Python.

    Args:
        source: False to take the bytecode, which is faster.
    """
    return hashlib.sha256(_Description(function, source=source).text.encode()).hexdigest()[:16]


class _Description:
    """All that a digest covers, as text."""

    def __init__(self, function: Callable[..., Any], *, source: bool) -> None:
        self._by_source = source
        self._package = _package(function)
        self._described: set[FunctionType] = set()
        self.text = self._of(function)

    def _of(self, value: Any) -> str:
        match value:
            case FunctionType():
                return self._function(value)
            case MethodType():
                return self._of((value.__func__, value.__self__))
            case partial():
                return self._of((value.func, value.args, value.keywords))
            case Mapping():
                return f"{{{', '.join(f'{self._of(key)}: {self._of(one)}' for key, one in value.items())}}}"
            case set() | frozenset():
                return f"{{{', '.join(sorted(map(self._of, value)))}}}"
            case list() | tuple():
                return f"[{', '.join(map(self._of, value))}]"
            case CodeType():
                return _bytecode(value, self._of)
        if hasattr(value, "__wrapped__"):  # by functools.cache, say
            return self._of(value.__wrapped__)
        if isinstance(value, ModuleType) or hasattr(value, "__qualname__"):
            return self._name(value)
        return ADDRESS.sub("", repr(value))

    def _function(self, function: FunctionType) -> str:
        if not self._ours(function) or function in self._described:
            return self._name(function)
        self._described.add(function)
        code = function.__code__
        body = (_source(code, function.__globals__) if self._by_source else "") or _bytecode(code, self._of)
        defaults = self._of((function.__defaults__, function.__kwdefaults__))
        known = {name: self._of(value) for name, value in sorted(self._known(function).items())}
        return f"({body}, {defaults}, {known})"

    def _known(self, function: FunctionType) -> dict[str, Any]:
        """What the names that it uses stand for: in its module, in modules of its package, and around it."""
        names = set(_names(function.__code__))
        known = {name: function.__globals__[name] for name in names & function.__globals__.keys()}
        modules = {name: vars(one) for name, one in known.items() if isinstance(one, ModuleType) and self._ours(one)}
        known |= {f"{at}.{name}": there[name] for at, there in modules.items() for name in names & there.keys()}
        return {**known, **inspect.getclosurevars(function).nonlocals}

    def _ours(self, value: Any) -> bool:
        return _package(value) == self._package

    def _name(self, value: Any) -> str:
        """Within the package, modules may be renamed."""
        if isinstance(value, ModuleType):
            return "module" if self._ours(value) else value.__name__
        return str(value.__qualname__ if self._ours(value) else f"{value.__module__}.{value.__qualname__}")


def _source(code: CodeType, module: dict[str, Any]) -> str:
    """The syntax tree of a function as text; empty when there is no source. Of lambdas in one line, all of them."""
    tree = _tree(code.co_filename, "".join(linecache.getlines(code.co_filename, module)))
    return ", ".join(map(_shape, _functions(tree, code.co_name, code.co_firstlineno)))


@lru_cache(maxsize=4)
def _tree(path: str, source: str) -> ast.Module:
    try:
        return ast.parse(source, path)
    except (SyntaxError, ValueError):  # made from a file that is not Python
        return ast.Module([], [])


def _functions(node: ast.AST, name: str, line: int) -> Iterator[ast.AST]:
    """The functions of that name that begin in that line."""
    for child in ast.iter_child_nodes(node):
        first, last = _lines_of(child)
        if first <= line <= last:
            if first == line and _name_of(child) == name:
                yield child
            yield from _functions(child, name, line)


def _lines_of(node: Any) -> tuple[int, float]:
    """The first and last line, decorators included; of what has no place of its own, such as arguments, all lines."""
    if not hasattr(node, "lineno"):
        return 0, inf
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))]), node.end_lineno


def _name_of(node: ast.AST) -> str | None:
    match node:
        case ast.Lambda():
            return "<lambda>"
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name
    return None


def _bytecode(code: CodeType, described: Callable[[Any], str]) -> str:
    return f"{code.co_code.hex()} {code.co_names} {described(code.co_consts)}"


def _shape(node: Any) -> str:
    if isinstance(node, list):
        return f"[{', '.join(map(_shape, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
        fields["body"] = node.body[1:]
    if isinstance(node, ast.JoinedStr):  # Python 3.12 ends some with an empty text
        fields["values"] = [one for one in node.values if not (isinstance(one, ast.Constant) and one.value == "")]
    told = {name: value for name, value in fields.items() if name not in IGNORED and value not in (None, [])}
    return f"{type(node).__name__}({', '.join(f'{name}={_shape(value)}' for name, value in told.items())})"


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _package(value: Any) -> str:
    if isinstance(value, partial):
        return _package(value.func)
    named = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return str(named).partition(".")[0]
