"""The pages of companies, by form post as without JavaScript."""

from portal.models import Company
from tests.web.entering import HOSTILE, HTML, NO_TEXT, fill_in, send_bytes
from tests.web.reading import beside, form_data, message, row_menu, rows, said, tree_of

LIST, NEW = "/admin/companies", "/admin/companies/new"


def make_company(session, name: str, **values) -> Company:
    row = Company(name=name, **values)
    session.add(row)
    session.commit()
    return row


def test_an_empty_list_says_what_belongs_there(as_admin):
    answer = as_admin.get(LIST)
    assert "No companies yet" in said(answer)
    assert tree_of(answer).xpath(f'//main//*[@class="empty"]//a[@href="{NEW}"]')


def test_the_list_counts_tickets_and_leads_to_them(as_admin, session, ticket, company):
    make_company(session, "Zeta", active=False)
    answer = as_admin.get(LIST)
    assert [row[:3] for row in rows(answer)] == [[company.name, "1", "Active"], ["Zeta", "0", "Inactive"]]
    (link,) = tree_of(answer).xpath("//td[@class='num']/a/@href")
    assert ticket.title in said(as_admin.get(link))
    assert [row[0] for row in rows(as_admin.get(f"{LIST}?q=zet%00a"))] == ["Zeta"]
    make_company(session, "Café")
    assert [row[0] for row in rows(as_admin.get(f"{LIST}?q=CAFE%CC%81"))] == ["Café"]
    assert "No company matches" in said(as_admin.get(f"{LIST}?q=%25"))


def test_a_company_is_made_and_renamed(as_admin, session):
    assert as_admin.post(NEW, data={"name": f" {HTML} ", "active": "y"}).location == LIST
    row = session.query(Company).one()
    assert (row.name, row.active) == (HTML, True)
    assert HTML in said(as_admin.get(LIST))
    path = f"{LIST}/{row.id}"
    as_admin.post(path, data=fill_in(as_admin, path, "company-form", name="Acme", active=None))
    session.refresh(row)
    assert (row.name, row.active) == ("Acme", False)


def test_save_and_new_opens_an_empty_form(as_admin):
    assert as_admin.post(NEW, data={"name": "Acme", "then": "new"}).location == NEW


def test_a_taken_name_is_told_beside_it_and_kept(as_admin, session):
    make_company(session, "Acme")
    answer = as_admin.post(NEW, data={"name": "ACME"})
    assert answer.status_code == 422
    assert beside(answer) == {"name": "There is already a company named “ACME”. Choose another name."}
    # the tick was taken away, and that is kept too
    kept = form_data(answer, "company-form")
    assert kept["name"] == ["ACME"]
    assert "active" not in kept


def test_hostile_input_is_refused_beside_its_field(as_admin, subtests):
    for text in HOSTILE.values():
        with subtests.test(text=text):
            answer = as_admin.post(NEW, data={"name": text})
            assert answer.status_code == 422
            assert set(beside(answer)) == {"name"}


def test_bytes_that_are_no_text_are_no_server_error(as_admin):
    # they arrive as replacement characters, which are text
    assert send_bytes(as_admin, NEW, "name", NO_TEXT).status_code == 302
    assert "Acme\ufffd" in said(as_admin.get(LIST))


def test_a_company_is_switched_by_its_menu(as_admin, session, company):
    menu = row_menu(as_admin.get(LIST), company.name)
    assert set(menu) == {"Edit", "Inactivate", "Delete…"}
    as_admin.post(menu["Inactivate"])
    assert "no longer offered for tickets" in message(as_admin.get(LIST))
    assert company.name not in as_admin.get("/tickets/new").text
    as_admin.post(row_menu(as_admin.get(LIST), company.name)["Activate"])
    assert company.name in as_admin.get("/tickets/new").text


def test_deleting_asks_first(as_admin, session, company):
    path = f"{LIST}/{company.id}/delete"
    assert f"Delete “{company.name}”?" in said(as_admin.get(path))
    assert session.query(Company).count() == 1
    assert as_admin.post(path).location == LIST
    assert session.query(Company).count() == 0


def test_deleting_a_company_with_tickets_is_refused_with_another_way(as_admin, session, ticket, company):
    path = f"{LIST}/{company.id}/delete"
    for answer in (as_admin.get(path), as_admin.post(path)):
        assert "it has 1 ticket. Inactivate it instead" in said(answer)
        assert "Inactivate instead" in said(answer)
    assert as_admin.post(path).status_code == 409
    assert session.query(Company).count() == 1
