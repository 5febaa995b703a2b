"""What the tests of workflow rules share: the recommended rule as a form, and how a rule reads in the list."""

import pytest
from sqlalchemy import select

from portal.core.tickets import COMPLETE
from portal.models import Callout, Rule, Udf
from portal.models.udf import DATE, LIST, NUMBER, TEXT
from tests.web.reading import rows
from tests.web.test_callouts import make_callout

LIST_PAGE = "/admin/rules/"
NEW = "/admin/rules/new"


@pytest.fixture
def callout(session) -> Callout:
    return make_callout(session)


@pytest.fixture
def filled(callout) -> dict[str, str]:
    """The recommended rule, as a browser sends it."""
    return {
        "name": "Tell Acme",
        "active": "y",
        "event-edited": "y",
        "event-edited-by": "anyone",
        "conditions-0-field": "status",
        "conditions-0-operator": "changed_to",
        "conditions-0-value": str(COMPLETE),
        "actions-0-kind": "execute_callout",
        "actions-0-callout": str(callout.id),
    }


@pytest.fixture
def udfs(session) -> dict[str, Udf]:
    made = {
        kind: Udf(name=f"{kind} field", type=kind, options="Red\nGreen" if kind == LIST else "")
        for kind in (TEXT, NUMBER, DATE, LIST)
    }
    session.add_all(made.values())
    session.commit()
    return made


def stored(session, name="Tell Acme") -> Rule | None:
    session.rollback()
    return session.scalar(select(Rule).filter_by(name=name))


def condition(field: str, operator: str, *values: str, place: int = 0) -> dict[str, object]:
    prefix = f"conditions-{place}"
    return {f"{prefix}-field": field, f"{prefix}-operator": operator, f"{prefix}-value": list(values)}


def sentence(client, name="Tell Acme") -> list[str]:
    """Give events, conditions and actions of a rule as the list writes them."""
    return next(row[1:4] for row in rows(client.get(LIST_PAGE)) if row[0] == name)
