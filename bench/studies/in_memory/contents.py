"""What an object in memory is made of, as a digest: its values, its weights, and the code that it would run.

Values and arrays count by their content. A function or class of the user's counts by its compiled code, by what it
closes over, and by what its code takes from its module, however deep; one of an installed package by its name and the
package's version. Any other object counts by its class and by what `pickle` would keep of it. Two objects of one digest
do the same as far as Python can tell; one that cannot be looked into is refused.
"""

from __future__ import annotations

import functools
import hashlib
import types
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from bench.core.code.keys import fingerprint
from bench.core.errors import UsageError
from bench.studies.in_memory.own_code import globals_in, members_of, module_digest, named

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
_CALLABLES_OF_C = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)
_BY_NAME = (*_CALLABLES_OF_C, types.MethodWrapperType, types.ClassMethodDescriptorType)
_MAPPINGS = (dict, OrderedDict, types.MappingProxyType)
_GATHERED = (list, tuple, set, frozenset, *_MAPPINGS)
_DESCRIBED = (types.MemberDescriptorType, types.GetSetDescriptorType)
REMEDY = "say what it is: bench.InMemory(object, name='mine', version='1'), another version whenever it changes"


def content_digest(value: object, where: str) -> str:
    """Digest an object by its content: 32 hexadecimal digits, the same in another process.

    Args:
        value: any object.
        where: whose it is, for messages.

    Raises:
        UsageError: something in it cannot be looked into, such as an open file or a session of another library.

    >>> content_digest([1, "a"], "x") == content_digest([1, "a"], "x") != content_digest([1, "b"], "x")
    True
    """
    try:
        return _Digests(where).of(value)
    except RecursionError as error:
        raise UsageError(where, "an object nested too deeply", "one that can be digested", REMEDY) from error


class _Digests:
    """Digests of one object's parts, each made once."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._made: dict[int, str] = {}
        self._open: dict[int, int] = {}
        self._kept: list[object] = []

    def of(self, value: Any) -> str:
        """Digest a part; one that is being digested already counts by how far up it is."""
        if type(value) in _PLAIN:
            return fingerprint([type(value).__name__, repr(value)])
        key = id(value)
        if key in self._made:
            return self._made[key]
        if key in self._open:
            return fingerprint(["above", len(self._open) - self._open[key]])
        self._open[key] = len(self._open)
        try:
            found = fingerprint(self._parts(value))
        finally:
            del self._open[key]
        self._kept.append(value)  # so that no other object gets its id
        self._made[key] = found
        return found

    def _parts(self, value: Any) -> Iterable[str]:
        if isinstance(value, torch.Tensor):
            return _tensor(value)
        if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
            return "array", str(value.dtype), str(value.shape), _bytes(np.asarray(value))
        if isinstance(value, torch.nn.Module):
            return "network", self.of(type(value)), self.of(vars(value))
        if isinstance(value, type | types.FunctionType | types.CodeType | types.ModuleType):
            return self._code(value)
        return self._gathered(value) if type(value) in _GATHERED else self._other(value)

    def _gathered(self, value: Any) -> Iterable[str]:
        """Several values: in their order, or in none."""
        if type(value) in _MAPPINGS:
            return "dict", *sorted(fingerprint([self.of(name), self.of(one)]) for name, one in value.items())
        parts = map(self.of, value)
        return type(value).__name__, *(sorted(parts) if type(value) in (set, frozenset) else parts)

    def _code(self, value: type | types.FunctionType | types.CodeType | types.ModuleType) -> Iterable[str]:
        """A class, a function, compiled code, or a module."""
        if isinstance(value, types.ModuleType):
            return "module", module_digest(value)
        if isinstance(value, types.CodeType):
            names = (*value.co_names, "/", *value.co_varnames, "/", *value.co_freevars, "/", *value.co_cellvars)
            return "code", value.co_code.hex(), value.co_exceptiontable.hex(), *names, self.of(list(value.co_consts))
        if (name := named(value)) is not None:
            return "installed", name
        if isinstance(value, type):
            members = (fingerprint([name, self.of(one)]) for name, one in members_of(value))
            return "class", value.__qualname__, *map(self.of, value.__bases__), *members
        closed = [cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType()]
        own = value.__defaults__, value.__kwdefaults__, closed, vars(value)
        return "function", self.of(value.__code__), *map(self.of, own), self.of(globals_in(value))

    def _other(self, value: Any) -> Iterable[str]:
        """Anything else: what `pickle` would keep of it, of whatever class."""
        if isinstance(value, types.MethodType):
            return "method", self.of(value.__func__), self.of(value.__self__)
        if isinstance(value, property):
            return "property", *map(self.of, (value.fget, value.fset, value.fdel))
        if isinstance(value, staticmethod | classmethod | functools.cached_property):
            inner = value.func if isinstance(value, functools.cached_property) else value.__func__
            return type(value).__name__, self.of(inner)
        if isinstance(value, _DESCRIBED):
            return "slot", value.__name__
        if isinstance(value, _BY_NAME):
            own = value.__self__ if isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType) else None
            bound = () if own is None or isinstance(own, types.ModuleType) else (self.of(own),)
            return "built in", value.__qualname__, *bound
        return self._reduced(value)

    def _reduced(self, value: Any) -> Iterable[str]:
        kind = type(value)
        try:
            told = value.__reduce_ex__(4)
        except Exception as error:  # each library refuses in its own way
            found = f"a {kind.__module__}.{kind.__qualname__}, which cannot be looked into ({error})"
            raise UsageError(self._where, found, "what can be digested", REMEDY) from error
        if isinstance(told, str):
            return "named", kind.__module__, kind.__qualname__, told
        make, arguments, *rest = told
        state, items, pairs = (*rest, None, None, None)[:3]
        listed = [list(one) for one in (items, pairs) if one is not None]
        return "object", self.of(kind), *map(self.of, (make, arguments, state, listed))


def _tensor(value: torch.Tensor) -> Iterable[str]:
    plain = value.detach().cpu()
    if plain.layout != torch.strided or plain.is_quantized:
        plain = plain.to_dense() if not plain.is_quantized else plain.dequantize()
    raw = plain.resolve_conj().resolve_neg().contiguous().reshape(-1).view(torch.uint8).numpy()
    return "tensor", str(value.dtype), str(tuple(value.shape)), _bytes(raw)


def _bytes(array: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data).hexdigest()
