"""Batches, as create and update (and other operations on records) answer them in SOAP."""

from collections.abc import Sequence
from typing import Any

from portal.api.batch import Act, Done, Mistakes, carry_out
from portal.api.entities.record import Record
from portal.api.soap import answers
from portal.api.soap.call import Call
from portal.db.engine import db

# Clients find the number of the record between the brackets, so no others may stand in the sentence.
_NO_BRACKETS = str.maketrans("[]", "()")


def run_batch(call: Call, act: Act, records: Sequence[Record], *, action: str, failure: str) -> Any:
    """Carry a batch out; ``action`` is what it is called in the answer, ``failure`` how a mistake begins."""
    outcome = carry_out(db.session(), call.signed_in, act, records)
    match outcome:
        case Done(made, now):
            return answers.done(action, made, now)
        case Mistakes(sentences):
            return answers.refused(_sentence(failure, number, text) for number, text in sentences)


def _sentence(failure: str, number: int, text: str) -> str:
    text = text.translate(_NO_BRACKETS)
    return f"{failure} for record number [{number}]: {text}" if number else text
