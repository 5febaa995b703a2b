"""Makes a declared type of what was sent, as JSON, a form or a query, or says what is wrong, field by field.

What a type can't state in msgspec's own terms stands in the `extra` of its Meta: `words`, the sentence for a wrong
value instead of the usual one, and `line`, for one line of printable characters, "stripped" or "kept" as it is.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

Problems = dict[str, str]  # what is wrong with an input: a sentence for each field or part, by its path

T = TypeVar("T", bound=msgspec.Struct)
WRONG = object()


def read(kind: type[T], given: Any, *, lax: bool = False, at: str = "") -> T | Problems:
    """An instance of the type, or everything that is wrong, by path such as match.fields.status.

    A null counts as left out where the field may be null. `lax` also takes numbers as text, as forms and
    queries send them. What is wrong with values together comes from the type's method `problems`, if it has one.
    """
    problems: Problems = {}
    value = _struct(kind, given, at, problems, strict=not lax)
    return problems or cast("T", value)


def read_query(kind: type[T], given: Mapping[str, str]) -> T | Problems:
    """Read a query string: empty and unknown parameters are ignored."""
    names = kind.__struct_encode_fields__
    texts = {name: given[name].strip() for name in names if name in given}
    return read(kind, {name: text for name, text in texts.items() if text}, lax=True)


def _struct(kind: Any, given: Any, at: str, problems: Problems, *, strict: bool) -> Any:
    if not isinstance(given, Mapping):
        problems[at] = sentence_for(kind)
        return WRONG
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    start = f"{at}." if at else ""
    if kind.__struct_config__.forbid_unknown_fields:
        known = f"Unknown. Known are {', '.join(fields)}."
        problems |= {f"{start}{name}": known for name in given if name not in fields}
    values = {}
    for name, field in fields.items():
        here = start + name
        left_out = name not in given or (given[name] is None and Info.of(field.type).optional)
        if left_out and not field.required:
            continue
        value = _value(field.type, given.get(name), here, problems, strict=strict)
        if value is not WRONG:
            values[field.name] = value
        elif field.required:
            values[field.name] = ""  # so that the rest can be looked at; it has its problem
    try:
        made = kind(**values)
    except ValueError as error:
        problems.setdefault(at, str(error))
        return WRONG
    for name, problem in getattr(made, "problems", dict)().items():
        problems.setdefault(start + name, problem)
    return made


def _value(kind: Any, given: Any, at: str, problems: Problems, *, strict: bool) -> Any:
    info = Info.of(kind)
    match info.type:
        case inspect.StructType(cls=cls) if isinstance(given, Mapping):
            return _struct(cls, given, at, problems, strict=strict)
        case inspect.ListType(item_type=inspect.StructType(cls=cls)) if info.takes(given):
            items = enumerate(given)
            return [_struct(cls, each, f"{at}.{n}", problems, strict=strict) for n, each in items]
        case inspect.DictType() if isinstance(given, Mapping) and "words" not in info.extra:
            found: dict[str, Any] = {}
            for name, each in given.items():
                value = _leaf(kind, {name: each}, f"{at}.{name}", problems, strict=strict)
                found |= {} if value is WRONG else value
            return found
        case _:
            return _leaf(kind, given, at, problems, strict=strict)


def _leaf(kind: Any, given: Any, at: str, problems: Problems, *, strict: bool) -> Any:
    info = Info.of(kind)
    if info.extra.get("line") == "stripped" and isinstance(given, str):
        given = given.strip()
    try:
        value = msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        # A type's own __post_init__ says more
        problems[at] = str(error.__cause__) if error.__cause__ else sentence_for(kind)
        return WRONG
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if (info.choices and any(text not in info.choices for text in texts)) or (
        "line" in info.extra and not all(text.isprintable() for text in texts)
    ):
        problems[at] = sentence_for(kind)
        return WRONG
    return value


class Info:
    """What is declared of a type, without the layers around it."""

    def __init__(self, kind: Any) -> None:
        info = inspect.type_info(kind)
        self.extra: dict[str, Any] = {}
        self.schema: dict[str, Any] = {}
        info = self._unwrap(info)
        self.optional = isinstance(info, inspect.UnionType) and info.includes_none and not self.extra
        if isinstance(info, inspect.UnionType):
            kinds = [each for each in info.types if not isinstance(each, inspect.NoneType)]
            info = self._unwrap(kinds[0]) if len(kinds) == 1 else info
        self.type: Any = info
        if isinstance(info, inspect.ListType):
            self._unwrap(info.item_type)
        self.choices: tuple[str, ...] = tuple(self.schema.get("enum", ()))

    @classmethod
    @cache
    def of(cls, kind: Any) -> "Info":
        return cls(kind)

    def _unwrap(self, info: Any) -> Any:
        while isinstance(info, inspect.Metadata):
            self.extra = {**(info.extra or {}), **self.extra}
            self.schema = {**(info.extra_json_schema or {}), **self.schema}
            info = info.type
        return info

    def takes(self, given: Any) -> bool:
        """Whether a list is one, and as long as it may be."""
        least, most = self.type.min_length or 0, self.type.max_length
        return isinstance(given, list) and least <= len(given) and (most is None or len(given) <= most)


def sentence_for(kind: Any) -> str:
    """What a value of this type must be, as a sentence for whoever sent another."""
    info = Info.of(kind)
    if "words" in info.extra:
        return str(info.extra["words"])
    match info.type:
        case inspect.ListType() if info.choices:
            return f"Give a list of some of {', '.join(info.choices)}."
        case _ if info.choices:
            return f"Choose one of {', '.join(info.choices)}."
        case inspect.IntType() | inspect.FloatType() as number:
            whole = "whole " if isinstance(number, inspect.IntType) else ""
            return f"Give a {whole}number{_range(number)}."
        case inspect.StrType() as text:
            what, of = (
                ("one line", "printable characters") if "line" in info.extra else ("a text", "characters")
            )
            least = f"{text.min_length} to " if text.min_length else "at most "
            return f"Give {what} of {least}{text.max_length:,} {of}." if text.max_length else f"Give {what}."
        case inspect.BoolType():
            return "Give true or false."
        case _:
            return "Give an object of names and what each must be."


def _range(number: Any) -> str:
    if number.le is None:
        return ""
    if number.gt is not None:
        return f" above {number.gt:,g} and at most {number.le:,g}"
    return f" from {number.ge:,} to {number.le:,}"


def one_of(names: Iterable[str]) -> msgspec.Meta:
    """The names that a text can be."""
    return msgspec.Meta(extra_json_schema={"enum": list(names)})


def line(least: int | None = None, most: int | None = None, *, strip: bool = True) -> msgspec.Meta:
    """One line of printable characters."""
    return msgspec.Meta(
        min_length=least,
        max_length=most,
        # What Python calls printable
        extra_json_schema={"pattern": r"^( |[^\p{C}\p{Z}])*$"},
        extra={"line": "stripped" if strip else "kept"},
    )


def words(sentence: str, **extra: str) -> msgspec.Meta:
    """The sentence for a wrong value."""
    return msgspec.Meta(extra={"words": sentence, **extra})


def label(title: str, description: str = "", **schema: str) -> msgspec.Meta:
    """A form's label and hint, and what else its description says of it."""
    return msgspec.Meta(title=title, description=description, extra_json_schema=schema)
