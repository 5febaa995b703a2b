"""The way to the service desk: its SOAP web services, through zeep. Trouble is a value, with a sentence."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from xml.sax.saxutils import escape

import requests
import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault, TransportError
from zeep.transports import Transport

from mock_rmm.alerts import Alert
from mock_rmm.settings import Settings

NAMESPACE = "http://autotask.net/ATWS/v1_6/"
STATUS_NEW, PRIORITY_HIGH, SOURCE_MONITORING, TYPE_ALERT = 1, 1, 8, 5
NOTE_TYPE_RMM, PUBLISH_EVERYONE = 99, 1
NOTE_TITLE = "Alert cleared"
LONGEST_TITLE = 255
REFUSED = {401, 403}
SUCCESS = 1

Value = TypeVar("Value")


@dataclass(frozen=True)
class Ticket:
    id: int
    number: str


@dataclass(frozen=True)
class Trouble:
    sentence: str
    uncertain: bool = False  # the request may have been carried out all the same: no answer came in time


class _Refusal(Exception):  # noqa: N818 (ReturnCode -1: an answer, not an error)
    pass


class TicketGateway:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: Any = None

    def create_ticket(self, alert: Alert, udf_name: str) -> Ticket | Trouble:
        fields = {
            "AccountID": self._settings.company_id,
            "Title": f"{alert.device}: {alert.message}"[:LONGEST_TITLE],
            "Description": f"{alert.message}\n\nDevice: {alert.device}\nAlert: {alert.id}",
            "Status": STATUS_NEW,
            "Priority": PRIORITY_HIGH,
            "QueueID": self._settings.queue_id,
            "Source": SOURCE_MONITORING,
            "TicketType": TYPE_ALERT,
            "UserDefinedFields": {"UserDefinedField": [{"Name": udf_name, "Value": alert.id}]},
        }
        created = self._asked(lambda client: _create(client, "Ticket", fields))
        if isinstance(created, Trouble):
            return created
        condition = f'<field>id<expression op="Equals">{created}</expression></field>'
        found = self._asked(lambda client: _query(client, "Ticket", condition))
        # The ticket exists: an alert without its number is better than a ticket without its alert
        return Ticket(created, "" if isinstance(found, Trouble) or not found else str(found[0].TicketNumber))

    def add_note(self, alert: Alert, ticket_id: int) -> int | Trouble:
        fields = {
            "TicketID": ticket_id,
            "Title": NOTE_TITLE,
            "Description": f"The alert {alert.id} on {alert.device} was cleared, because the ticket was completed.",
            "NoteType": NOTE_TYPE_RMM,
            "Publish": PUBLISH_EVERYONE,
        }
        return self._asked(lambda client: _create(client, "TicketNote", fields))

    def find_note(self, alert: Alert, ticket_id: int) -> int | Trouble | None:
        """The note that an earlier attempt may have added although no answer came."""
        conditions = (
            f'<field>TicketID<expression op="Equals">{ticket_id}</expression></field>'
            f'<field>Description<expression op="Contains">{escape(alert.id)}</expression></field>'
        )
        found = self._asked(lambda client: _query(client, "TicketNote", conditions))
        return found if isinstance(found, Trouble) else int(found[0].id) if found else None

    def _asked(self, ask: Callable[[Any], Value]) -> Value | Trouble:
        address = self._settings.portal_api_url
        if not (self._settings.portal_api_username and self._settings.portal_api_password):
            return Trouble("Set PORTAL_API_USERNAME and PORTAL_API_PASSWORD to an API user of the portal.")
        try:
            return ask(self._connected())
        except _Refusal as refusal:
            return Trouble(f"The portal refused: {refusal}")
        except TransportError as error:
            return _transport_trouble(error.status_code, address)
        except requests.HTTPError as error:
            status = 0 if error.response is None else error.response.status_code
            return _transport_trouble(status, address)
        except requests.ConnectTimeout:
            late = f"{address} didn't take the connection in time."
            return Trouble(f"{late} Is the portal running and reachable?")
        except requests.Timeout:
            seconds = f"{self._settings.portal_api_timeout:g}"
            return Trouble(f"{address} didn't answer within {seconds} seconds. Try again.", uncertain=True)
        except requests.RequestException as error:
            advice = "Is the portal running, and is PORTAL_API_URL right?"
            return Trouble(f"{address} can't be reached ({type(error).__name__}). {advice}", uncertain=True)
        except Fault as fault:
            return Trouble(f"The portal's web services answered with a fault: {fault.message}")
        except (ZeepError, etree.LxmlError, LookupError, AttributeError, TypeError, ValueError) as error:
            return Trouble(
                f"What {address} serves isn't the web services that were expected ({type(error).__name__}: "
                f"{str(error)[:200]}). Is PORTAL_API_URL the address of its WSDL?"
            )

    def _connected(self) -> Any:
        """The client, made when it is first needed: the portal may start after the mock."""
        with self._lock:
            self._client = self._client or self._connect()
            return self._client

    def _connect(self) -> Any:
        session = requests.Session()
        session.trust_env = False
        # Servers close what was idle for some seconds, and reset a request that is just then on its way
        session.headers["Connection"] = "close"
        session.auth = (self._settings.portal_api_username, self._settings.portal_api_password)
        timeout = self._settings.portal_api_timeout
        # zeep is typed in part: its constructors aren't
        make_client: Any = zeep.Client
        make_transport: Any = Transport
        client = make_client(
            self._settings.portal_api_url,
            transport=make_transport(session=session, timeout=timeout, operation_timeout=timeout),
            settings=zeep.Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True),
        )
        header = client.get_element(f"{{{NAMESPACE}}}AutotaskIntegrations")
        client.set_default_soapheaders([header(IntegrationCode=self._settings.portal_api_integration_code)])
        return client


def _create(client: Any, entity: str, fields: dict[str, Any]) -> int:
    record = client.get_type(f"{{{NAMESPACE}}}{entity}")(**fields)
    response = _accepted(client.service.create(Entities={"Entity": [record]}))
    return int(response.EntityReturnInfoResults.EntityReturnInfo[0].EntityId)


def _query(client: Any, entity: str, fields: str) -> list[Any]:
    text = f"<queryxml><entity>{entity}</entity><query>{fields}</query></queryxml>"
    results = _accepted(client.service.query(sXML=text)).EntityResults
    return list(results.Entity) if results is not None else []


def _accepted(response: Any) -> Any:
    if int(response.ReturnCode) != SUCCESS:
        errors = response.Errors.ATWSError if response.Errors is not None else []
        raise _Refusal("; ".join(str(error.Message) for error in errors) or "it gave no reason.")
    return response


def _transport_trouble(status: int, address: str) -> Trouble:
    if status in REFUSED:
        return Trouble(
            f"The portal refused the API user (HTTP {status}). Check PORTAL_API_USERNAME and "
            "PORTAL_API_PASSWORD, and that the user's security level is API User."
        )
    return Trouble(
        f"{address} answered HTTP {status}. Is PORTAL_API_URL the address of the portal's web services?",
        uncertain=status >= 500,  # noqa: PLR2004 (the server's own trouble)
    )
