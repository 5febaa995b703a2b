"""What a change through the web services API is done with: a transaction, and who does it when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.actors import Actor


@dataclass(frozen=True, slots=True)
class Work:
    """``domain`` is the instance's login domain, which callouts tell."""

    session: Session
    actor: Actor
    now: datetime
    domain: str
