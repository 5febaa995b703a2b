"""What a change through the web services API is made with: a transaction, and the change's context."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.core.actors import Context


@dataclass(frozen=True, slots=True)
class Work:
    session: Session
    context: Context
