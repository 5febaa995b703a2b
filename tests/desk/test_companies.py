"""Companies: unique names, and none is deleted from under a ticket or a rule."""

from datetime import UTC, datetime

import flask_migrate
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.core.problems import NotFound
from portal.core.texts import fold_name
from portal.desk import companies
from portal.models import Callout, Company, PicklistValue, Resource, Rule, Udf
from tests.conftest import BOTH
from tests.desk.making import HOSTILE, make_rule, refused


def test_a_company_is_saved_trimmed_and_can_be_renamed(session):
    row = companies.save_company(session(), None, "  Acme & <Sons>  ", active=True)
    session.commit()
    companies.save_company(session(), row.id, "ACME & <Sons>", active=False)
    session.commit()
    assert session.query(Company).one().name == "ACME & <Sons>"
    assert not session.query(Company).one().active


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_no_two_companies_have_names_that_read_alike(session):
    companies.save_company(session(), None, "Café Straße", active=True)
    session.commit()
    for same in ("Café Straße", "Cafe\u0301 STRASSE", "café  straße"):
        problems = refused(companies.save_company, session(), None, same, active=True)
        assert "already a company named" in problems["name"], same


ALIKE = [
    (Company, "name", {}),
    (Udf, "name", {"type": "text"}),
    (Callout, "name", {"url": "http://127.0.0.1/"}),
    (Rule, "name", {"created_at": datetime(2026, 1, 1, tzinfo=UTC)}),
    (PicklistValue, "label", {"list_name": "queue"}),
    (Resource, "user_name", {"first_name": "A", "last_name": "B", "security_level": "api"}),
]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_the_database_takes_no_two_names_that_read_alike(subtests, session):
    for model, name, others in ALIKE:
        with subtests.test(model=model, name=name, others=others):
            numbers = {"value": 1001} if model is PicklistValue else {}
            session.add(model(**{name: "Café"}, **others, **numbers))
            session.commit()
            session.add(
                model(**{name: "CAFE\u0301"}, **others, **{key: value + 1 for key, value in numbers.items()})
            )
            with pytest.raises(IntegrityError):
                session.commit()
            session.rollback()


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_the_migration_renames_later_names_that_read_alike_and_lists_them(app, session, capsys):
    from portal.db.engine import db

    session.remove()
    flask_migrate.downgrade(revision="0008")
    with db.engine.begin() as connection:
        for number, name in enumerate(["Café", "Cafe\u0301", "CAFÉ", "CAFÉ (2)", "É" * 100, "é" * 100], 1):
            connection.execute(
                text("INSERT INTO company (id, name, active) VALUES (:id, :name, :yes)"),
                {"id": number, "name": name, "yes": True},
            )
        connection.execute(
            text(
                "INSERT INTO resource (id, first_name, last_name, user_name, user_name_key, email1, email2, email3,"
                " active, security_level, password_hash, time_zone) VALUES"
                " (1, 'Éva', 'B', :nfd, :nfd, '', '', '', :yes, 'api', '', 'UTC'),"
                " (2, 'Eve', 'B', :nfc, :nfc, '', '', '', :yes, 'api', '', 'UTC')"
            ),
            {"nfd": "e\u0301va", "nfc": "éva", "yes": True},
        )
    flask_migrate.upgrade()
    kept = {each.id: each.name for each in session.query(Company)}
    # (2) is taken already
    assert kept == {
        1: "Café",
        2: "Cafe\u0301 (3)",
        3: "CAFÉ (4)",
        4: "CAFÉ (2)",
        5: "É" * 100,
        6: f"{'é' * 96} (2)",
    }
    assert {each.id: each.name_key for each in session.query(Company)} == {
        number: fold_name(name) for number, name in kept.items()
    }
    assert [each.user_name_key for each in session.query(Resource).order_by(Resource.id)] == [
        "éva",
        "éva (2)",
    ]
    assert [each.name_fold for each in session.query(Resource).order_by(Resource.id)] == ["éva b", "eve b"]
    told = capsys.readouterr()
    assert "CAFÉ (4)" in told.out + told.err


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_name_that_can_not_be_kept_is_refused_in_words(subtests, session):
    for name in HOSTILE.values():
        with subtests.test(name=name):
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
