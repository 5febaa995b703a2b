"""Tickets created, changed and read back through zeep: every field, every odd character, and the rules."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.models import Company, Resource, Ticket, TicketHistory, Udf
from portal.models.udf import DATE, LIST, NUMBER, TEXT
from tests.api.conftest import Client, errors, made, term
from tests.conftest import make_ticket

EASTERN_WINTER = timedelta(hours=-5)


@pytest.fixture
def fields(company: Company) -> dict[str, object]:
    return {"AccountID": company.id, "Title": "Disk full", "Status": 1, "Priority": 1}


@pytest.fixture
def udfs(session) -> dict[str, Udf]:
    rows = {
        "Alert ID": Udf(name="Alert ID", type=TEXT),
        "Size": Udf(name="Size", type=NUMBER),
        "Day": Udf(name="Day", type=DATE),
        "Site": Udf(name="Site", type=LIST, options="North\nSouth"),
        "Old": Udf(name="Old", type=TEXT, active=False),
    }
    session.add_all(rows.values())
    session.commit()
    return rows


def the(rmm: Client, ticket_id: int):
    (ticket,) = rmm.find("Ticket", term("id", "Equals", ticket_id))
    return ticket


def udf_values(ticket) -> dict[str, str | None]:
    return {each.Name: each.Value for each in ticket.UserDefinedFields.UserDefinedField}


def test_every_field_comes_back_with_its_type(rmm: Client, api_user: Resource, technician: Resource, fields):
    values = fields | {
        "Description": "It is full.",
        "QueueID": 8,
        "Source": 8,
        "TicketType": 5,
        "AssignedResourceID": technician.id,
        "DueDateTime": datetime(2026, 1, 31, 22, 4, 5, tzinfo=UTC),
        "Resolution": "Emptied.",
        "ExternalID": "E-1",
    }
    (ticket_id,) = made(rmm.create(rmm.ticket(**values)))
    ticket = the(rmm, ticket_id)
    assert {name: ticket[name] for name in values} == values
    assert ticket.DueDateTime.utcoffset() == EASTERN_WINTER
    assert ticket.TicketNumber.startswith("T")
    assert ticket.CreatorResourceID == api_user.id
    assert ticket.CreateDate == ticket.LastActivityDate
    assert ticket.CompletedDate is None


def test_create_answers_with_what_was_made(rmm: Client, fields):
    answer = rmm.create(rmm.ticket(**fields), rmm.ticket(**fields))
    first, second = answer.EntityReturnInfoResults.EntityReturnInfo
    assert (first.DatabaseAction, second.DatabaseAction) == ("Created", "Created")
    assert [each.id for each in answer.EntityResults.Entity] == [first.EntityId, second.EntityId]
    assert answer.EntityResultType == "Ticket"


def test_odd_characters_survive_in_every_text(subtests, rmm: Client, udfs, fields):
    for value in [
        "<b>&amp; \"quotes\" 'single' ]]> <![CDATA[x]]>",
        "Zażółć gęślą jaźń, 日本語, \U0001f6a8",
        "two\nlines\tand a tab",
        "[brackets] {braces} %s ${x} '; DROP TABLE ticket; --",
    ]:
        with subtests.test(value=value):
            values = fields | {"Title": value, "Description": value, "Resolution": value, "ExternalID": value}
            (ticket_id,) = made(rmm.create(rmm.ticket({"Alert ID": value}, **values)))
            ticket = the(rmm, ticket_id)
            assert {ticket.Description, ticket.Resolution, ticket.ExternalID} == {value}
            assert ticket.Title == value.replace("\n", " ")
            assert udf_values(ticket)["Alert ID"] == value
            assert (
                the(rmm, ticket_id).id
                == rmm.find("Ticket", term("Alert ID", "Equals", value, udf=True))[0].id
            )


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\x85", "\u2028"], ids=ascii)
def test_a_title_is_one_line_and_the_ids_of_others_stay_as_they_came(
    rmm: Client, udfs, fields, look, separator
):
    value = f" \u202eALERT{separator}7 "
    (ticket_id,) = made(
        rmm.create(
            rmm.ticket({"Alert ID": value}, **fields | {"Title": f"Disk{separator}full", "ExternalID": value})
        )
    )
    (ticket,) = look(select(Ticket))
    assert (ticket.title, ticket.external_id) == ("Disk full", value)
    for asked in (term("ExternalID", "Equals", value), term("Alert ID", "Equals", value, udf=True)):
        assert [each.id for each in rmm.find("Ticket", asked)] == [ticket_id]
    assert udf_values(the(rmm, ticket_id))["Alert ID"] == value
    rmm.update(rmm.ticket(id=ticket_id, **fields | {"Title": "Disk\u2029empty", "ExternalID": value.strip()}))
    (ticket,) = look(select(Ticket))
    assert (ticket.title, ticket.external_id) == ("Disk empty", value.strip())


def test_characters_that_xml_has_no_place_for_are_told_as_replacements(rmm: Client, session, company, udfs):
    ticket = make_ticket(
        session, company, title="bell \x07 escape \x1b", udfs={udfs["Alert ID"].id: "a\x01b\ufffe"}
    )
    read = the(rmm, ticket.id)
    assert read.Title == "bell \ufffd escape \ufffd"
    assert udf_values(read)["Alert ID"] == "a\ufffdb\ufffd"


def test_null_fields_are_left_out_and_empty_texts_are_sent(rmm: Client, fields, client, api_user):
    from tests.api.raw import basic, post, query

    (ticket_id,) = made(rmm.create(rmm.ticket(**fields)))
    answer = post(
        client,
        query(
            f"<queryxml><entity>Ticket</entity><query>{term('id', 'Equals', ticket_id)}</query></queryxml>"
        ),
        basic(api_user),
    ).text
    assert "QueueID" not in answer
    assert "CompletedDate" not in answer
    assert '<tns:Description xsi:type="xs:string"></tns:Description>' in answer


def test_required_fields_are_asked_for(subtests, rmm: Client, fields):
    for name in ["AccountID", "Title", "Status", "Priority"]:
        with subtests.test(name=name):
            answer = rmm.create(rmm.ticket(**{each: value for each, value in fields.items() if each != name}))
            assert answer.ReturnCode == -1
            assert errors(answer) == [f"Error creating entity for record number [1]: {name} is required."]


def test_a_value_that_cannot_be_is_refused_under_its_own_name(subtests, rmm: Client, fields, look):
    for name, value, told in [
        ("AccountID", 999, "no active company"),
        ("AccountID", "Acme", "“Acme” is no whole number"),
        ("AccountID", "9" * 5000, "no whole number"),
        ("Status", 4711, "no active value 4711"),
        ("QueueID", "1.5", "no whole number"),
        ("AssignedResourceID", 999, "no active resource"),
        ("DueDateTime", "tomorrow", "no date and time"),
        ("DueDateTime", "2026-02-30T00:00:00", "no date and time"),
        ("DueDateTime", "9999-12-31T23:59:59", "outside the years 0002 to 9998"),
        ("Title", "x" * 256, "256 characters"),
        ("Description", "x" * 8001, "8,001 characters"),
    ]:
        with subtests.test(name=name, value=value, told=told):
            answer = rmm.create(rmm.ticket(**fields | {name: value}))
            assert answer.ReturnCode == -1
            (message,) = errors(answer)
            assert message.startswith(f"Error creating entity for record number [1]: {name}: ")
            assert told in message
            assert look(select(Ticket)) == []


def test_a_time_without_a_zone_is_us_eastern(subtests, rmm: Client, fields):
    for written in [
        "2026-01-31 17:04:05",
        "2026-01-31T17:04:05",
        "2026-01-31T22:04:05Z",
        "2026-01-31T23:04:05.0009+01:00",
    ]:
        with subtests.test(written=written):
            (ticket_id,) = made(rmm.create(rmm.ticket(**fields, DueDateTime=written)))
            assert the(rmm, ticket_id).DueDateTime == datetime(2026, 1, 31, 22, 4, 5, tzinfo=UTC)


def test_user_defined_fields_of_each_type_are_kept_by_name(rmm: Client, udfs, fields):
    values = {"Alert ID": "A-1", "Size": "3.5", "Day": "2026-01-31", "Site": "South"}
    (ticket_id,) = made(rmm.create(rmm.ticket(values, **fields)))
    assert udf_values(the(rmm, ticket_id)) == values


def test_fields_without_a_value_and_active_ones_only_are_listed(rmm: Client, udfs, fields):
    (ticket_id,) = made(rmm.create(rmm.ticket({"Alert ID": "A-1"}, **fields)))
    assert udf_values(the(rmm, ticket_id)) == {"Alert ID": "A-1", "Day": None, "Site": None, "Size": None}


def test_a_date_field_takes_a_date_time_by_its_eastern_date(rmm: Client, udfs, fields):
    (ticket_id,) = made(rmm.create(rmm.ticket({"Day": "2026-02-01T03:00:00Z"}, **fields)))
    assert udf_values(the(rmm, ticket_id))["Day"] == "2026-01-31"


def test_a_user_defined_field_that_cannot_be_is_refused(subtests, rmm: Client, udfs, fields, look):
    for name, value, told in [
        ("Alert Id", "A-1", "no user-defined field named “Alert Id”"),
        ("Size", "big", "is a number"),
        ("Day", "soon", "is a date"),
        ("Site", "West", "has no value “West”"),
        ("Old", "x", "inactive"),
        ("Alert ID", "x" * 256, "256 characters"),
    ]:
        with subtests.test(name=name, value=value, told=told):
            answer = rmm.create(rmm.ticket({name: value}, **fields))
            (message,) = errors(answer)
            assert told in message
            assert look(select(Ticket)) == []


def test_fields_that_the_portal_does_not_keep_are_accepted_and_said_so(rmm: Client, fields):
    answer = rmm.create(rmm.ticket(**fields, IssueType=10, MonitorID=7, SubIssueType=""))
    assert made(answer)
    message = answer.EntityReturnInfoResults.EntityReturnInfo[0].Message
    assert message == "This portal does not keep IssueType, MonitorID."


def test_an_update_changes_the_given_fields_only(rmm: Client, udfs, fields):
    (ticket_id,) = made(
        rmm.create(rmm.ticket({"Alert ID": "A-1"}, **fields, QueueID=8, Description="before"))
    )
    answer = rmm.update(rmm.ticket(id=ticket_id, Status=8))
    (info,) = answer.EntityReturnInfoResults.EntityReturnInfo
    assert (info.EntityId, info.DatabaseAction) == (ticket_id, "Updated")
    assert answer.EntityResults.Entity[0].Status == 8
    ticket = the(rmm, ticket_id)
    assert (ticket.Status, ticket.QueueID, ticket.Description) == (8, 8, "before")
    assert udf_values(ticket)["Alert ID"] == "A-1"


def test_an_update_may_send_back_everything_that_was_read(rmm: Client, session, company, udfs, look):
    ticket = make_ticket(
        session,
        company,
        due_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        queue=8,
        udfs={udfs["Alert ID"].id: "a\x01b", udfs["Day"].id: "2026-01-31"},
    )
    ticket.description = "line\r\nline \x07"  # as an import might have left it
    session.commit()
    read = the(rmm, ticket.id)
    before = look(select(TicketHistory))
    assert made(rmm.update(read)) == [ticket.id]
    assert len(look(select(TicketHistory))) == len(before), "nothing was changed, so nothing is told"
    read.Status = 5
    made(rmm.update(read))
    (changed,) = [each for each in look(select(TicketHistory)) if each.id > before[-1].id]
    assert (changed.field, changed.new) == ("Status", "Complete")
    (stored,) = look(select(Ticket))
    assert (stored.description, stored.number) == ("line\r\nline \x07", ticket.number)


def test_an_empty_or_nil_value_clears_a_field(rmm: Client, udfs, fields):
    from zeep import xsd

    (ticket_id,) = made(
        rmm.create(
            rmm.ticket({"Alert ID": "A-1"}, **fields, QueueID=8, Description="x", DueDateTime="2026-01-01")
        )
    )
    made(
        rmm.update(
            rmm.ticket({"Alert ID": ""}, id=ticket_id, QueueID=xsd.Nil, DueDateTime=xsd.Nil, Description="")
        )
    )
    ticket = the(rmm, ticket_id)
    assert (ticket.QueueID, ticket.DueDateTime, ticket.Description) == (None, None, None)
    assert udf_values(ticket)["Alert ID"] is None


def test_a_required_field_cannot_be_cleared(rmm: Client, ticket):
    from zeep import xsd

    answer = rmm.update(rmm.ticket(id=ticket.id, AccountID=xsd.Nil))
    assert errors(answer) == ["Error updating entity for record number [1]: AccountID: Company is required."]


def test_completing_through_the_api_stamps_date_and_resource(rmm: Client, ticket, api_user: Resource):
    made(rmm.update(rmm.ticket(id=ticket.id, Status=5)))
    read = the(rmm, ticket.id)
    assert read.CompletedDate == read.LastActivityDate
    assert read.CompletedByResourceID == api_user.id


def test_an_update_needs_the_id_of_a_ticket(subtests, rmm: Client):
    for value, told in [(999, "no ticket with the id 999"), (None, "id is required"), (-1, "no ticket")]:
        with subtests.test(value=value, told=told):
            (message,) = errors(rmm.update(rmm.ticket(id=value, Status=5)))
            assert message.startswith("Error updating entity for record number [1]: ")
            assert told in message


def test_history_names_the_api_user(rmm: Client, ticket, api_user: Resource, look):
    made(rmm.update(rmm.ticket(id=ticket.id, Title="Changed")))
    assert look(select(TicketHistory))[-1].actor == api_user.name


def test_a_ticket_of_the_pages_is_read_like_any_other(rmm: Client, ticket):
    read = the(rmm, ticket.id)
    assert (read.TicketNumber, read.Title, read.CreatorResourceID) == (ticket.number, ticket.title, None)
