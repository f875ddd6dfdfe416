"""What is computed once for each object, when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801 - it is written as a decorator, as `property` is
    """Compute a property once for each object, as `functools.cached_property` does, without its lock.

    Up to Python 3.11 that one has a single lock for all objects: two threads that lay sounds over two utterances would
    wait for each other. Two threads that ask the same object at once may both compute it here.

    Args:
        compute: gives the value; what it returns is kept among the object's attributes.

    >>> class Square:
    ...     side = 3.0
    ...
    ...     @lazy
    ...     def area(self) -> float:
    ...         return self.side**2
    >>> square = Square()
    >>> square.area, vars(square)
    (9.0, {'area': 9.0})
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self.compute = compute
        self.name = ""
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, one: None, owner: type[Any]) -> lazy[Value]: ...

    @overload
    def __get__(self, one: object, owner: type[Any]) -> Value: ...

    def __get__(self, one: object | None, owner: type[Any]) -> lazy[Value] | Value:
        if one is None:
            return self
        found = vars(one)[self.name] = self.compute(one)
        return found
