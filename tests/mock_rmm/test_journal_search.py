"""The journal can be looked through: by text and by what is known of each request, a page at a time."""

from dataclasses import replace

import pytest

from mock_rmm.api.reading import read
from mock_rmm.diagnosis.finding import Finding
from mock_rmm.journal import Journal, Search
from tests.mock_rmm.running import BASIC, CALLOUT, Mock
from tests.mock_rmm.senders import SENDERS
from tests.mock_rmm.test_journal import NOW, entry

LEFT_OUT = Finding("missing-udf", "problem", 'The value of "udf" did not come, "note",')
ALL_CAME = Finding("all-seven", "note", "All seven values came.")


@pytest.fixture
def journal() -> Journal:
    journal = Journal(most_entries=100, most_bytes=100_000)

    def write(**changes: object) -> int:
        return journal.write(lambda new_id: replace(entry(new_id), **changes)).id

    ids = [
        write(body=b"<udf>Caf\xc3\xa9 100%_</udf>", receiver="acme", findings=(LEFT_OUT,)),
        write(fields={"udf": 'say "Grüße"\n'}, endpoint="xml-rpc", headers=(("Webhook-Id", "msg_1"),)),
        write(query="udf=ALERT-1", findings=(ALL_CAME,), headers=(("webhook-id", "msg_2"),)),
        write(headers=(("webhook-id", "msg_1"),)),
        write(body=b"\x00\xff\xfe"),
    ]
    for entry_id, status in zip(ids, (200, 503, None, 500), strict=False):
        journal.complete(entry_id, status=status, body=b"answered: Busy", now=NOW)
    return journal


def test_requests_are_found_by(journal: Journal, subtests: pytest.Subtests):
    for wanted, found in [
        ({}, [5, 4, 3, 2, 1]),
        ({"text": "café"}, [1]),
        ({"text": "100%_"}, [1]),
        ({"text": "100_"}, []),
        ({"text": 'say "Grüße"\n'}, [2]),
        ({"text": "alert-1"}, [3]),
        ({"text": "busy"}, [4, 3, 2, 1]),
        ({"text": "' OR 1=1 --"}, []),
        ({"receiver": "acme"}, [1]),
        ({"receiver": "xml-rpc"}, [2]),
        ({"door": "xml-rpc"}, [2]),
        ({"finding": "missing-udf"}, [1]),
        ({"finding": "problem"}, [1]),
        ({"finding": "note"}, [3]),
        ({"finding": "all"}, []),
        ({"status": "200"}, [1]),
        ({"status": "5xx"}, [4, 2]),
        ({"status": "none"}, [3]),
        ({"status": "open"}, [5]),
        ({"webhook_id": "msg_1"}, [4, 2]),
        ({"webhook_id": "msg_1", "status": "503"}, [2]),
        ({"before": 3}, [2, 1]),
        ({"after": 3}, [5, 4]),
    ]:
        with subtests.test(wanted=wanted, found=found):
            search = read(Search, wanted)
            assert isinstance(search, Search), search
            assert [row.id for row in journal.search(search, limit=10)] == found
            assert journal.count(search) == len(found)
            assert [row.id for row in journal.each(search)] == found[::-1]


def test_a_status_that_is_none_is_told(subtests: pytest.Subtests):
    for status in ["6xxx", "5x", "x", "٥٠٠", "-1", "1e3"]:
        with subtests.test(status=status):
            assert set(read(Search, {"status": status})) == {"status"}


def test_a_deliverys_attempts_are_found_in_their_order(journal: Journal):
    assert [row.id for row in journal.attempts("msg_1")] == [2, 4]
    assert [row.id for row in journal.attempts("msg_1", 1)] == [4]
    assert journal.attempts("msg_3") == journal.attempts("") == []
    journal.clear()
    assert journal.attempts("msg_1") == []


def test_pages_follow_each_other_without_gap_or_repeat(mock: Mock):
    for _ in range(205):
        mock.rmm.journal.write(entry)
    seen, before = [], 0
    while before is not None:
        answer = mock.api("GET", f"/requests/search?before={before}").json()
        seen += [row["id"] for row in answer["requests"]]
        before = answer["next"]
        mock.rmm.journal.write(entry)  # what is new doesn't shift what is old
    assert seen == list(range(205, 0, -1))


@pytest.fixture
def page(mock: Mock):
    for send in SENDERS.values():
        send(mock, CALLOUT)
    mock.form(auth=(BASIC[0], "wrong"))

    def get(query: str = "", status: int = 200) -> str:
        answer = mock.session.get(f"{mock.url}/requests{query}", timeout=30)
        assert answer.status_code == status
        return answer.text

    return get


def test_the_page_lists_what_is_found_and_exports_just_that(page):
    assert 'href="/requests/5"' in page()
    found = page("?status=4xx&text=T20211120")
    assert 'href="/requests/5"' in found
    assert 'href="/requests/4"' not in found
    assert "Found: 1" in found
    assert "/api/requests.har?text=T20211120&amp;status=4xx" in found
    assert "Nothing here fits" in page("?receiver=gone")
    assert 'value="gone" selected' in page("?receiver=gone").replace(
        'selected value="gone"', 'value="gone" selected'
    )


def test_the_page_tells_a_wrong_search(page):
    told = page("?status=abc", status=422)
    assert "Give a status such as 503" in told
    assert "Nothing was looked for" in told


def test_the_page_goes_on_to_older_ones(mock: Mock, page):
    for _ in range(60):
        mock.rmm.journal.write(entry)
    first = page()
    assert 'href="/requests?before=16"' in first
    second = page("?before=16")
    assert 'href="/requests/15"' in second
    assert 'href="/requests/16"' not in second
    assert "Newest" in second
    assert "Older" not in second


def test_what_fits_one_page_is_looked_through_once(mock: Mock, monkeypatch: pytest.MonkeyPatch):
    mock.form()
    mock.form()
    asked: list[Search] = []
    count = mock.rmm.journal.count
    monkeypatch.setattr(mock.rmm.journal, "count", lambda search: asked.append(search) or count(search))
    assert "Found: 2" in mock.session.get(f"{mock.url}/requests?text=T20211120", timeout=30).text
    assert asked == []
