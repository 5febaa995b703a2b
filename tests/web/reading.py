"""Reading an answer's page as its user does: what it says, what stands beside a field, what a form holds."""

import lxml.html
from werkzeug.test import TestResponse


def tree_of(answer: TestResponse) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(answer.text)


def said(answer: TestResponse) -> str:
    """Give the text of the page's main part, in one line."""
    return " ".join(tree_of(answer).find(".//main").text_content().split())


def message(answer: TestResponse) -> str:
    """Give what the page says has just been done."""
    return " ".join(tree_of(answer).get_element_by_id("messages").text_content().split())


def beside(answer: TestResponse) -> dict[str, str]:
    """Give the sentence beside each field that is wrong: those that the field itself refers to."""
    tree = tree_of(answer)
    found = {}
    for control in tree.xpath('//main//*[@aria-invalid="true"]'):
        names = [each for each in control.get("aria-describedby", "").split() if each.endswith("-error")]
        text = " ".join(tree.get_element_by_id(each).text_content() for each in names)
        found[control.get("name")] = " ".join(text.split()).removeprefix("Error: ")
    return found


def summary(answer: TestResponse) -> str:
    """Give the text of the summary above a form, or ""."""
    box = tree_of(answer).xpath('//*[@id="error-summary"]')
    return " ".join(box[0].text_content().split()) if box else ""


def form_data(answer: TestResponse, form_id: str) -> dict[str, list[str]]:
    """Give what a browser without JavaScript would send from a form as it stands."""
    data: dict[str, list[str]] = {}
    for name, value in tree_of(answer).get_element_by_id(form_id).form_values():
        data.setdefault(name, []).append(value)
    return data


def rows(answer: TestResponse) -> list[list[str]]:
    """Give the cells' texts of each row of the page's table."""
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")]
        for row in tree_of(answer).xpath("//main//table/tbody/tr")
    ]


def row_menu(answer: TestResponse, name: str) -> dict[str, str]:
    """Give the items of a row's menu, each with where it leads."""
    found = {}
    for row in tree_of(answer).xpath("//main//table/tbody/tr"):
        if row.xpath("string(./th)").strip() != name:
            continue
        for item in row.xpath('.//*[contains(@class, "dropdown-item")]'):
            target = item.get("href") or item.getparent().get("action")
            found[" ".join(item.text_content().split())] = target
    return found
