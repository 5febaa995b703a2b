"""Save, switch and delete companies. Every function works in the caller's transaction."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.problems import Invalid, NotFound
from portal.core.texts import trimmed
from portal.desk.names import name_problem, name_taken
from portal.desk.rule_uses import named, rules_by_value
from portal.models import Company, Ticket

MAX_NAME = 100
_THING = "company"


def save_company(session: Session, company_id: int | None, name: str, *, active: bool) -> Company:
    """Check and save a company; ``company_id`` is None for a new one. The caller commits.

    Raises NotFound and Invalid.
    """
    company = None if company_id is None else lock_company(session, company_id)
    stored = company.name if company else None
    name = trimmed(name, stored)
    if name != stored and (problem := name_problem(session, Company, name, company_id, _THING, MAX_NAME)):
        raise Invalid({"name": problem})
    try:
        with session.begin_nested():
            company = company or Company()
            company.name, company.active = name, active
            session.add(company)
    except IntegrityError as error:
        raise Invalid({"name": name_taken(_THING, name)}) from error
    return company


def set_company_active(session: Session, company_id: int, *, active: bool) -> Company:
    """Activate or deactivate a company. Its tickets stay as they are."""
    company = lock_company(session, company_id)
    company.active = active
    return company


def delete_company(session: Session, company_id: int) -> str:
    """Delete a company without tickets, and return its name. Raises NotFound and Invalid."""
    company = lock_company(session, company_id)
    name = company.name
    if reason := why_kept(session, company):
        raise Invalid({"": reason})
    try:
        with session.begin_nested():
            session.delete(company)
    except IntegrityError as error:
        raise Invalid({"": why_kept(session, company) or "Try again: the company was just used."}) from error
    return name


def why_kept(session: Session, company: Company) -> str:
    """Say why a company can't be deleted, or ""."""
    count = ticket_counts(session, [company.id]).get(company.id, 0)
    has = f"it has {count:,} ticket{'' if count == 1 else 's'}" if count else ""
    uses = named(rules_by_value(session, "company_id").get(str(company.id), ()))
    reasons = ", and ".join(filter(None, (has, uses)))
    return (
        f"“{company.name}” can't be deleted: {reasons}. Inactivate it instead: it is then no longer offered "
        "for tickets."
        if reasons
        else ""
    )


def ticket_counts(session: Session, company_ids: Collection[int]) -> dict[int, int]:
    """Count the tickets of each company; companies without any are left out."""
    query = select(Ticket.company_id, func.count()).where(Ticket.company_id.in_(company_ids))
    return dict(session.execute(query.group_by(Ticket.company_id)).all())


def lock_company(session: Session, company_id: int) -> Company:
    """Load a company as it is now, and lock it until the commit. Raises NotFound."""
    query = select(Company).filter_by(id=company_id).with_for_update()
    company = session.scalar(query.execution_options(populate_existing=True))
    if company is None:
        raise NotFound(f"There is no company with the id {company_id}.")
    return company
