"""What nobody touched does not change: each editor's form is sent back as a browser does, and no row differs."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from portal.models import (
    Base,
    Callout,
    CalloutRecipient,
    Company,
    FormSubmission,
    PicklistValue,
    Rule,
    RuleAction,
    RuleCondition,
    RuleEvent,
    Ticket,
    TicketUdf,
    Udf,
)
from portal.models.udf import DATE, LIST, NUMBER, TEXT
from tests.conftest import make_resource, make_ticket, sign_in
from tests.delivery.conftest import make_callout
from tests.desk.ticketing import watch_every_edit
from tests.web.reading import beside, summary, tree_of

# the second 01:30 of the night in which New York's clocks go back
FOLD = datetime(2026, 11, 1, 6, 30, 59, 123456, tzinfo=UTC)
# \r and \n, which fields of one line can't hold, and what else a browser or a filter may change
LINE = " a\r\nb\nc\rd\u2028e\x85f\x0b\tg\u202eh  "
TEXTS = "\r\n\n first\rsecond\r\n\x0cthird\u2029 \t\r\n"
MOST = 2**31 - 1


def as_browser(answer, form_id: str) -> dict[str, list[str]]:
    """Give what a browser sends: values of one line without line breaks, and lines that end with CR LF."""
    form = tree_of(answer).get_element_by_id(form_id)
    data: dict[str, list[str]] = {}
    for control in form.inputs:
        if (
            not control.name
            or control.get("disabled") is not None
            or control.get("type") in {"submit", "button"}
        ):
            continue
        if control.get("type") in {"checkbox", "radio"} and not control.checked:
            continue
        if control.tag == "textarea":
            values = [re.sub("\r\n|\r|\n", "\r\n", (control.text or "").removeprefix("\n"))]
        elif control.tag == "select":
            values = [control.value if control.value is not None else control.value_options[0]]
        elif control.get("type") in {"checkbox", "radio"}:
            values = [control.get("value")]
        else:
            values = [re.sub("[\r\n]", "", control.get("value") or "")]
            if control.get("type") == "email":
                values = [values[0].strip()]
        data.setdefault(control.name, []).extend(values)
    return data


def everything(session) -> dict[str, list[tuple]]:
    session.expire_all()
    found = {
        table.name: sorted(map(tuple, session.execute(select(table))), key=repr)
        for table in Base.metadata.sorted_tables
        if table.name != FormSubmission.__tablename__
    }
    session.commit()
    return found


@pytest.fixture
def odd(session, company, admin) -> dict[str, tuple[str, str]]:
    """Rows with values as no form lets them in, or no longer does: where each is edited, and by which form."""
    watch_every_edit(session)
    gone = make_resource(session, "service_desk", active=False)
    text, number = Udf(name="Text" + LINE, type=TEXT), Udf(name="Number", type=NUMBER)
    day, site = Udf(name="Day", type=DATE), Udf(name="Site", type=LIST, options="  A \r\nB\n\n")
    session.add_all((text, number, day, site))
    ticket = make_ticket(session, company)
    inactive = Company(name=LINE, active=False)
    session.add(inactive)
    session.flush()
    ticket.title, ticket.external_id, ticket.description, ticket.resolution = LINE, LINE, TEXTS, TEXTS
    ticket.company_id, ticket.assigned_resource_id, ticket.due_at = inactive.id, gone.id, FOLD
    ticket.queue, ticket.source, ticket.ticket_type, ticket.priority = MOST, MOST, MOST, MOST
    for udf, value in ((text, LINE * 20), (number, " +07.50 "), (day, "no day"), (site, LINE)):
        session.add(TicketUdf(ticket_id=ticket.id, udf_id=udf.id, value=value))
    callout = make_callout(session, "http://127.0.0.1:9/u?a=1 ")
    callout.name, callout.username, callout.soap_action = LINE, LINE, LINE
    callout.method_name, callout.namespace_override, callout.resend_seconds = "Méthode ", LINE, 0
    callout.transport, callout.resend_after, callout.data_format = "PUT", "never?", "xml_rpc"
    callout.password_encrypted, callout.udf_id = "token", number.id
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=gone.id, slot=1))
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=gone.id, slot=3))
    rule = Rule(name=LINE, created_at=FOLD)
    rule.events = [RuleEvent(kind="edited", actor="nobody"), RuleEvent(kind="forgotten")]
    rule.conditions = [
        RuleCondition(field=field, operator=operator, operands=operands)
        for field, operator, operands in (
            ("title", "equal", [LINE]),
            ("title", "in_list", [" x\ny ", "z", "\u2028"]),
            ("due_at", "less", [FOLD.isoformat()]),
            ("queue", "equal", [str(MOST)]),
            ("queue", "in_list", [str(MOST), "8", "5"]),
            (f"udf:{day.id}", "equal", ["no day"]),
            ("external_id", "odd", ["x"]),
            ("status", "greater", ["1"]),
            ("status", "empty", ["left over"]),
        )
    ]
    rule.actions = [
        RuleAction(kind="execute_callout", callout_id=callout.id, params={"more": 1}),
        RuleAction(kind="forgotten"),
    ]
    session.add(rule)
    other = make_resource(session, "service_desk", first_name=LINE, last_name=" ", email1=" odd @ address\n")
    other.time_zone, other.security_level, other.email2 = "Mars/Olympus", "pilot", "two@example.com "
    session.query(PicklistValue).filter_by(list_name="queue", value=5).one().label = LINE
    session.commit()
    return {
        "ticket": (f"/tickets/{ticket.id}/edit", "ticket-form"),
        "callout": (f"/admin/callouts/{callout.id}", "callout-editor"),
        "rule": (f"/admin/rules/{rule.id}", "rule-editor"),
        "company": (f"/admin/companies/{inactive.id}", "company-form"),
        "udf": (f"/admin/udfs/{text.id}", "udf-form"),
        "list udf": (f"/admin/udfs/{site.id}", "udf-form"),
        "resource": (f"/admin/resources/{other.id}", "resource-form"),
        "oneself": (f"/admin/resources/{admin.id}", "resource-form"),
        "list": ("/admin/lists/queue", "list-form"),
    }


def test_a_form_that_comes_back_as_it_was_shown_changes_nothing(as_admin, session, odd, subtests):
    for what in ["ticket", "callout", "rule", "company", "udf", "list udf", "resource", "oneself", "list"]:
        with subtests.test(what=what):
            path, form_id = odd[what]
            before = everything(session)
            answer = as_admin.post(path, data=as_browser(as_admin.get(path), form_id))
            assert answer.status_code == 302, (beside(answer), summary(answer))
            assert everything(session) == before


def test_an_edit_of_one_field_changes_that_one_alone(as_admin, session, odd, subtests):
    for what, field, value in [
        ("ticket", "status", "8"),
        ("callout", "only_on_failure", "y"),
        ("rule", "event-created", "y"),
        ("company", "active", "y"),
        ("udf", "active", ""),
        ("resource", "email3", "three@example.com"),
    ]:
        with subtests.test(what=what, field=field, value=value):
            path, form_id = odd[what]
            before = everything(session)
            data = as_browser(as_admin.get(path), form_id)
            data |= {field: [value]}
            answer = as_admin.post(
                path, data={name: values for name, values in data.items() if values != [""] or name != field}
            )
            assert answer.status_code == 302, (beside(answer), summary(answer))
            after = everything(session)
            table = {"ticket": "ticket", "rule": "rule_event"}.get(what, what)
            stamps = {Ticket.last_activity_at.key, Callout.updated_at.key}
            names = [column.name for column in Base.metadata.tables[table].columns]
            if what == "rule":
                parts = ("rule", "rule_condition", "rule_action")
                assert [after[each] for each in parts] == [before[each] for each in parts]
                return
            changed = {
                name
                for old, new in zip(before[table], after[table], strict=True)
                for name, one, other in zip(names, old, new, strict=True)
                if one != other
            }
            assert changed - stamps == {field}


def test_a_time_keeps_its_turn_of_the_night_and_its_seconds(client, session, company):
    """Told in the issue: due in the second 01:30, opened in New York, title changed."""
    sign_in(client, make_resource(session, "service_desk", time_zone="America/New_York"))
    ticket = make_ticket(session, company, due_at=FOLD)
    path = f"/tickets/{ticket.id}/edit"
    data = as_browser(client.get(path), "ticket-form")
    assert data["due_at"] == ["2026-11-01T01:30"]
    client.post(path, data=data | {"title": "Another"})
    session.expire_all()
    assert (ticket.title, ticket.due_at) == ("Another", FOLD)
    again = as_browser(client.get(path), "ticket-form")
    client.post(path, data=again | {"due_at": "2026-11-01T01:45"})
    session.expire_all()
    assert ticket.due_at == FOLD.replace(minute=45, second=0, microsecond=0)


def test_a_time_is_read_in_the_zone_that_its_page_named(client, session, company):
    who = make_resource(session, "service_desk", time_zone="Europe/Vienna")
    sign_in(client, who)
    ticket = make_ticket(session, company, due_at=FOLD)
    path = f"/tickets/{ticket.id}/edit"
    data = as_browser(client.get(path), "ticket-form")
    client.post("/profile/time-zone", data={"time_zone": "Asia/Tokyo"})
    client.post(path, data=data | {"due_at": "2027-01-01T12:00"})
    session.expire_all()
    assert ticket.due_at == datetime(2027, 1, 1, 11, tzinfo=UTC)


def test_what_somebody_else_has_changed_since_is_kept_where_one_touched_nothing(as_admin, session, company):
    path = f"/admin/companies/{company.id}"
    mine = as_browser(as_admin.get(path), "company-form")
    as_admin.post(path, data=as_browser(as_admin.get(path), "company-form") | {"name": "Renamed"})
    as_admin.post(path, data={name: value for name, value in mine.items() if name != "active"})
    session.expire_all()
    assert (company.name, company.active) == ("Renamed", False)


def test_a_field_that_came_after_the_page_is_not_emptied(as_admin, session, company):
    udf = Udf(name="Site", type=TEXT, active=False)
    session.add(udf)
    session.flush()
    ticket = make_ticket(session, company)
    session.add(TicketUdf(ticket_id=ticket.id, udf_id=udf.id, value="Vienna"))
    session.commit()
    path = f"/tickets/{ticket.id}/edit"
    data = as_browser(as_admin.get(path), "ticket-form")
    udf.active = True
    session.commit()
    assert as_admin.post(path, data=data | {"title": "Another"}).status_code == 302
    session.expire_all()
    assert [each.value for each in ticket.udf_values] == ["Vienna"]


def test_the_id_of_another_system_is_shown_with_what_one_would_not_see_of_it(as_admin, session, company):
    udf = Udf(name="Alert", type=TEXT)
    session.add(udf)
    session.flush()
    ticket = make_ticket(session, company, udfs={udf.id: "C"})
    ticket.external_id, ticket.udf_values[0].value = "A\r\nB ", " \u202eC\u2028D"
    session.commit()
    page = tree_of(as_admin.get(f"/tickets/{ticket.id}"))
    found = {dt.text_content(): dt.getnext() for dt in page.xpath('//dl[@class="facts"]/dt')}
    assert found["External ID"].text_content() == "A↵B␣"
    assert found["Alert"].text_content() == "␣\u202eC↵D"
    assert [each.get("title") for each in found["Alert"].iter("span")] == ["blank", "line break"]
    edit = as_admin.get(f"/tickets/{ticket.id}/edit")
    assert "Stored as A↵B␣, and kept so unless you change it here." in tree_of(edit).text_content()


def test_what_turns_directions_is_kept_and_kept_to_itself(as_admin, session, company):
    title = "a\u2069\u202egpj"
    ticket = make_ticket(session, company, title=title)
    company.name = "\u2067Acme"
    session.commit()
    for path in ("/tickets", f"/tickets/{ticket.id}", f"/tickets/{ticket.id}/edit", "/"):
        page = tree_of(as_admin.get(path))
        assert title in {each.text_content() for each in page.iter("bdi")}
        loose = [each for each in page.xpath("//main//text()[not(ancestor::bdi)]") if "\u202e" in each]
        assert loose == []
    assert (
        tree_of(as_admin.get(f"/tickets/{ticket.id}"))
        .findtext(".//title")
        .startswith(f"{ticket.number}: \u2068a\u202egpj\u2069")
    )
    assert (
        "“\u2068\u2067Acme\u2069\u2069”"
        in as_admin.post(f"/admin/companies/{company.id}/deactivate", follow_redirects=True).text
    )
