"""Server-sent events: they tell of each change, are few, and end with their page or with the server."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from mock_rmm.settings import Settings
from mock_rmm.streams import MOST_STREAMS, Streams
from tests.mock_rmm.running import CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS
from tests.mock_rmm.test_processes import program
from tests.servers import wait_until


@contextmanager
def stream(url: str, **keywords) -> Iterator[requests.Response]:
    with requests.Session() as session:
        session.trust_env = False
        with session.get(url + "/events", stream=True, timeout=30, **keywords) as answer:
            yield answer


def told(lines: Iterator[bytes]) -> str:
    return next(line for line in lines if line.startswith(b"data: ")).decode().removeprefix("data: ")


def test_each_change_is_told_to_a_page_that_listens(mock: Mock):
    with stream(mock.url) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"retry: 1000"
        seen = {told(lines)}
        for change in (
            lambda: SENDERS["soap"](mock, CALLOUT),
            lambda: mock.api("DELETE", "/requests"),
        ):
            change()
            news = told(lines)
            assert news not in seen
            seen.add(news)


def test_the_version_that_is_asked_for_is_the_one_that_is_told(mock: Mock):
    mock.form()
    with stream(mock.url) as answer:
        version = told(answer.iter_lines(chunk_size=1))
    assert mock.session.get(mock.url + "/live", timeout=30).json() == {"version": version}
    page = mock.session.get(mock.url, timeout=30).text
    assert f'data-version="{version}"' in page


def test_a_page_that_fetches_itself_again_leaves_the_message_to_the_next_page(mock: Mock):
    form = mock.session.get(mock.url, timeout=30).text
    token = re.search('name="csrf_token" value="(.+?)"', form)[1]
    mock.session.post(
        mock.url + "/requests/clear", data={"csrf_token": token}, allow_redirects=False, timeout=30
    )
    said = [
        mock.session.get(mock.url, headers=headers, timeout=30).text for headers in ({"X-Live": "1"}, {}, {})
    ]
    assert ["is empty now" in page for page in said] == [False, True, False]


def test_another_mock_has_another_version(mock: Mock):
    with running_mock() as other:
        assert other.rmm.version != mock.rmm.version


def test_there_are_few_streams_and_a_page_that_leaves_makes_room():
    with running_mock(Settings(threads=8)) as mock:
        with stream(mock.url) as first, stream(mock.url) as second:
            # Kept: a reader that is let go of hangs up
            readers = [page.iter_lines(chunk_size=1) for page in (first, second)]
            for reader in readers:
                told(reader)
            with stream(mock.url) as third:
                assert third.status_code == 503
                assert third.headers["Retry-After"] == "10"
                assert third.text.startswith("2 pages are followed already")
            assert mock.rmm.streams.open == 2
        wait_until(lambda: mock.rmm.streams.open == 0)
        with stream(mock.url) as fourth:
            assert fourth.status_code == 200


@pytest.mark.parametrize(("threads", "most"), [(2, 0), (4, 1), (64, MOST_STREAMS), (256, MOST_STREAMS)])
def test_most_threads_are_left_to_the_doors(threads: int, most: int):
    streams = Streams(threads)
    places = [streams.enter() for _ in range(most)]
    assert None not in places
    assert streams.enter() is None
    for leave in places:
        assert leave is not None
        leave()
        leave()
    assert streams.open == 0


def test_a_stream_ends_when_the_mock_stops(mock: Mock):
    with stream(mock.url) as answer:
        lines = answer.iter_lines(chunk_size=1)
        told(lines)
        mock.rmm.stop()
        assert all(not line for line in lines)
    wait_until(lambda: mock.rmm.streams.open == 0)


@pytest.mark.parametrize("path", ["/events", "/live"])
def test_only_who_may_see_the_pages_hears_of_changes(path: str):
    with running_mock(Settings(admin_token="a-long-token-for-the-tests")) as mock:
        answer = mock.session.get(mock.url + path, allow_redirects=False, timeout=30)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")


@pytest.mark.processes
def test_a_program_with_few_threads_answers_callouts_beside_a_stream_and_stops_at_once():
    with program(MOCK_RMM_THREADS="4") as running, stream(running.url) as answer:
        lines = answer.iter_lines(chunk_size=1)
        before = told(lines)
        with stream(running.url) as refused:
            assert refused.status_code == 503
        assert running.send().status_code == 200
        assert told(lines) != before
        code, output = running.ended(signal.SIGTERM)
        assert all(not line for line in lines)
    assert code == 0
    assert "Traceback" not in output


@pytest.mark.processes
def test_a_program_notices_that_a_page_is_gone():
    with program(MOCK_RMM_THREADS="4") as running:
        for _ in range(3):
            wait_until(lambda: _room(running.url))
        _, output = running.ended(signal.SIGTERM)
    assert "Traceback" not in output


def _room(url: str) -> bool:
    """Whether a stream could be opened; it is left at once."""
    with stream(url) as answer:
        return answer.status_code == 200
