"""Cheap dataclasses: what the standard library's do for the same options, these do, too."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr import records
from certmgr.records import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A record with every kind of field."""

    x: int
    y: int = 0
    marks: list[str] = field(default_factory=list)
    secret: str = field(default="", repr=False, compare=False)
    total: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what is asked for often."""
        object.__setattr__(self, "total", self.x + self.y)

    @property
    def double(self) -> int:
        """Twice x."""
        return 2 * self.x


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """The same fields, by the standard library."""

    x: int
    y: int = 0
    marks: list[str] = dataclasses.field(default_factory=list)
    secret: str = dataclasses.field(default="", repr=False, compare=False)
    total: int = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what is asked for often."""
        object.__setattr__(self, "total", self.x + self.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A record whose values can all be hashed."""

    left: int
    right: int | str = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A record of one field."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A record that shows and compares itself in its own way."""

    value: str

    def __repr__(self) -> str:
        """Show nothing."""
        return "Redacted()"

    def __eq__(self, other: object) -> bool:
        """Be like every other."""
        return isinstance(other, Redacted)

    def __hash__(self) -> int:
        """Be like every other."""
        return 1


def test_the_real_thing_is_meant() -> None:
    """These are the product's classes, not the standard library's that a type checker sees."""
    assert Point.__init__.__module__ == records.__name__
    assert Standard.__init__.__module__ != records.__name__


@given(st.fixed_dictionaries({"x": st.integers()}, optional={"y": st.integers(), "secret": st.text()}))
def test_a_record_shows_and_compares_itself_as_the_standard_librarys(values: dict[str, int]) -> None:
    """Fields out of repr and out of comparison stay out; defaults and factories hold."""
    ours, theirs = Point(**values), Standard(**values)  # type: ignore[arg-type]  # one of them is text
    assert repr(ours) == repr(theirs).replace("Standard", "Point")
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert ours == Point(x=ours.x, y=ours.y)
    assert ours != Point(x=ours.x + 1, y=ours.y)
    assert ours.marks is not Point(x=0).marks


@given(st.integers(), st.integers() | st.text())
def test_equal_records_have_one_hash(left: int, right: int | str) -> None:
    """They serve as keys."""
    one, same = Pair(left=left, right=right), Pair(left=left, right=right)
    assert one == same
    assert hash(one) == hash(same)
    assert {one: "found"}[same] == "found"
    assert hash(Alone(value="a")) == hash(Alone(value="a"))


def test_records_of_two_classes_are_never_equal() -> None:
    """As with the standard library's, whatever they hold."""
    alone: object = Alone(value="1")
    others: list[object] = [Redacted(value="1"), Pair(left=1), "1"]
    assert [other for other in others if alone == other] == []


@pytest.mark.parametrize("values", [{}, {"y": 1}, {"x": 1, "z": 2}, {"x": 1, "total": 2}, {"y": 1, "z": 2}])
def test_a_wrong_call_names_the_fields(values: dict[str, int]) -> None:
    """A field that is missing, one that is not there, one that is no argument: TypeError, with the names."""
    with pytest.raises(TypeError) as caught:
        Point(**values)  # type: ignore[arg-type]  # wrong on purpose
    wrong = ({"x"} - values.keys()) | (values.keys() - {"x", "y", "marks", "secret"})
    assert all(name in str(caught.value) for name in wrong)
    assert "Point" in str(caught.value)


def test_a_record_takes_keywords_alone() -> None:
    """Positions mean nothing where fields are many."""
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[call-arg]  # wrong on purpose


def test_a_record_does_not_change() -> None:
    """No field is assigned to or deleted, and none is added."""
    point = Point(x=1)
    with pytest.raises(FrozenInstanceError, match="x"):
        point.x = 2  # type: ignore[misc]  # wrong on purpose
    with pytest.raises(FrozenInstanceError, match="x"):
        del point.x
    with pytest.raises(FrozenInstanceError, match="new"):
        point.new = 2  # type: ignore[attr-defined]  # wrong on purpose
    assert not hasattr(point, "__dict__")
    assert (point.x, point.double, point.total) == (1, 2, 1)


def test_the_standard_librarys_functions_serve() -> None:
    """`replace` makes a changed record, with what is prepared prepared anew; `fields` names the fields."""
    assert replace(Point(x=1, y=2), x=5).total == 7
    assert [one.name for one in dataclasses.fields(Point)] == ["x", "y", "marks", "secret", "total"]
    with pytest.raises(TypeError):
        replace(Point(x=1), z=1)  # type: ignore[call-arg]  # wrong on purpose


def test_a_record_goes_to_other_processes_and_back() -> None:
    """Every field arrives, prepared ones too; a copy is equal."""
    point = Point(x=1, y=2, secret="s")
    arrived = pickle.loads(pickle.dumps(point))  # noqa: S301 - our own bytes
    assert (arrived, arrived.secret, arrived.total) == (point, "s", 3)
    assert copy.deepcopy(point) == copy.copy(point) == point


def test_a_method_of_the_classs_own_stays() -> None:
    """A redacted repr is not overwritten, nor is a comparison."""
    assert repr(Redacted(value="secret")) == "Redacted()"
    assert Redacted(value="a") == Redacted(value="b")
    assert hash(Redacted(value="a")) == 1


@pytest.mark.parametrize("options", [{}, {"frozen": True}, {"slots": True, "kw_only": True}])
def test_there_is_one_kind_of_record(options: dict[str, bool]) -> None:
    """What cannot be done is refused, not done halfway."""
    with pytest.raises(TypeError, match="frozen, slotted and keyword-only"):
        dataclass(**options)


def test_a_base_class_with_fields_is_refused() -> None:
    """Its fields would be left out of everything."""
    with pytest.raises(TypeError, match="base class"):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class _More(Point):
            """One field more."""

            z: int
