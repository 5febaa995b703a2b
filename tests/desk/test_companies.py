"""Companies: unique names, and none is deleted from under a ticket or a rule."""

import pytest

from portal.core.problems import NotFound
from portal.desk import companies
from portal.models import Company
from tests.conftest import BOTH
from tests.desk.making import HOSTILE, make_rule, refused


def test_a_company_is_saved_trimmed_and_can_be_renamed(session):
    row = companies.save_company(session(), None, "  Acme & <Sons>  ", active=True)
    session.commit()
    companies.save_company(session(), row.id, "ACME & <Sons>", active=False)
    session.commit()
    assert session.query(Company).one().name == "ACME & <Sons>"
    assert not session.query(Company).one().active


@pytest.mark.parametrize("same", ["Straße AG", "STRASSE ag", "straße  AG"])
@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_no_two_companies_have_names_that_read_alike(session, same):
    companies.save_company(session(), None, "Straße AG", active=True)
    assert (
        "already a company named"
        in refused(companies.save_company, session(), None, same, active=True)["name"]
    )


@pytest.mark.parametrize("app", BOTH, indirect=True)
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_name_that_can_not_be_kept_is_refused_in_words(session, name):
    assert refused(companies.save_company, session(), None, name, active=True)["name"].endswith(".")
    assert session.query(Company).count() == 0


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_of_two_that_add_one_name_at_once_the_second_is_told(session, monkeypatch):
    # the second has looked before the first was there
    companies.save_company(session(), None, "Acme", active=True)
    monkeypatch.setattr(companies, "name_problem", lambda *_: None)
    assert (
        "already a company" in refused(companies.save_company, session(), None, "Acme", active=True)["name"]
    )
    # the transaction goes on: only the savepoint was undone
    companies.save_company(session(), None, "Other", active=True)
    session.commit()
    assert session.query(Company).count() == 2


def test_a_company_without_tickets_can_be_deleted(session, company):
    assert companies.delete_company(session(), company.id) == company.name
    session.commit()
    assert session.query(Company).count() == 0


def test_a_company_with_tickets_stays_and_the_sentence_counts_them(session, ticket, company):
    problem = refused(companies.delete_company, session(), company.id)[""]
    assert "it has 1 ticket." in problem
    assert "Inactivate it instead" in problem


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_ticket_that_arrives_meanwhile_keeps_its_company(session, ticket, company, monkeypatch):
    monkeypatch.setattr(companies, "why_kept", lambda *_: "")
    assert refused(companies.delete_company, session(), company.id)
    session.commit()
    assert session.query(Company).count() == 1


def test_a_company_that_a_rule_compares_with_stays(session, company):
    make_rule(session, "Only theirs", "company_id", str(company.id))
    problem = refused(companies.delete_company, session(), company.id)[""]
    assert "the workflow rule “Only theirs” uses it" in problem


def test_tickets_are_counted_by_company(session, ticket, company):
    other = companies.save_company(session(), None, "Nobody's", active=True)
    assert companies.ticket_counts(session(), [company.id, other.id]) == {company.id: 1}


def test_a_company_that_is_gone_is_not_found(session):
    with pytest.raises(NotFound):
        companies.set_company_active(session(), 4711, active=False)
