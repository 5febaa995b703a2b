"""What to type into a portal's callout editor, so that the callout fits a receiver."""

from mock_rmm.doors.spyne_endpoint import NAMESPACE, OPERATION
from mock_rmm.receiver import STYLES, Contract, Receiver, without_method

FORMATS = {
    "name-value-get": ("GET", "Name Value Pair"),
    "name-value-post": ("POST", "Name Value Pair"),
    "soap": ("POST", "SOAP"),
    "xml-rpc": ("POST", "XML-RPC"),
}
ANYTHING = Contract(method=OPERATION, namespace=NAMESPACE, soap_action=NAMESPACE + OPERATION)
"""For a receiver that takes any method: the one in its WSDL."""


def editor_values(receiver: Receiver, url: str, username: str) -> list[tuple[str, str]]:
    """The editor's fields in their order, by its own names; the password is told nowhere."""
    transport, data_format = FORMATS[receiver.door]
    values = [
        ("URL", url),
        ("Username", username),
        ("HTTP Transport Method", transport),
        ("Data Format", data_format),
    ]
    contract = receiver.contract if receiver.contract.method else ANYTHING
    if receiver.door == "soap":
        values += [("Method Name", contract.method), ("SOAP Action", contract.soap_action)]
        if without_method(contract.soap_action, contract.method) != contract.namespace:
            values.append(("Namespace override", contract.namespace))
    if receiver.door == "xml-rpc":
        values += [
            ("Method Name", contract.method),
            ("XML-RPC parameters", STYLES[contract.style]),
        ]
    return values


def editor_remarks(receiver: Receiver) -> list[str]:
    """What the values alone don't tell."""
    own = "this receiver's own" if receiver.contract.username else "the mock RMM's"
    remarks = [f"The password is {own}; it is shown nowhere."]
    if receiver.door == "soap" and "1.1" not in receiver.contract.versions:
        remarks.append(
            "A portal sends SOAP 1.1, which this receiver refuses: only other senders can reach it."
        )
    if not receiver.contract.method and receiver.door in {"soap", "xml-rpc"}:
        remarks.append("Any other method will do as well.")
    if receiver.contract.required:
        needed = ", ".join(receiver.contract.required)
        remarks.append(f"It refuses a callout in which one of these is empty: {needed}.")
    return remarks
