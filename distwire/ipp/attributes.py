"""Attributes, collections of them, and groups: what a message is made of.

What was decoded keeps its bytes and is turned into values at the first look: of the hundreds of attributes that a
printer sends, few are ever looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from distwire.ipp.syntax import decode_value
from distwire.ipp.tags import GroupTag, ValueTag
from distwire.ipp.values import Composite, Data, Range, Value

Token = tuple[int, bytes]

_BEGIN = int(ValueTag.BEGIN_COLLECTION)  # plain numbers: see `decode`
_END = int(ValueTag.END_COLLECTION)
_MEMBER = int(ValueTag.MEMBER_NAME)


class Attribute:
    """A name and its values (1setOf, in order). Never changed after it was made."""

    __slots__ = ("_tokens", "_values", "name")

    name: str
    _tokens: Sequence[Token]
    _values: tuple[Value, ...] | None

    def __init__(self, name: str, values: Sequence[Value]) -> None:
        self.name = name
        self._values = tuple(values)
        self._tokens = ()

    @classmethod
    def received(cls, name: str, tokens: Sequence[Token]) -> Attribute:
        """An attribute as the decoder saw it: tag and bytes of each value, collections as their flat run of tokens."""
        self = cls.__new__(cls)
        self.name = name
        self._values = None
        self._tokens = tokens
        return self

    @property
    def values(self) -> tuple[Value, ...]:
        """All values in their order."""
        if self._values is None:
            tokens = self._tokens
            if len(tokens) == 1 and tokens[0][0] != _BEGIN:
                self._values = (decode_value(*tokens[0]),)
            else:
                self._values = tuple(_read_values(tokens))
            self._tokens = ()
        return self._values

    @property
    def value(self) -> Value | None:
        """The first value, or None when there is none."""
        values = self.values
        return values[0] if values else None

    @property
    def strings(self) -> tuple[str, ...]:
        """All values that are strings of any syntax, without their languages."""
        return tuple(string for value in self.values if (string := value.text) is not None)

    @property
    def integers(self) -> tuple[int, ...]:
        """All values that are integers or enums."""
        return tuple(d for _, d in self.values if isinstance(d, int) and not isinstance(d, bool))

    @property
    def collections(self) -> tuple[Collection, ...]:
        """All values that are collections."""
        return tuple(d for _, d in self.values if isinstance(d, Collection))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Attribute):
            return NotImplemented
        return self.name == other.name and self.values == other.values

    def __hash__(self) -> int:
        return hash((self.name, self.values))

    def __repr__(self) -> str:
        return f"Attribute({self.name!r}, {list(self.values)!r})"


def attribute(name: str, *values: Value) -> Attribute:
    """Make an attribute: `attribute("sides", keyword("one-sided"))`."""
    return Attribute(name, values)


class AttributeList:
    """Attributes in order, found by name; of two of the same name the first counts."""

    __slots__ = ("_index", "attributes")

    attributes: tuple[Attribute, ...]
    _index: dict[str, Attribute] | None

    def __init__(self, attributes: Sequence[Attribute] = ()) -> None:
        self.attributes = tuple(attributes)
        self._index = None

    def find(self, name: str) -> Attribute | None:
        """The attribute of that name, or None."""
        if self._index is None:
            self._index = {a.name: a for a in reversed(self.attributes)}
        return self._index.get(name)

    def first(self, name: str) -> Data:
        """Data of the first value, None when the attribute is absent or its value is out of band."""
        found = self.find(name)
        value = found.value if found is not None else None
        return value.data if value is not None else None

    def string(self, name: str) -> str | None:
        """The first value that is a string, or None."""
        return next(iter(self.strings(name)), None)

    def strings(self, name: str) -> tuple[str, ...]:
        """All strings, empty when there are none."""
        found = self.find(name)
        return found.strings if found is not None else ()

    def integer(self, name: str) -> int | None:
        """The first value that is an integer or enum, or None."""
        return next(iter(self.integers(name)), None)

    def integers(self, name: str) -> tuple[int, ...]:
        """All integers and enums, empty when there are none."""
        found = self.find(name)
        return found.integers if found is not None else ()

    def boolean(self, name: str) -> bool | None:
        """The first value if it is a boolean, or None."""
        data = self.first(name)
        return data if isinstance(data, bool) else None

    def range(self, name: str) -> Range | None:
        """The first value if it is a range, or None; an integer counts as the range of itself."""
        data = self.first(name)
        if isinstance(data, Range):
            return data
        number = self.integer(name)
        return Range(number, number) if number is not None else None

    def collections(self, name: str) -> tuple[Collection, ...]:
        """All collections, empty when there are none."""
        found = self.find(name)
        return found.collections if found is not None else ()

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.attributes)

    def __len__(self) -> int:
        return len(self.attributes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AttributeList) or type(self) is not type(other):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._key()!r}"

    def _key(self) -> tuple[object, ...]:
        return (self.attributes,)


class Collection(AttributeList, Composite):
    """A value made of attributes (RFC 8010 §3.1.6), nested to any depth the decoder's limits allow."""

    __slots__ = ()


class Group(AttributeList):
    """One attribute group. `tag` is a `GroupTag`, or the number of one that we do not know."""

    __slots__ = ("tag",)

    tag: int

    def __init__(self, tag: int, attributes: Sequence[Attribute] = ()) -> None:
        super().__init__(attributes)
        self.tag = tag

    def _key(self) -> tuple[object, ...]:
        return (self.tag, self.attributes)

    def __repr__(self) -> str:
        label = GroupTag(self.tag).name if self.tag in GroupTag.__members__.values() else hex(self.tag)
        return f"Group({label}, {list(self.attributes)!r})"


def collection(*members: Attribute) -> Value:
    """Make a collection: `collection(attribute("x-dimension", integer(21000)), …)`."""
    return Value(ValueTag.BEGIN_COLLECTION, Collection(members))


class _Member(NamedTuple):
    name: str
    tokens: list[Token]


def _read_values(tokens: Sequence[Token]) -> Iterator[Value]:
    """Turn a run of tokens into values; a collection is the run from its begin to its (perhaps missing) end."""
    at = 0
    while at < len(tokens):
        tag, raw = tokens[at]
        if tag == _BEGIN:
            stop = _end_of_collection(tokens, at)
            yield Value(tag, Collection(_read_members(tokens[at + 1 : stop])))
            at = stop
        else:
            yield decode_value(tag, raw)
        at += 1


def _end_of_collection(tokens: Sequence[Token], begin: int) -> int:
    depth = 0
    for at in range(begin, len(tokens)):
        tag = tokens[at][0]
        if tag == _BEGIN:
            depth += 1
        elif tag == _END:
            depth -= 1
            if depth == 0:
                return at
    return len(tokens)


def _read_members(tokens: Sequence[Token]) -> list[Attribute]:
    members: list[_Member] = []
    depth = 0
    for tag, raw in tokens:
        if tag == _MEMBER and depth == 0:
            members.append(_Member(raw.decode("utf-8", "replace"), []))
            continue
        depth += (tag == _BEGIN) - (tag == _END)
        if members:  # a value before the first member's name belongs to nothing
            members[-1].tokens.append((tag, raw))
    return [Attribute.received(*member) for member in members]
