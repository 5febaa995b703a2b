"""User-defined fields: names, types that hold, a List's options, and what keeps a field from being deleted."""

import pytest

from portal.core.problems import NotFound
from portal.desk import udfs
from portal.desk.udfs import UdfValues
from portal.models import TicketUdf, Udf
from portal.models.udf import UDF_TYPES
from tests.conftest import BOTH, make_ticket
from tests.desk.making import HOSTILE, make_callout, make_rule, refused


def save(session, udf_id=None, **values) -> Udf:
    row = udfs.save_udf(session(), udf_id, UdfValues(**{"name": "Alert ID", "type": "text"} | values))
    session.commit()
    return row


def refusal(session, udf_id=None, **values) -> dict[str, str]:
    return refused(
        udfs.save_udf, session(), udf_id, UdfValues(**{"name": "Alert ID", "type": "text"} | values)
    )


@pytest.mark.parametrize("kind", UDF_TYPES)
def test_a_field_of_each_type_is_saved(session, kind):
    row = save(session, type=kind, options="Gold\r\n\r\n Silver " if kind == "list" else "")
    assert row.type == kind
    assert row.choices() == (["Gold", "Silver"] if kind == "list" else [])


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_name_that_can_not_be_kept_is_refused_in_words(subtests, session):
    for name in HOSTILE.values():
        with subtests.test(name=name):
            assert set(refusal(session, name=name)) == {"name"}


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_no_two_fields_have_names_that_read_alike(session):
    row = save(session, name="Überwachung")
    session.commit()
    for same in ("Überwachung", "ÜBERWACHUNG", " überwachung "):
        assert "already a user-defined field" in refusal(session, name=same)["name"]
        # its own name is not in its way
        assert save(session, row.id, name=same).name == same.strip()
        session.commit()


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_of_two_that_add_one_name_at_once_the_second_is_told(session, monkeypatch):
    save(session)
    monkeypatch.setattr(udfs, "name_problem", lambda *_: None)
    assert "already a user-defined field" in refusal(session)["name"]


def test_an_unknown_type_is_refused(session):
    assert refusal(session, type="colour")["type"] == "Choose one of: Text, Number, Date, List."


def test_a_lists_options_are_checked(subtests, session):
    for options, said in [
        (" \n ", "at least one option"),
        ("Gold\nSilver\n gold ", "“gold” is there twice"),
        ("x" * 256, "256 characters; at most 255"),
        ("Go\x00ld", "control character"),
        ("Go\ud800ld", "lone surrogate"),
        ("\n".join(map(str, range(501))), "at most 500 options"),
    ]:
        with subtests.test(options=options, said=said):
            assert said in refusal(session, type="list", options=options)["options"]


def test_an_option_of_255_characters_is_kept(session):
    assert save(session, type="list", options="x" * 255).choices() == ["x" * 255]


def test_options_of_what_is_no_list_are_refused(session):
    assert "Only a List has options" in refusal(session, options="Gold")["options"]


def test_the_type_of_an_unused_field_can_change(session):
    row = save(session, type="list", options="Gold")
    assert save(session, row.id, type="number").options == ""


def test_the_type_holds_once_a_ticket_has_a_value(session, company):
    row = save(session)
    make_ticket(session, company, udfs={row.id: "A-1"})
    problem = refusal(session, row.id, type="number")["type"]
    assert problem.startswith("The type can no longer be changed: one ticket has a value in it.")
    # everything else still can
    assert save(session, row.id, name="Alert number").name == "Alert number"


def test_the_type_holds_while_a_callout_or_a_rule_uses_the_field(session):
    row = save(session)
    make_callout(session, udf_id=row.id)
    make_rule(session, "Acme alerts", f"udf:{row.id}", "A")
    problem = refusal(session, row.id, type="number")["type"]
    assert "the extension callout “Acme RMM” uses it" in problem
    assert "the workflow rule “Acme alerts” uses it" in problem


def test_an_option_that_is_removed_stays_on_the_tickets_that_have_it(session, company):
    row = save(session, type="list", options="Gold\nSilver")
    ticket = make_ticket(session, company, udfs={row.id: "Gold"})
    save(session, row.id, type="list", options="Silver\nBronze")
    assert session.query(TicketUdf).filter_by(ticket_id=ticket.id).one().value == "Gold"
    assert udfs.kept_options(session(), row) == {"Gold": 1}


def test_deactivating_keeps_the_values(session, company):
    row = save(session)
    make_ticket(session, company, udfs={row.id: "A-1"})
    udfs.set_udf_active(session(), row.id, active=False)
    session.commit()
    assert not session.get(Udf, row.id).active
    assert session.query(TicketUdf).one().value == "A-1"


def test_a_field_that_nothing_uses_can_be_deleted(session):
    assert udfs.delete_udf(session(), save(session).id) == "Alert ID"
    session.commit()
    assert session.query(Udf).count() == 0


def test_a_used_field_stays_and_each_use_is_named(session, company):
    row = save(session)
    make_ticket(session, company, udfs={row.id: "A-1"})
    make_ticket(session, company, udfs={row.id: "A-2"})
    make_callout(session, "One", udf_id=row.id)
    make_callout(session, "Two", udf_id=row.id)
    make_rule(session, "A", f"udf:{row.id}", "A")
    make_rule(session, "B", f"udf:{row.id}", "B")
    problem = refused(udfs.delete_udf, session(), row.id)[""]
    assert (
        "2 tickets have a value in it, and the extension callouts “One” and “Two” use it, and the workflow "
        "rules “A” and “B” use it." in problem
    )


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_value_that_arrives_meanwhile_keeps_its_field(session, company, monkeypatch):
    row = save(session)
    make_ticket(session, company, udfs={row.id: "A-1"})
    monkeypatch.setattr(udfs, "uses_of", lambda _session, ids: {each: udfs.Uses() for each in ids})
    assert "just started to use" in refused(udfs.delete_udf, session(), row.id)[""]
    session.commit()
    assert session.query(Udf).count() == 1


def test_a_field_that_is_gone_is_not_found(session):
    with pytest.raises(NotFound):
        udfs.delete_udf(session(), 4711)
