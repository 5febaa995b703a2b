"""RateLimiter at passwords: counted before they are made, in Redis and, while it is away, in the process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from portal.db.rate_limit import Bucket, RateLimiter, TooManyAttempts
from tests.servers import Valkey

FREE = 5
ACCOUNT = Bucket("account", FREE, 9999, 99_999, 9999)


@pytest.fixture(params=["Valkey", "nowhere"])
def tries(request: pytest.FixtureRequest, valkey: Valkey) -> RateLimiter:
    url = valkey.url if request.param == "Valkey" else f"unix://{valkey.folder}/nowhere"
    made = RateLimiter(Redis.from_url(url))
    if request.param == "Valkey":
        made.redis.flushall()
    return made


def passed(do: Callable[[], object]) -> bool:
    try:
        do()
    except TooManyAttempts:
        return False
    return True


def kept(tries: RateLimiter, key: str) -> tuple[float, float]:
    """Give when a bucket counted first, and when it does next."""
    if here := tries._kept.get(key):
        return here.at, here.next
    at, then = tries.redis.hmget(f"portal:tries:{key}", "at", "next")
    return float(at), float(then)


def test_of_many_at_once_just_the_free_ones_pass(tries):
    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(lambda _: passed(lambda: tries.count([ACCOUNT])), range(40)))
    assert found.count(True) == FREE


def test_each_try_costs_the_next_a_longer_wait_up_to_a_bound(tries):
    waits = []
    for number in range(12):
        # a bucket of its own, so that nothing waits, counted so often
        bucket = Bucket(f"account {number}", FREE - number, 60, 99_999)
        tries.count([bucket])
        at, then = kept(tries, bucket.key)
        waits.append(round(max(0, then - at)))
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_what_was_right_is_given_back(tries):
    for _ in range(50):
        tries.refund(tries.count([ACCOUNT]))


def test_a_try_that_waits_counts_in_no_bucket(tries):
    other = Bucket("network", FREE, 9999, 99_999, 9999)
    for _ in range(FREE):
        tries.count([ACCOUNT])
    for _ in range(50):
        assert not passed(lambda: tries.count([ACCOUNT, other]))
    for _ in range(FREE):
        tries.count([other])
    with pytest.raises(TooManyAttempts) as held:
        tries.count([other])
    assert 9000 < held.value.seconds <= 9999


def test_strangers_keep_nobody_waiting_who_is_known(tries):
    known = Bucket("known", FREE, 9999, 99_999, 9999)
    tries.refund(tries.count([ACCOUNT], known, "office"))
    while passed(lambda: tries.count([ACCOUNT], Bucket("elsewhere", FREE, 9999, 99_999, 9999), "elsewhere")):
        pass
    for _ in range(FREE):
        tries.count([ACCOUNT], known, "office")
    # and who is known has no more tries than others
    assert not passed(lambda: tries.count([ACCOUNT], known, "office"))


def test_a_clock_that_was_set_back_locks_nobody_out(tries):
    for _ in range(FREE):
        tries.count([ACCOUNT])
    shorter = Bucket(ACCOUNT.key, FREE, 60, 99_999)
    if not tries._kept:
        tries.count([shorter])  # a wait that is longer than any is none
