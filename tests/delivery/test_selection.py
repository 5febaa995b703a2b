"""A selection of deliveries is kept as JSON, and comes back as it was."""

import json

from portal import clock
from portal.delivery.selection import OUTCOMES, Selection
from portal.models.bulk import CANCEL

WHOLE = Selection(CANCEL, "unsent", 4, "T2026", "dns", clock.now(), (1, 2))


def test_a_selection_is_read_as_it_was_written(subtests):
    for wanted in [Selection(), WHOLE, *(Selection(outcome=each) for each in OUTCOMES)]:
        with subtests.test(wanted=wanted):
            assert Selection.from_json(json.loads(json.dumps(wanted.as_json()))) == wanted
