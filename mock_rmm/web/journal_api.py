"""The JSON API's way to look through the journal and to take it elsewhere."""

import json
from collections.abc import Iterable

from flask import Blueprint, Response, jsonify, request

from mock_rmm.exports.curl import as_curl
from mock_rmm.exports.har import as_har
from mock_rmm.journal import Search
from mock_rmm.rmm import current_rmm
from mock_rmm.version import own_version
from mock_rmm.web.as_json import entry_json
from mock_rmm.web.json_input import Reply, wrong
from mock_rmm.web.search_input import read_search

blueprint = Blueprint("journal_api", __name__, url_prefix="/api")

A_PAGE = 100


@blueprint.get("/requests/search")
def search() -> Reply:
    """What is looked for, newest first, a page at a time: `next` is the next one's `before`."""
    wanted = read_search(request.args)
    if not isinstance(wanted, Search):
        return wrong(wanted)
    found = current_rmm().journal.search(wanted, limit=A_PAGE + 1)
    page = found[:A_PAGE]
    return jsonify(
        requests=[entry_json(entry) for entry in page], next=page[-1].id if len(found) > A_PAGE else None
    )


@blueprint.get("/requests/<int:entry_id>/curl")
def curl(entry_id: int) -> Reply:
    """The command that sends a request again."""
    entry = current_rmm().journal.get(entry_id)
    if entry is None:
        return jsonify(error=f"There is no request {entry_id} in the journal."), 404
    return Response(as_curl(entry, request.url_root), content_type="text/plain; charset=utf-8")


@blueprint.get("/requests.har")
def har() -> Reply:
    """All that is looked for, oldest first."""
    wanted = read_search(request.args)
    if not isinstance(wanted, Search):
        return wrong(wanted)
    entries = current_rmm().journal.each(wanted)
    return _file(as_har(entries, request.url_root, own_version()), "requests.har", "application/json")


@blueprint.get("/requests.jsonl")
def json_lines() -> Reply:
    """All that is looked for, oldest first, one JSON object a line."""
    wanted = read_search(request.args)
    if not isinstance(wanted, Search):
        return wrong(wanted)
    lines = (json.dumps(entry_json(entry)) + "\n" for entry in current_rmm().journal.each(wanted))
    return _file(lines, "requests.jsonl", "application/jsonl")


def _file(pieces: Iterable[str], name: str, kind: str) -> Response:
    response = Response(pieces, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
