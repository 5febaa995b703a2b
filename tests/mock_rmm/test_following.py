"""Who follows the journal reads each request once, and knows no more than the journal does."""

import pytest

from mock_rmm.api.reading import read
from mock_rmm.journal import Entry, Journal, Match
from mock_rmm.journal.waiting import Following
from tests.mock_rmm.test_journal import NOW, entry


def journal(most_entries: int = 1000) -> Journal:
    return Journal(most_entries=most_entries, most_bytes=1_000_000)


def match(**given: object) -> Match:
    found = read(Match, given)
    assert isinstance(found, Match)
    return found


def answer(kept: Journal, entry_id: int, status: int = 200) -> None:
    kept.complete(entry_id, status=status, body=b"", now=NOW)


def ids(entries: list[Entry]) -> list[int]:
    return [each.id for each in entries]


def test_a_request_that_stays_open_makes_nobody_read_all_that_came_after_it(monkeypatch: pytest.MonkeyPatch):
    kept = journal()
    for _ in range(4):
        kept.write(entry)
    for entry_id in (2, 3, 4):
        answer(kept, entry_id)
    following = Following(kept, [match()])
    assert ids(following.look()) == [1, 2, 3, 4]
    read: list[int] = []
    after = kept.after
    monkeypatch.setattr(
        kept,
        "after",
        lambda last, limit: [read.append(each.id) or each for each in after(last, limit=limit)],
    )
    answer(kept, kept.write(entry).id)
    assert ids(following.look()) == [1, 2, 3, 4, 5]
    assert read == [5]


def test_an_answer_can_make_a_request_fit_and_another_not_fit_any_more():
    kept = journal()
    for _ in range(3):
        kept.write(entry)
    answered = Following(kept, [match(answer_status=503)])
    unanswered = Following(kept, [match(answer_status=None)])
    assert (ids(answered.look()), ids(unanswered.look())) == ([], [1, 2, 3])
    answer(kept, 3, 503)
    answer(kept, 1, 503)
    assert (ids(answered.look()), ids(unanswered.look())) == ([1, 3], [2])
    assert answered.look()[0].answer_status == 503


@pytest.mark.parametrize("done", [True, False])
def test_what_was_cleared_or_dropped_does_not_count_any_more(done: bool):
    kept = journal(most_entries=2)
    following = Following(kept, [match()])
    for _ in range(2):
        entry_id = kept.write(entry).id
        if done:
            answer(kept, entry_id)
    assert ids(following.look()) == [1, 2]
    kept.write(entry)
    assert ids(following.look()) == [2, 3]
    kept.clear()
    assert following.look() == []
    kept.write(entry)
    assert ids(following.look()) == [4]
