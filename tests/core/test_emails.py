"""E-mail addresses: what passes can be put into a mail's header; what doesn't is told why."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from portal.core.emails import email_problem

GOOD = [
    "ada@example.com",
    "ada.lovelace+alerts@sub.example.co.uk",
    "o'hara@example.com",
    "!#$%&*/=?^_`{|}~-@example.com",
    "root@localhost",
    "ada@xn--bcher-kva.example",
    "ada@123.example",
    "a" * 64 + "@" + ".".join(["b" * 61] * 3) + ".com",
]
BAD = {
    "ada": "has a name, an @ and a domain",
    "@example.com": "has a name, an @ and a domain",
    "ada@": "has a name, an @ and a domain",
    "ada lovelace@example.com": "no spaces",
    "ada@example.com\r\nBcc: eve@example.com": "no spaces, line breaks",
    "ada\x00@example.com": "invisible characters",
    "ada\u200b@example.com": "invisible characters",
    "ada\ud800@example.com": "invisible characters",
    "ada@exam\ud800ple.com": "invisible characters",
    "Ada<ada@example.com>": "without a name and angle brackets",
    "ada@example.com,eve@example.com": "one address here",
    "ada@example.com;eve@example.com": "one address here",
    "ada@eve@example.com": "one address here",
    "ädä@example.com": "many mail servers refuse",
    "ada@bücher.example": "ASCII form, xn--bcher-kva.example",
    "ada@bü..cher.example": "is not a valid name",
    ".ada@example.com": "can't begin or end with a dot",
    "ada.@example.com": "can't begin or end with a dot",
    "a..da@example.com": "can't begin or end with a dot",
    "ada@example..com": "can't begin or end with a dot",
    "ada@.example.com": "can't begin or end with a dot",
    "ada@example.com.": "can't begin or end with a dot",
    "ada@-example.com": "inner dashes only",
    "ada@example-.com": "inner dashes only",
    "ada@exa_mple.com": "inner dashes only",
    "ada@[192.0.2.1]": "inner dashes only",
    "a" * 65 + "@example.com": "at most 64 characters; this one has 65",
    "a@" + "b" * 64 + ".example": "inner dashes only",
    "a" * 64 + "@" + ".".join(["b" * 61] * 3) + ".info": "at most 254 characters; this one has 255",
    "x" * 10_000: "at most 254 characters; this one has 10,000",
    "ada\\@example.com": "not a valid e-mail address",
    '"ada"@example.com': "Write the address alone",
    '"ada@example.com': "not a valid e-mail address",
    "ada(work)@example.com": "Write the address alone",
    "ada:lovelace@example.com": "not a valid e-mail address",
}


def test_an_address_that_passes_can_be_put_into_a_mail(subtests):
    for address in GOOD:
        with subtests.test(address=address):
            assert email_problem(address) is None
            message = EmailMessage(policy=SMTP)
            message["To"] = Address(addr_spec=address)
            assert message["To"].addresses[0].addr_spec == address
            assert address.encode("ascii") in bytes(message)


def test_an_address_that_can_not_be_sent_to_is_refused_with_the_reason(subtests):
    for address, said in BAD.items():
        with subtests.test(address=address, said=said):
            problem = email_problem(address)
            assert problem is not None
            assert said in problem
            assert problem.endswith(".")
