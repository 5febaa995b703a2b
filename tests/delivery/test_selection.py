"""A selection of deliveries is kept as JSON, and comes back as it was."""

import json

import pytest

from portal import clock
from portal.delivery.selection import OUTCOMES, Selection
from portal.models.bulk import CANCEL

WHOLE = Selection(CANCEL, "unsent", 4, "T2026", "dns", clock.now(), (1, 2))


@pytest.mark.parametrize("wanted", [Selection(), WHOLE, *(Selection(outcome=each) for each in OUTCOMES)])
def test_a_selection_is_read_as_it_was_written(wanted):
    assert Selection.from_json(json.loads(json.dumps(wanted.as_json()))) == wanted
