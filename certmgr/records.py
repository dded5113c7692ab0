"""Frozen, slotted, keyword-only dataclasses that cost a tenth of the standard library's to define.

`dataclasses.dataclass` writes and compiles six methods for each class, which was two thirds of the start of a command
(docs/decisions/start-up.md). Here the methods are closures over the names of the fields. The fields themselves are the
standard library's, so that `dataclasses.replace` and `dataclasses.fields` serve; for a type checker, `dataclass` and
`field` are simply those of `dataclasses`.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "field"]

_set: Callable[[object, str, object], None] = object.__setattr__


def _dataclass(*, frozen: bool = False, slots: bool = False, kw_only: bool = False) -> Callable[[type[Any]], type[Any]]:
    """Return a decorator that does what `dataclasses.dataclass` does with all three options on.

    Raises TypeError for other options, and for a class whose base has fields.
    """
    if not (frozen and slots and kw_only):
        raise TypeError("these classes are frozen, slotted and keyword-only")
    return _define


def _define(cls: type[Any]) -> type[Any]:
    """Return the class anew, with slots for its fields and the methods that it does not define itself."""
    if any(dataclasses.is_dataclass(base) for base in cls.__mro__[1:]):
        raise TypeError(f"{cls.__name__} has a base class with fields")
    own = frozenset(vars(cls))
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False, slots=True, kw_only=True)(cls)
    fields = dataclasses.fields(made)
    _freeze(made, fields)
    made.__init__ = _make_init(made, fields)
    if "__repr__" not in own:
        made.__repr__ = _make_repr([one.name for one in fields if one.repr])
    if "__eq__" not in own:
        made.__eq__, made.__hash__ = _make_comparison([one.name for one in fields if one.compare])
    return made  # type: ignore[no-any-return]  # it is a class


def _make_init(made: type[Any], fields: "tuple[dataclasses.Field[Any], ...]") -> Callable[..., None]:
    missing = dataclasses.MISSING
    taken = [one for one in fields if one.init]
    setters = [(one.name, getattr(made, one.name).__set__) for one in taken]
    count = len(setters)
    defaults = {one.name: one.default for one in taken if one.default is not missing}
    factories = [(one.name, one.default_factory) for one in taken if one.default_factory is not missing]
    finish: Callable[[Any], None] | None = getattr(made, "__post_init__", None)

    def __init__(self: object, /, **given: object) -> None:  # noqa: N807 - it becomes that method
        for name, factory in factories:
            if name not in given:
                given[name] = factory()
        values = {**defaults, **given} if defaults else given
        try:
            for name, put in setters:
                put(self, values[name])
        except KeyError:
            raise _wrong_names(made, [name for name, _ in setters], values) from None
        if len(values) != count:
            raise _wrong_names(made, [name for name, _ in setters], values)
        if finish is not None:
            finish(self)

    __init__.__qualname__ = f"{made.__qualname__}.__init__"
    return __init__


def _wrong_names(made: type[Any], names: list[str], values: dict[str, object]) -> TypeError:
    """Return the error that says what a call leaves out and what it has too much."""
    lacking, unknown = [name for name in names if name not in values], [name for name in values if name not in names]
    reasons = [f"lacks {', '.join(lacking)}"] if lacking else []
    reasons += [f"has no field {', '.join(unknown)}"] if unknown else []
    return TypeError(f"{made.__qualname__} {' and '.join(reasons)}")


def _make_repr(names: list[str]) -> Callable[[object], str]:
    def __repr__(self: object) -> str:  # noqa: N807 - it becomes that method
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({shown})"

    return __repr__


def _make_comparison(names: list[str]) -> tuple[Callable[[object, object], bool], Callable[[object], int]]:
    values: Callable[[object], object] = attrgetter(*names) if names else lambda _self: ()

    def __eq__(self: object, other: object) -> bool:  # noqa: N807 - it becomes that method
        return values(self) == values(other) if type(self) is type(other) else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807 - it becomes that method
        return hash(values(self))

    return __eq__, __hash__


def _freeze(made: Any, fields: "tuple[dataclasses.Field[Any], ...]") -> None:  # noqa: ANN401 - a class under construction
    """Refuse assignment, and let copies and pickles pass it by."""
    names = [one.name for one in fields]

    def __getstate__(self: object) -> list[object]:  # noqa: N807 - it becomes that method
        return [getattr(self, name) for name in names]

    def __setstate__(self: object, state: list[object]) -> None:  # noqa: N807 - it becomes that method
        for name, value in zip(names, state, strict=True):
            _set(self, name, value)

    made.__getstate__, made.__setstate__ = __getstate__, __setstate__
    made.__setattr__, made.__delattr__ = _refuse_assignment, _refuse_deletion


def _refuse_assignment(self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"{name} of a {type(self).__name__} cannot be assigned to")


def _refuse_deletion(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"{name} of a {type(self).__name__} cannot be deleted")


if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:
    dataclass = _dataclass
    field = dataclasses.field
