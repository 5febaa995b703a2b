"""The journal in the JSON API: what came, and whether what one expects has come or comes within some time."""

import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

import msgspec
from flask import Response, request
from msgspec import Struct

from mock_rmm.api import answers
from mock_rmm.api.answers import entry_answer, entry_answers, miss_answer, shown
from mock_rmm.api.document import own_version
from mock_rmm.api.inputs import CountQuestion, FindQuestion, Page, Reset, SequenceQuestion, WaitQuestion
from mock_rmm.api.operation import Reply, refusal, wrong
from mock_rmm.connection import hung_up
from mock_rmm.exports.curl import as_curl
from mock_rmm.exports.har import as_har
from mock_rmm.journal import Journal, Search
from mock_rmm.journal.waiting import every, wait_for, wait_for_order
from mock_rmm.rmm import current_rmm

MOST_ENTRIES = 1000
MOST_SHOWN = 100
A_PAGE = 100

Outcome = TypeVar("Outcome")


def listing(page: Page) -> answers.Requests:
    journal = current_rmm().journal
    entries = journal.after(page.after, door=page.door, limit=min(page.limit, MOST_ENTRIES))
    return answers.Requests(entry_answers(entries), total=len(journal), dropped=journal.dropped)


def one(entry_id: int) -> answers.Request | Reply:
    entry = current_rmm().journal.get(entry_id)
    return _missing(entry_id) if entry is None else entry_answer(entry)


def curl(entry_id: int) -> Response | Reply:
    entry = current_rmm().journal.get(entry_id)
    if entry is None:
        return _missing(entry_id)
    return Response(as_curl(entry, request.url_root), content_type="text/plain; charset=utf-8")


def search(wanted: Search) -> answers.Found:
    """What is searched for, newest first, a page at a time: `next` is the next one's `before`."""
    found = current_rmm().journal.search(wanted, limit=A_PAGE + 1)
    page = found[:A_PAGE]
    return answers.Found(entry_answers(page), page[-1].id if len(found) > A_PAGE else None)


def har(wanted: Search) -> Response:
    pieces = as_har(current_rmm().journal.each(wanted), request.url_root, own_version())
    return _file(pieces, "requests.har", "application/json")


def json_lines(wanted: Search) -> Response:
    """All that is searched for, oldest first, one JSON object a line."""
    each = map(entry_answer, current_rmm().journal.each(wanted))
    lines = (json.dumps(msgspec.to_builtins(one)) + "\n" for one in each)
    return _file(lines, "requests.jsonl", "application/jsonl")


def count(question: CountQuestion) -> Struct:
    found = every(current_rmm().journal, question.after)
    return answers.Count(sum(1 for entry in found if question.match.fits(entry)))


def find(question: FindQuestion) -> answers.Requests:
    fitting = filter(question.match.fits, every(current_rmm().journal, question.after))
    found = list(islice(fitting, question.limit))
    return answers.Requests(entry_answers(found), len(found) + sum(1 for _ in fitting))


def wait(question: WaitQuestion) -> answers.Waited | Reply:
    """Answer when so many requests that fit have arrived, or when the time is up."""
    asked = msgspec.structs.asdict(question)
    outcome = _waited(lambda journal, given_up: wait_for(journal, **asked, given_up=given_up))
    if isinstance(outcome, Reply):
        return outcome
    return shown(
        answers.Waited,
        outcome,
        count=len(outcome.found),
        waited=round(outcome.waited, 3),
        requests=entry_answers(outcome.found[:MOST_SHOWN]),
        misses=[miss_answer(miss) for miss in outcome.misses],
    )


def sequence(question: SequenceQuestion) -> answers.Sequence | Reply:
    """Say whether requests came in an order, at once or within `timeout`."""
    asked = msgspec.structs.asdict(question)
    outcome = _waited(lambda journal, given_up: wait_for_order(journal, **asked, given_up=given_up))
    if isinstance(outcome, Reply):
        return outcome
    order, misses = outcome
    return shown(
        answers.Sequence,
        order,
        missing=None if order.met else len(order.found),
        requests=entry_answers(order.found),
        misses=[miss_answer(miss) for miss in misses],
    )


def reset(wanted: Reset) -> Reply | None:
    rmm = current_rmm()
    if not (wanted.journal or wanted.rules):
        return wrong(dict.fromkeys(("journal", "rules"), "Make it true, or there is nothing to reset."))
    if wanted.journal:
        rmm.journal.clear()
    if wanted.rules:
        rmm.answer_as_usual()
    return None


def _waited(wait: Callable[[Journal, Callable[[], bool]], Outcome]) -> Outcome | Reply:
    """Wait in one of the few places for that; refuse when they are taken."""
    rmm = current_rmm()
    leave = rmm.waits.enter()
    if leave is None:
        sentence = (
            f"{rmm.waits.most} waits are on already, and the other threads are needed for callouts: "
            "ask again later, or set MOCK_RMM_THREADS higher."
        )
        return refusal(503, sentence, headers={"Retry-After": "1"})
    gone = hung_up(request.environ)
    try:
        return wait(rmm.journal, lambda: rmm.stopping.is_set() or gone())
    finally:
        leave()


def _missing(entry_id: int) -> Reply:
    return refusal(404, f"There is no request {entry_id} in the journal.")


def _file(pieces: Iterable[str], name: str, kind: str) -> Response:
    response = Response(pieces, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
