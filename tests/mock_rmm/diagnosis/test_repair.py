"""A vendor points a wrong callout at a receiver, and repairs it by reading only what the mock says of each attempt."""

import re
from dataclasses import replace

import pytest
import requests

from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.receiver import ASP_NET, STRICT, Contract, Receiver
from tests.mock_rmm.pairs import USUAL, Target, write
from tests.mock_rmm.running import Mock

ADVICE = re.compile("On the General tab of the callout's editor, set ([A-Z][A-Za-z -]+?) to “([^”]*)”")
RECORDS = {"Username": "acme", "Password": "open sesame"}
"""What a vendor knows of a receiver that is his: no finding tells a password."""

STYLES = {"One struct with seven members": "xml-rpc", "Seven strings, in order": "xml-rpc-positional"}
CONTRACT = Contract(
    method="TicketChanged",
    namespace="http://acme.example/rmm/",
    soap_action="http://acme.example/rmm/TicketChanged",
    versions=("1.1",),
    required=("id", "status", "udf"),
    username=RECORDS["Username"],
    password=RECORDS["Password"],
)
RIGHT = {
    "HTTP Transport Method": "POST",
    "Data Format": "SOAP",
    "Method Name": CONTRACT.method,
    "SOAP Action": CONTRACT.soap_action,
    **RECORDS,
}
ALL_WRONG = {
    "HTTP Transport Method": "GET",
    "Data Format": "Name Value Pair",
    "Method Name": "ticketchanged",
    "SOAP Action": "http://acme.example/RMM/ticketchanged",
    "Namespace override": "http://acme.example/rmm",
    "Username": "Acme",
    "Password": "sesame",
}


class Vendor:
    """Has a callout's editor and the mock's findings, and nothing else."""

    def __init__(self, mock: Mock, path: str, settings: dict[str, str]) -> None:
        self.settings = dict(settings)
        self._mock = mock
        self._url = mock.url + path

    def call(self) -> requests.Response:
        setting = self.settings.get
        target = Target(
            self._url,
            setting("Method Name", ""),
            setting("SOAP Action", ""),
            setting("Namespace override", ""),
        )
        request = write(self._pair(), USUAL, target)
        return self._mock.session.request(
            request.method,
            request.url,
            data=request.body,
            headers={"webhook-id": "msg_1", **dict(request.headers)},
            auth=(setting("Username"), setting("Password", "")) if setting("Username") else None,
            timeout=30,
        )

    def _pair(self) -> str:
        match self.settings["Data Format"]:
            case "SOAP":
                return "soap"
            case "XML-RPC":
                return STYLES[self.settings.get("XML-RPC parameters", "One struct with seven members")]
            case _:
                return f"name-value-{self.settings['HTTP Transport Method'].lower()}"

    def findings(self) -> list[dict]:
        return [each for each in self._mock.last()["findings"] if each["severity"] != "note"]

    def repair(self, finding: dict) -> bool:
        """Do what a sentence says; say whether it said something that can be done."""
        advice = ADVICE.findall(finding["sentence"])
        self.settings.update(advice)
        told = [
            name for name in RECORDS if re.search(rf"\b{name}\b|\b{name.lower()} is", finding["sentence"])
        ]
        if not advice:
            self.settings.update({name: RECORDS[name] for name in told})
        return bool(advice or told)


def repaired(vendor: Vendor) -> requests.Response:
    """Call, read, repair, and again, until there is nothing more to be said."""
    for _ in range(8):
        answer = vendor.call()
        findings = vendor.findings()
        if not findings:
            return answer
        before = dict(vendor.settings)
        acted_on = [finding for finding in findings if vendor.repair(finding)]
        assert acted_on, findings
        assert vendor.settings != before, findings
    raise AssertionError(vendor.findings())


def set_up(mock: Mock, mode: str, **changes: object) -> str:
    receiver = Receiver("acme", "soap", "/callouts/acme", mode, CONTRACT)
    assert mock.rmm.receivers.put(replace(receiver, **changes)) is None
    return receiver.path


@pytest.mark.parametrize("mode", [STRICT, ASP_NET])
def test_a_callout_with_everything_wrong_is_repaired_by_reading_the_findings(mock: Mock, mode: str):
    vendor = Vendor(mock, set_up(mock, mode), ALL_WRONG)
    answer = repaired(vendor)
    assert answer.status_code == 200
    assert vendor.settings == RIGHT | {"Namespace override": CONTRACT.namespace}
    assert mock.last()["fields"] == {name: getattr(USUAL, name) for name in FIELDS}


def test_each_wrong_field_of_the_editor_is_named(mock: Mock, subtests: pytest.Subtests):
    for mode in [STRICT, ASP_NET]:
        for field, wrong in [
            ("HTTP Transport Method", "GET"),
            ("Data Format", "Name Value Pair"),
            ("Data Format", "XML-RPC"),
            ("Method Name", "TicketClosed"),
            ("SOAP Action", "http://acme.example/rmm/TicketClosed"),
            ("SOAP Action", "http://acme.example/rmmTicketChanged"),
            ("Namespace override", "http://acme.example/rmm"),
            ("Username", ""),
            ("Username", "rmm"),
            ("Password", "rmm-secret"),
        ]:
            with subtests.test(mode=mode, field=field, wrong=wrong):
                mock.reset()
                start = RIGHT | {field: wrong}
                if field == "HTTP Transport Method":
                    start["Data Format"] = "Name Value Pair"  # a GET carries nothing else
                vendor = Vendor(mock, set_up(mock, mode), start)
                vendor.call()
                sentences = " ".join(finding["sentence"] for finding in vendor.findings())
                assert field in sentences or field.lower() in sentences
                assert repaired(vendor).status_code == 200


def test_the_style_of_xml_rpc_is_repaired_too(mock: Mock):
    path = set_up(mock, STRICT, endpoint="xml-rpc", contract=replace(CONTRACT, style="positional"))
    vendor = Vendor(mock, path, RIGHT | {"Method Name": "nope"})
    assert repaired(vendor).status_code == 200
    assert vendor.settings["Data Format"] == "XML-RPC"
    assert vendor.settings["XML-RPC parameters"] == "Seven strings, in order"
    assert mock.last()["fields"] == {name: getattr(USUAL, name) for name in FIELDS}


def test_asp_net_answers_200_to_a_wrong_namespace_and_the_findings_say_what_became_of_the_values(mock: Mock):
    vendor = Vendor(mock, set_up(mock, ASP_NET), RIGHT | {"Namespace override": "http://acme.example/rmm"})
    answer = vendor.call()
    assert answer.status_code == 200
    assert not any(mock.last()["fields"].values())
    (finding,) = vendor.findings()
    assert finding["code"] == "namespace"
    assert "the slash at its end is missing" in finding["sentence"]
    assert "reads seven empty values" in finding["sentence"]
