"""A mock RMM on a port of its own, alone or with a service desk to raise tickets at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from mock_rmm.settings import Settings
from tests.looking import MOCKS, opened
from tests.mock_rmm.running import Mock, running_mock, serving
from tests.mock_rmm.service_desk import PASSWORD, USER, ServiceDesk


@pytest.fixture
def mock() -> Iterator[Mock]:
    with running_mock() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, *MOCKS) as context:
        yield context.new_page()


@pytest.fixture
def desk() -> ServiceDesk:
    return ServiceDesk()


@pytest.fixture
def desk_settings(desk: ServiceDesk) -> Iterator[Settings]:
    with serving(desk) as url:
        yield Settings(
            portal_api_url=f"{url}/ATServices/1.6/atws.wsdl",
            portal_api_username=USER,
            portal_api_password=PASSWORD,
            note_pause=0.01,
        )
        desk.go_on.set()


@pytest.fixture
def connected_mock(desk_settings: Settings) -> Iterator[Mock]:
    """A mock RMM that raises its tickets at `desk`."""
    with running_mock(desk_settings) as running:
        yield running
