"""The verification API: whether the requests that one expects have come, or will within some time."""

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from mock_rmm.rmm import current_rmm
from mock_rmm.verification import Miss, every, wait_for, wait_for_order
from mock_rmm.verification.question import Question, read_question
from mock_rmm.web.as_json import entry_json
from mock_rmm.web.json_input import Reply, given_object, limit, not_an_object, wrong
from mock_rmm.web.live import hung_up

if TYPE_CHECKING:
    from mock_rmm.journal import Entry
    from mock_rmm.problems import Problems

blueprint = Blueprint("verifying", __name__, url_prefix="/api")

MOST_TOLD = 100
RESETS = ("journal", "rules")

limit(blueprint)


@blueprint.post("/requests/count")
def count() -> Reply:
    question = _question("after")
    if not isinstance(question, Question):
        return question
    match = question.matches[0]
    found = sum(1 for entry in every(current_rmm().journal, question.after) if match.fits(entry))
    return jsonify(count=found)


@blueprint.post("/requests/find")
def find() -> Reply:
    """Tell the requests that fit, oldest first, and how many more there are."""
    question = _question("after", "limit")
    if not isinstance(question, Question):
        return question
    match = question.matches[0]
    told: list[Entry] = []
    total = 0
    for entry in every(current_rmm().journal, question.after):
        if match.fits(entry):
            total += 1
            if len(told) < question.limit:
                told.append(entry)
    return jsonify(requests=[entry_json(entry) for entry in told], total=total)


@blueprint.post("/requests/wait")
def wait() -> Reply:
    """Answer when so many requests that fit have arrived, or when the time is up."""
    question = _question("after", "count", "timeout")
    if not isinstance(question, Question):
        return question
    rmm = current_rmm()
    leave = rmm.waits.enter()
    if leave is None:
        return _crowded()
    gone = hung_up(request.environ)
    try:
        outcome = wait_for(
            rmm.journal,
            question.matches[0],
            count=question.count,
            timeout=question.timeout,
            after=question.after,
            given_up=lambda: rmm.stopping.is_set() or gone(),
        )
    finally:
        leave()
    return jsonify(
        met=outcome.met,
        sentence=outcome.sentence,
        count=len(outcome.found),
        wanted=outcome.wanted,
        waited=round(outcome.waited, 3),
        requests=[entry_json(entry) for entry in outcome.found[:MOST_TOLD]],
        misses=[miss_json(miss) for miss in outcome.misses],
    )


@blueprint.post("/requests/sequence")
def sequence() -> Reply:
    """Say whether requests came in an order, at once or within `timeout`."""
    question = _question("after", "timeout", steps=True)
    if not isinstance(question, Question):
        return question
    rmm = current_rmm()
    leave = rmm.waits.enter()
    if leave is None:
        return _crowded()
    gone = hung_up(request.environ)
    try:
        order, misses = wait_for_order(
            rmm.journal,
            question.matches,
            timeout=question.timeout,
            after=question.after,
            given_up=lambda: rmm.stopping.is_set() or gone(),
        )
    finally:
        leave()
    return jsonify(
        met=order.met,
        sentence=order.sentence,
        missing=None if order.met else len(order.found),
        requests=[entry_json(entry) for entry in order.found],
        misses=[miss_json(miss) for miss in misses],
    )


@blueprint.post("/reset")
def reset() -> Reply:
    """Forget the journal, the rules, or both; each without the other."""
    given = given_object()
    if given is None:
        return not_an_object()
    problems = {key: f"Unknown. Known are {', '.join(RESETS)}." for key in given if key not in RESETS}
    problems |= {key: "Give true or false." for key in RESETS if not isinstance(given.get(key, False), bool)}
    if not problems and True not in given.values():
        problems = dict.fromkeys(RESETS, "Make it true, or there is nothing to reset.")
    if problems:
        return wrong(problems)
    rmm = current_rmm()
    if given.get("journal"):
        rmm.journal.clear()
    if given.get("rules"):
        rmm.answer_as_usual()
    return Response(status=204)


def miss_json(miss: Miss) -> dict[str, Any]:
    differences = [
        {"part": each.part, "expected": each.expected, "came": each.came, "sentence": each.sentence}
        for each in miss.differences
    ]
    return {"request": entry_json(miss.entry), "differences": differences}


def _question(*numbers: str, steps: bool = False) -> Question | Reply:
    given = given_object()
    if given is None:
        return not_an_object()
    # A sequence is asked of what came already, unless a time is given
    if steps:
        given = {"timeout": 0, **given}
    question: Question | Problems = read_question(given, numbers, steps=steps)
    return wrong(question) if isinstance(question, dict) else question


def _crowded() -> Reply:
    sentence = (
        f"{current_rmm().waits.most} waits are on already, and the other threads are needed for callouts: "
        "ask again later, or set MOCK_RMM_THREADS higher."
    )
    response = jsonify(error=sentence)
    response.headers["Retry-After"] = "1"
    return response, 503
