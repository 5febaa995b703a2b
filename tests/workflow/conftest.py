"""A callout that nobody listens to: these tests end where the delivery is written."""

import pytest

from portal.models import (
    Callout,
)


@pytest.fixture
def callout(session) -> Callout:
    row = Callout(name="Acme RMM", url="http://127.0.0.1:9/", data_format="name_value")
    session.add(row)
    session.commit()
    return row
