"""Checks of names: one line, and unique as readers see them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.texts import fold_name, line_problem
from portal.models import Callout, Company, Rule, Udf

# for the rare refusal by the database that no check explains
SAVE_AGAIN = "Something that this refers to was changed a moment ago. Save again."


def name_problem(
    session: Session,
    model: type[Company | Udf | Callout | Rule],
    name: str,
    own_id: int | None,
    thing: str,
    most: int,
) -> str | None:
    """Say why a name can't be given, or None. ``own_id`` is the row that has it already."""
    if not name:
        return "Name is required."
    if problem := line_problem("Name", name, most):
        return problem
    other = session.scalar(
        select(model.id).where(model.name_key == fold_name(name), model.id != (own_id or 0))
    )
    return None if other is None else name_taken(thing, name)


def name_taken(thing: str, name: str) -> str:
    # no u: a user-defined field
    article = "an" if thing.startswith(tuple("aeio")) else "a"
    return f"There is already {article} {thing} named “{name}”. Choose another name."
