"""What the declaration of a callout's fields promises, field by field: checked, bounded, shown, and secrets kept."""

from dataclasses import fields, replace

import pytest
from sqlalchemy import String

from portal.callouts.fields import FIELDS, PLAIN, CalloutValues, Field
from portal.clock import now
from portal.core.addresses import Allowed
from portal.core.callouts import RESEND_CUSTOM
from portal.core.declared import NOT_A_NUMBER, Kind, Value
from portal.core.wire import Target
from portal.desk.callout_checks import problems
from portal.desk.callout_values import Keep
from portal.desk.callouts import save_callout, values_of
from portal.models import Callout, Udf
from portal.models.udf import TEXT
from tests.web.reading import form_data, said, tree_of
from tests.web.test_callouts import LIST_PAGE, SECRET, make_callout

EMPTY = CalloutValues(name="Acme RMM", url="https://rmm.example/callouts")
# what the use cases and the workers write
NOT_ENTERED = {
    "id",
    "name_key",
    "updated_at",
    "paused",
    "failures_in_row",
    "failing_since",
    "failing_reason",
    "probe_at",
    "paced_until",
    "signing_secret_old_encrypted",
}
# whole sentences of their own in the use case, and under their own tests
OWN_CHECKS = {"name", "url", "udf"}
CHOSEN = {"data_format": "soap", "resend_preset": RESEND_CUSTOM}


def applying(field: Field) -> CalloutValues:
    """Values under which a field applies."""
    return replace(EMPTY, **{field.by: next(iter(field.under))}) if field.by else EMPTY


def beyond(field: Field) -> list[Value]:
    match field.kind:
        case Kind.NUMBER:
            return [field.least - 1, field.most + 1, NOT_A_NUMBER]
        case Kind.CHOICE:
            return ["no such", ""]
        case Kind.FLAG:
            return []
        case _:
            return ["x" * (field.most + 1), "two\nlines"]


def inside(field: Field) -> list[Value]:
    match field.kind:
        case Kind.NUMBER:
            return [field.least, field.most]
        case Kind.CHOICE:
            return [*field.choices]
        case Kind.FLAG:
            return [True, False]
        case _:
            return ["x" * field.most]


def test_each_column_is_declared_once_and_holds_what_the_declaration_allows():
    columns = Callout.__table__.columns
    assert {each.column for each in FIELDS.values()} == {each.key for each in columns} - NOT_ENTERED
    assert {each.column for each in PLAIN.values()} | {"recipients"} == {
        each.name for each in fields(CalloutValues)
    }
    for field in PLAIN.values():
        column = columns[field.column]
        if isinstance(column.type, String):
            widest = max(map(len, field.choices), default=field.most)
            assert column.type.length >= widest, field.name
            assert field.kind is Kind.CHOICE or column.type.length == widest, field.name
        if column.default is not None and not callable(column.default.arg):
            assert column.default.arg == getattr(EMPTY, field.column), field.name
        assert not field.by or field.initial == getattr(EMPTY, field.column), field.name


def test_each_field_is_held_to_its_bounds(session):
    def refused(field: Field, value: Value) -> bool:
        values = replace(applying(field), **{field.column: value})
        return field.name in problems(session(), values, Keep(), None, Allowed())

    for field in PLAIN.values():
        if field.name in OWN_CHECKS:
            continue
        assert [each for each in beyond(field) if not refused(field, each)] == [], field.name
        if field.name != "data_format":
            assert [each for each in inside(field) if refused(field, each)] == [], field.name
        if field.required:
            assert refused(field, field.initial), field.name


def test_each_field_is_refused_where_it_does_not_apply(session):
    for field in (each for each in PLAIN.values() if each.by):
        value = [each for each in inside(field) if each != field.initial][-1]
        values = replace(EMPTY, **{field.column: value})
        assert getattr(EMPTY, field.by) not in field.under
        sentence = problems(session(), values, Keep(), None, Allowed())[field.name]
        assert sentence.startswith(f"{field.word} is for {field.where()} only: "), field.name


@pytest.fixture
def full(session) -> Callout:
    """A callout with all fields set that apply to it."""
    udf = Udf(name="Alert ID", type=TEXT)
    session.add(udf)
    session.flush()
    values: dict[str, Value] = {"signing_secret_encrypted": "token"}
    for field in PLAIN.values():
        if field.by and CHOSEN[field.by] not in field.under:
            continue
        match field.kind:
            case Kind.NUMBER:
                values[field.column] = field.most
            case Kind.FLAG:
                values[field.column] = not getattr(EMPTY, field.column)
            case Kind.CHOICE:
                values[field.column] = CHOSEN.get(field.name, [*field.choices][-1])
            case Kind.REFERENCE:
                values[field.column] = udf.id
            case Kind.URL:
                values[field.column] = "https://rmm.example/full"
            case _:
                values[field.column] = f"my-{field.name}"
    return make_callout(session, **values)


def test_each_field_is_shown_with_its_label_its_help_and_its_value(as_admin, full):
    page = as_admin.get(f"{LIST_PAGE}{full.id}")
    tree, data = tree_of(page), form_data(page, "callout-editor")
    for name, field in PLAIN.items():
        (label,) = tree.xpath(f"//label[@for='{name}']")
        assert label.text_content().startswith(field.label), name
        (control,) = tree.xpath(f"//*[@name='{name}']")
        if field.help:
            assert f"{name}-help" in control.get("aria-describedby"), name
            assert field.help.partition("{")[0] in said(page), name
        value = field.typed(getattr(full, field.column))
        assert data.get(name, [""]) == [value], name
        assert control.get("data-under", "").split() == [*field.under], name


def test_secrets_are_neither_shown_nor_copied_nor_exported_and_everything_else_is(as_admin, session, full):
    page = as_admin.get(f"{LIST_PAGE}{full.id}").text
    assert SECRET not in page
    assert full.password_encrypted not in page
    copy = save_callout(
        session(),
        None,
        replace(values_of(full), name="Copy"),
        Keep(),
        encrypt=str,
        allowed=Allowed(),
        now=now(),
    )
    for name, field in FIELDS.items():
        same = getattr(copy, field.column) == getattr(full, field.column)
        assert same == (not field.secret and name != "name"), name


def test_what_a_format_is_set_to_is_what_it_is_told():
    assert {each.name for each in PLAIN.values() if each.by == "data_format"} <= {
        each.name for each in fields(Target)
    }
