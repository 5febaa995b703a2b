"""What a new portal starts with, and that a later start changes nothing."""

import pytest
from sqlalchemy import select, update

from portal.core.tickets import LISTS
from portal.desk.seed import make_admin, make_first_admin, seed_lists
from portal.models import PicklistValue, Resource
from portal.tickets.fields import picklist, picklist_label
from tests.conftest import BOTH, PASSWORD, authenticate, make_resource
from tests.transactions import quick_hash


def rows(session) -> list[tuple[str, int, str, bool, bool]]:
    query = select(PicklistValue).order_by(PicklistValue.id)
    return [
        (each.list_name, each.value, each.label, each.system, each.active) for each in session.scalars(query)
    ]


def test_every_list_has_the_references_values_in_its_order(session):
    for list_name, (_, values) in LISTS.items():
        shown = [(each.value, each.label, each.system) for each in picklist(session(), list_name)]
        assert shown == list(values)
    for value, label in {1: "New", 5: "Complete", 7: "Waiting Customer", 8: "In Progress"}.items():
        assert picklist_label(session(), "status", value) == label
    for list_name in ("queue", "source"):
        assert picklist_label(session(), list_name, 8) == "Monitoring Alert"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_later_start_leaves_the_lists_as_they_were_edited(session):
    session.execute(update(PicklistValue).filter_by(list_name="status", value=8).values(label="Working"))
    session.execute(update(PicklistValue).filter_by(list_name="queue").values(active=False))
    session.commit()
    before = rows(session)
    seed_lists(session())
    session.commit()
    assert rows(session) == before


def test_the_first_administrator_is_made_once(session):
    first = make_first_admin(session(), "Admin", quick_hash(PASSWORD))
    session.commit()
    assert first is not None
    assert (first.security_level, first.active, first.email1) == (
        "administrator",
        True,
        "admin@portal.example",
    )
    assert authenticate(session(), "admin", PASSWORD) == first
    assert make_first_admin(session(), "other", quick_hash(PASSWORD)) is None
    assert session.scalars(select(Resource)).all() == [first]


def test_anybody_who_was_there_before_means_that_there_is_no_first_administrator(session, technician):
    assert make_first_admin(session(), "admin", quick_hash(PASSWORD)) is None


def test_a_resource_can_be_made_an_administrator_who_can_sign_in_again(session):
    locked_out = make_resource(session, "service_desk", "Ada", active=False)
    made = make_admin(session(), " ada ", quick_hash("another password"))
    session.commit()
    assert made == locked_out
    assert (made.security_level, made.active) == ("administrator", True)
    assert authenticate(session(), "ADA", "another password") == made
    assert authenticate(session(), "ada", PASSWORD) is None
