"""What one stranger can try, by pages and web services alike, and that it locks no owner out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from portal.db.services import services
from tests.api.raw import ANY, basic, post
from tests.conftest import PASSWORD, authenticate, make_resource

pytestmark = pytest.mark.usefixtures("hours_of_waiting")
FREE = 5  # tries of an account that cost no wait
CHECKED, HELD = {401, 422}, 429
DOORS = {"pages": "service_desk", "web services": "api"}
Try = Callable[..., int]


@pytest.fixture(params=DOORS)
def door(request) -> str:
    return request.param


@pytest.fixture
def owner(session, door):
    made = make_resource(session, DOORS[door], "Ada.Lovelace")
    name = made.user_name
    session.commit()
    return name


@pytest.fixture
def try_(app, door) -> Try:
    """Try a password at a door, from an address, and give the status."""

    def try_it(name: str, password: str, address: str = "192.0.2.1", client=None) -> int:
        client = client or app.test_client()
        client.environ_base = {"REMOTE_ADDR": address}
        if door == "pages":
            answer = client.post("/sign-in", data={"user_name": name, "password": password})
        else:
            import base64

            pair = base64.b64encode(f"{name}:{password}".encode()).decode()
            answer = post(client, ANY, {"Authorization": f"Basic {pair}"})
        if answer.status_code == HELD:
            assert int(answer.headers["Retry-After"]) > 9000
            assert f"{answer.headers['Retry-After']} s" in answer.text
        return answer.status_code

    return try_it


@pytest.mark.parametrize("name", ["ada.lovelace", "nobody"])
def test_many_addresses_try_an_account_as_often_as_one(owner, try_, name):
    found = [
        try_(name if number % 2 else name.upper(), f"guess {place} {number}", f"198.51.{place}.7")
        for place in range(12)
        for number in range(9)
    ]
    assert len([each for each in found if each in CHECKED]) == FREE
    assert found.count(HELD) == 12 * 9 - FREE


def test_the_same_guess_again_and_again_is_held_up_too(owner, try_):
    found = [try_(owner, "guess", f"198.51.{place % 12}.7") for place in range(12 * 9)]
    assert len([each for each in found if each in CHECKED]) <= 10


def test_tries_at_once_are_counted_before_they_are_checked(owner, try_):
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: try_(owner, f"guess {number}"), range(16)))
    assert len([each for each in found if each in CHECKED]) == FREE
    assert found.count(HELD) == 16 - FREE


def test_right_ones_at_once_all_get_in(owner, try_, door):
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: try_(owner, PASSWORD), range(16)))
    assert set(found) == {302 if door == "pages" else 200}


@pytest.mark.parametrize(
    "addresses",
    [
        ["192.0.2.1"] * 40,
        [f"2001:db8:0:1:{number:x}::1" for number in range(1, 41)],
        [f"::ffff:192.0.2.{1}" for _ in range(40)],
    ],
    ids=["IPv4", "IPv6 /64", "IPv4 in IPv6"],
)
def test_a_network_tries_so_many_whatever_the_names(app, try_, addresses):
    found = [try_(f"user{number}", "guess", address) for number, address in enumerate(addresses)]
    assert found[:30] == [found[0]] * 30
    assert set(found[30:]) == {HELD}
    assert try_("another", "guess", "203.0.113.1") in CHECKED


def test_an_owner_gets_in_from_where_it_did_before_whatever_strangers_do(owner, try_, door):
    welcome = try_(owner, PASSWORD, "203.0.113.1")
    for number in range(40):
        try_(owner, f"guess {number}", f"198.51.{number}.7")
    assert try_(owner, PASSWORD, "203.0.113.1") == welcome
    assert try_(owner, PASSWORD, "198.51.100.1") == (HELD if door == "pages" else welcome)


def test_an_owner_gets_in_with_its_own_browser_beside_a_stranger_on_the_same_network(app, session, client):
    owner = make_resource(session, "service_desk").user_name
    session.commit()

    def status(client, password: str) -> int:
        return client.post("/sign-in", data={"user_name": owner, "password": password}).status_code

    assert status(client, PASSWORD) == 302
    client.post("/sign-out")
    for number in range(20):
        status(app.test_client(), f"guess {number}")
    assert status(app.test_client(), PASSWORD) == HELD
    assert status(client, PASSWORD) == 302
    # its mark is one browser's, for accounts that signed in there: it opens no way around the bounds
    client.post("/sign-out")
    found = [status(client, f"try {number}") for number in range(20)]
    assert found == [422] * FREE + [HELD] * (20 - FREE)


def test_a_program_that_goes_on_with_an_old_password_keeps_the_new_one_from_nobody(client, session, api_user):
    name = api_user.user_name
    for _ in range(40):
        assert post(client, ANY, basic(api_user, "the old one")).status_code in {401, HELD}
    assert post(client, ANY, basic(api_user)).status_code == 200
    assert authenticate(session(), name, PASSWORD)


def test_a_right_call_is_counted_once_and_then_costs_redis_nothing(client, api_user, monkeypatch):
    tries, asked = services().rate_limiter, []
    ask = tries._ask
    monkeypatch.setattr(tries, "_ask", lambda what: [asked.append(what), ask(what)][1])
    headers = basic(api_user)
    for _ in range(60):
        assert post(client, ANY, headers).status_code == 200
    assert len(asked) == 2


def test_nobodys_name_is_in_the_log_or_in_redis(owner, try_):
    with capture_logs() as logged:
        for number in range(20):
            try_(owner, f"guess {number}")
    assert any("held_up" in each["event"] for each in logged)
    keys = b" ".join(services().rate_limiter.redis.keys("portal:tries:*")).decode()
    assert keys
    assert "lovelace" not in f"{logged} {keys}".lower()
    assert "192.0.2" not in keys
