"""The web services API as its clients meet it: over a real HTTP server, through zeep or as raw bytes."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pytest
import requests
import zeep
from flask import Flask
from sqlalchemy.orm import scoped_session
from werkzeug.serving import make_server
from zeep.transports import Transport

from portal.db.engine import db
from portal.db.sessions import reading
from portal.models import Resource
from tests.conftest import PASSWORD

NAMESPACE = "http://autotask.net/ATWS/v1_6/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PATH = "/ATServices/1.6/atws"


@dataclass
class Server:
    url: str

    @property
    def wsdl(self) -> str:
        return f"{self.url}{PATH}.wsdl"

    def client(self, who: Resource, password: str = PASSWORD, wsdl: str = "") -> "Client":
        session = requests.Session()
        session.trust_env = False
        session.auth = (who.user_name, password)
        client = zeep.Client(
            wsdl or self.wsdl, transport=Transport(session=session, timeout=30, operation_timeout=30)
        )
        header = client.get_element(f"{{{NAMESPACE}}}AutotaskIntegrations")
        client.set_default_soapheaders([header(IntegrationCode="CODE")])
        return Client(client)


class Client:
    """zeep, and the few words that every test would repeat."""

    def __init__(self, client: zeep.Client) -> None:
        self.zeep = client

    def entity(self, name: str, **values: Any) -> Any:
        return self.zeep.get_type(f"{{{NAMESPACE}}}{name}")(**values)

    def ticket(self, udfs: dict[str, str] | None = None, **values: Any) -> Any:
        if udfs:
            values["UserDefinedFields"] = {
                "UserDefinedField": [{"Name": name, "Value": value} for name, value in udfs.items()]
            }
        return self.entity("Ticket", **values)

    def create(self, *entities: Any) -> Any:
        return self.zeep.service.create(Entities={"Entity": list(entities)})

    def update(self, *entities: Any) -> Any:
        return self.zeep.service.update(Entities={"Entity": list(entities)})

    def ask(self, entity: str, query: str) -> Any:
        text = f"<queryxml><entity>{entity}</entity><query>{query}</query></queryxml>"
        return self.zeep.service.query(sXML=text)

    def find(self, entity: str, *terms: str) -> list[Any]:
        answer = self.ask(entity, "".join(terms))
        assert answer.ReturnCode == 1, errors(answer)
        return [] if answer.EntityResults is None else list(answer.EntityResults.Entity)


def term(field: str, operator: str, value: object = "", *, udf: bool = False) -> str:
    mark = ' udf="true"' if udf else ""
    return (
        f'<field{mark}>{escape(field)}<expression op="{operator}">{escape(str(value))}</expression></field>'
    )


def condition(inner: str, operator: str = "") -> str:
    mark = f' operator="{operator}"' if operator else ""
    return f"<condition{mark}>{inner}</condition>"


def errors(answer: Any) -> list[str]:
    return [] if answer.Errors is None else [error.Message for error in answer.Errors.ATWSError]


def made(answer: Any) -> list[int]:
    """The ids of what a create or update made."""
    assert answer.ReturnCode == 1, errors(answer)
    return [info.EntityId for info in answer.EntityReturnInfoResults.EntityReturnInfo]


@pytest.fixture
def session(session: scoped_session) -> scoped_session:
    """The test's session, which must not begin a transaction by itself: on SQLite it would lock the server out."""
    session().expire_on_commit = False
    return session


@pytest.fixture
def look(app: Flask) -> Callable[[Any], list[Any]]:
    """Read rows as they are committed, in a transaction that ends at once."""

    def look(query: Any) -> list[Any]:
        with reading(db.engine) as session:
            return list(session.scalars(query).unique())

    return look


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield Server(f"http://127.0.0.1:{http.server_port}")
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def rmm(server: Server, api_user: Resource) -> Client:
    """A monitoring system, signed in as an API User."""
    return server.client(api_user)
