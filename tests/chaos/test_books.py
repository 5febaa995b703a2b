"""The chaos suite's ledger closes for what is right, and says where it does not for each thing that may go wrong."""

from dataclasses import replace

from tests.chaos.books import UNEXPLAINED, Books, Row, problems, repeats
from tests.chaos.flaky import BUSY, OK, RESET, TOO_SLOW, Arrival

CALLOUT = "Acme RMM"
FIRST = Row(
    1, "msg_1", 7, CALLOUT, "Complete", "delivered", 2, told=True, tries=((1, "http", 503), (2, "", 200))
)
SECOND = Row(
    2, "msg_2", 7, CALLOUT, "In Progress", "failed", 2, told=True, tries=((1, "http", 503), (2, "lost", None))
)
RIGHT = Books(
    asked={7: ["Complete", "In Progress"]},
    changes={7: ["Complete", "In Progress"]},
    callouts=(CALLOUT,),
    rows=[FIRST, SECOND],
    journal=[Arrival("msg_1", 1, BUSY), Arrival("msg_1", 2, OK), Arrival("msg_2", 1, BUSY)],
    notes={7: 2},
    mails={1: 1, 2: 1},
    most_attempts=2,
)


def with_first(**values: object) -> Books:
    return replace(RIGHT, rows=[replace(FIRST, **values), SECOND])


def with_journal(*journal: Arrival) -> Books:
    return replace(RIGHT, journal=list(journal))


def test_books_that_are_right_close():
    assert problems(RIGHT) == []


def test_each_thing_that_does_not_add_up_is_told():
    for books, said in (
        (replace(RIGHT, changes={7: ["Complete"]}), "Ticket 7: asked for"),
        (replace(RIGHT, rows=[FIRST]), "the deliveries to Acme RMM are not those"),
        (
            replace(RIGHT, rows=[FIRST, SECOND, replace(SECOND, id=3)]),
            "the deliveries to Acme RMM are not those",
        ),
        (
            replace(RIGHT, rows=[FIRST, replace(SECOND, ticket_id=8)]),
            "there are deliveries to Acme RMM and no change",
        ),
        (with_first(state="sending"), "Delivery 1 is sending"),
        (with_first(state="failed", attempts=1, tries=((1, "http", 503),)), "given up after 1 attempts"),
        (replace(RIGHT, most_attempts=1), "had 2 attempts"),
        (with_first(tries=((2, "", 200),)), "and [2] are recorded"),
        (with_first(tries=((1, "", 200), (2, "", 200))), "its attempts [1, 2] succeeded"),
        (with_journal(*RIGHT.journal[:2]), "Delivery 2 (msg_2) never came"),
        (with_journal(*RIGHT.journal, Arrival("msg_2", 1, RESET)), "msg_2: attempt 1 came 2 times"),
        (
            with_journal(*RIGHT.journal, Arrival("msg_9", 1, OK)),
            "msg_9: attempt 1 came, and there is no record",
        ),
        (with_journal(RIGHT.journal[0], Arrival("msg_1", 2, BUSY), RIGHT.journal[2]), "recorded as HTTP 200"),
        (with_journal(RIGHT.journal[0], *RIGHT.journal[:0:-1]), "delivery 2 came before 1 had ended"),
        (replace(RIGHT, notes={7: 3}), "2 ends to tell, 3 notes"),
        (replace(RIGHT, mails={1: 1}), "Delivery 2: 0 notifications instead of 1"),
        (replace(RIGHT, mails={1: 2, 2: 1}), "Delivery 1: 2 notifications instead of 1"),
    ):
        assert any(said in sentence for sentence in problems(books)), (said, problems(books))


def test_a_repeat_is_explained_by_a_lost_answer_or_a_worker_that_ended():
    for kind, mood, why in (("timeout", TOO_SLOW, "its answer was lost"), ("lost", OK, "a worker ended")):
        first = replace(FIRST, tries=((1, kind, None), (2, "", 200)))
        journal = [Arrival("msg_1", 1, mood), Arrival("msg_1", 2, OK), Arrival("msg_2", 1, BUSY)]
        books = replace(RIGHT, rows=[first, SECOND], journal=journal)
        assert repeats(books) == [("msg_1", 2, why)]
        assert problems(books) == []


def test_a_late_request_of_an_attempt_that_was_given_up_as_lost_is_explained_too():
    first = replace(FIRST, tries=((1, "lost", None), (2, "", 200)))
    journal = [Arrival("msg_1", 2, OK), Arrival("msg_2", 1, BUSY), Arrival("msg_1", 1, OK)]
    books = replace(RIGHT, rows=[first, SECOND], journal=journal)
    assert repeats(books) == [("msg_1", 1, "a worker ended")]
    assert problems(books) == []


def test_a_repeat_that_nothing_explains_voids_the_run():
    books = with_journal(Arrival("msg_1", 1, OK), Arrival("msg_1", 2, OK), Arrival("msg_2", 1, BUSY))
    assert repeats(books) == [("msg_1", 2, UNEXPLAINED)]
    assert any("nothing explains it" in sentence for sentence in problems(books))
