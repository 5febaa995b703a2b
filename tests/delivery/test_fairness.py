"""Who may send how much at once. Pure: the time is a number, and threads are counted."""

import random
from collections import Counter

import pytest

from portal.delivery.concurrency import Windows

THREADS = 16


def fill(windows: Windows, due: list[int], now: float, ids=None) -> Counter[int]:
    """Claim for callouts with endless work, as a drain does; gives how many of each."""
    taken: Counter[int] = Counter()
    ids = ids if ids is not None else iter(range(10**9))
    turns = windows.in_turn(due)
    for left, callout in zip(range(len(turns), 0, -1), turns, strict=True):
        for _ in range(windows.room(callout, now, among=left)):
            windows.begin(callout, (callout, next(ids)), now)
            taken[callout] += 1
    return taken


def answer_all(windows: Windows, callout: int, *, answered: bool = True) -> None:
    for delivery in list(windows.flights(callout)):
        windows.end(callout, delivery, answered=answered)


def test_a_callout_starts_with_little_and_gets_more_with_every_answer():
    windows = Windows(64)
    rounds = []
    for _ in range(6):
        rounds.append(fill(windows, [1], 0.0)[1])
        answer_all(windows, 1)
    assert rounds[0] == 2
    assert rounds == sorted(rounds)
    assert rounds[-1] == 24, "one callout never gets all threads"


def test_silence_closes_the_window_to_one_and_an_answer_opens_it_again():
    windows = Windows(64)
    for _ in range(4):
        fill(windows, [1], 0.0)
        answer_all(windows, 1)
    fill(windows, [1], 0.0)
    answer_all(windows, 1, answered=False)
    assert fill(windows, [1], 0.0) == {1: 1}
    answer_all(windows, 1)
    assert fill(windows, [1], 0.0) == {1: 2}


def test_receivers_that_do_not_answer_share_a_small_part_of_the_threads_however_many_they_are(subtests):
    for dead in [1, 10, 100, 1000]:
        with subtests.test(dead=dead):
            windows = Windows(THREADS)
            callouts = list(range(dead))
            for callout in callouts:
                windows.begin(callout, 0, 0.0)
                windows.end(callout, 0, answered=False)
            taken = fill(windows, callouts, 10.0)
            assert taken.total() == min(dead, THREADS // 4)
            assert windows.room(dead, 10.0) == 2, "a callout that is not slow finds room"


def test_a_receiver_that_takes_long_counts_as_slow_before_it_has_answered():
    windows = Windows(THREADS)
    for callout in range(20):
        fill(windows, [callout], 0.0)
    assert windows.in_air == THREADS
    for callout in range(2, 8):
        answer_all(windows, callout)
    assert windows.in_air == 4
    assert windows.room(0, 0.1) == 0, "its window is full"
    windows.end(0, next(iter(windows.flights(0))), answered=True)
    assert windows.room(0, 0.1) > 0
    assert windows.room(0, 10.0) == 1, "of four threads for slow ones, three are taken"
    assert windows.room(99, 10.0) == 2


def test_even_a_single_thread_serves_slow_and_quick_receivers():
    windows = Windows(1)
    windows.begin(1, 0, 0.0)
    windows.end(1, 0, answered=False)
    assert windows.room(1, 1.0) == 1
    assert windows.room(2, 1.0) == 1
    windows.begin(1, 1, 1.0)
    assert windows.room(2, 1.0) == 0


@pytest.mark.slow
def test_callouts_with_endless_work_are_served_alike_whatever_their_ids(subtests):
    for callouts in [3, THREADS, 24]:
        with subtests.test(callouts=callouts):
            windows, chance = Windows(THREADS), random.Random(7)
            due, served = list(range(callouts)), Counter()
            air: list[tuple[int, object]] = []
            ids = iter(range(10**9))
            for _ in range(100 * callouts):
                fill(windows, due, 0.0, ids)
                air = [(callout, each) for callout in due for each in windows.flights(callout)]
                assert len(air) == windows.in_air <= THREADS
                callout, delivery = chance.choice(air)
                windows.end(callout, delivery, answered=True)
                served[callout] += 1
            assert set(served) == set(due), "somebody starved"
            assert min(served.values()) > 0.6 * max(served.values())


def test_a_callout_that_comes_late_finds_a_thread_as_soon_as_one_is_free():
    windows = Windows(THREADS)
    for _ in range(10):
        fill(windows, [1, 2, 3], 0.0)
        for callout in (1, 2, 3):
            answer_all(windows, callout)
    fill(windows, [1, 2, 3], 0.0)
    assert windows.in_air == THREADS
    windows.end(1, next(iter(windows.flights(1))), answered=True)
    assert fill(windows, [1, 2, 3, 4], 0.0) == {4: 1}


def test_what_was_learnt_outlives_a_drain_and_what_was_in_the_air_does_not():
    windows = Windows(THREADS)
    windows.begin(1, 0, 0.0)
    windows.end(1, 0, answered=False)
    for number in range(THREADS):
        windows.begin(2, number, 0.0)
    windows.start_over()
    assert windows.in_air == 0
    assert (windows.room(1, 0.0), windows.room(2, 0.0)) == (1, 2)
