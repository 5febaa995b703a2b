"""User-defined fields to test with."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import scoped_session

from portal.models import Udf


@pytest.fixture
def make_udf(session: scoped_session) -> Callable[..., Udf]:
    def make(kind: str = "text", **values: object) -> Udf:
        count = session.query(Udf).count()
        udf = Udf(**{"name": f"Alert ID {count}", "type": kind} | values)
        session.add(udf)
        session.commit()
        return udf

    return make
