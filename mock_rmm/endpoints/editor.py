"""What to type into a portal's callout editor, so that the callout fits a receiver."""

from mock_rmm.endpoints.receiver import STYLES, Contract, Receiver, without_method
from mock_rmm.endpoints.spyne_application import NAMESPACE, OPERATION

ANYTHING = Contract(method=OPERATION, namespace=NAMESPACE, soap_action=NAMESPACE + OPERATION)
"""For a receiver that takes any method: the one in its WSDL."""


def editor_values(receiver: Receiver, url: str, username: str) -> list[tuple[str, str]]:
    """The editor's fields in their order, by its own names; the password is shown nowhere."""
    values = [
        ("URL", url),
        ("Username", username),
        ("HTTP Transport Method", receiver.kind.method),
        ("Data Format", receiver.kind.data_format),
    ]
    contract = receiver.contract if receiver.contract.method else ANYTHING
    if receiver.endpoint == "soap":
        values += [("Method Name", contract.method), ("SOAP Action", contract.soap_action)]
        if without_method(contract.soap_action, contract.method) != contract.namespace:
            values.append(("Namespace override", contract.namespace))
    if receiver.endpoint == "xml-rpc":
        values += [("Method Name", contract.method), ("XML-RPC parameters", STYLES[contract.style])]
    return values


def editor_remarks(receiver: Receiver) -> list[str]:
    """What else is to know."""
    own = "this receiver's own" if receiver.contract.username else "the mock RMM's"
    remarks = [f"The password is {own}; it is shown nowhere."]
    if receiver.endpoint == "soap" and "1.1" not in receiver.contract.versions:
        remarks.append(
            "A portal sends SOAP 1.1, which this receiver refuses: only other senders can reach it."
        )
    if not receiver.contract.method and receiver.endpoint in {"soap", "xml-rpc"}:
        remarks.append("Any other method will do as well.")
    if receiver.contract.required:
        needed = ", ".join(receiver.contract.required)
        remarks.append(f"It refuses a callout in which one of these is empty: {needed}.")
    return remarks
