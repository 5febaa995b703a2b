"""What follows from the declaration of a setting, kind by kind."""

from portal.core.declared import NOT_A_NUMBER, Kind, Setting

LEVELS = {"low": "Low", "high": "High"}
TEXT = Setting("text", "Text", most=3, required=True, wrong=lambda text: "No x." if "x" in text else None)
NUMBER = Setting("number", "Number, in all", Kind.NUMBER, called="Number", least=1, most=5000)
CHOICE = Setting("choice", "Choice", Kind.CHOICE, choices=LEVELS)
FLAG = Setting("flag", "Flag", Kind.FLAG)
REFERENCE = Setting("callout", "Callout", Kind.REFERENCE, required=True, missing="Choose one.")
SECRET = Setting("secret", "Secret", secret=True)


def test_what_a_form_sends_is_read_checked_and_written_back_by_the_kind(subtests):
    for setting, typed, value, problem, shown in (
        (TEXT, "abc", "abc", None, "“abc”"),
        (TEXT, "", "", "Text is required.", "“”"),
        (TEXT, "abcd", "abcd", "Text has 4 characters; at most 3 are kept. Shorten it.", "“abcd”"),
        (TEXT, "x", "x", "No x.", "“x”"),
        (NUMBER, "5000", 5000, None, "5000"),
        (NUMBER, "5001", 5001, "Number is a whole number from 1 to 5,000.", "5001"),
        (NUMBER, "0", 0, "Number is a whole number from 1 to 5,000.", "0"),
        (NUMBER, "", None, None, "none"),
        (CHOICE, "high", "high", None, "High"),
        (CHOICE, "", "", "Choose one of: Low, High.", ""),
        (FLAG, "y", True, None, "yes"),
        (FLAG, "", False, None, "no"),
        (REFERENCE, "7", 7, None, "7"),
        (REFERENCE, "", None, "Choose one.", "none"),
        (SECRET, "s", "s", None, "(secret)"),
    ):
        with subtests.test(setting=setting.name, typed=typed):
            parsed = setting.parse(typed)
            assert (parsed, setting.typed(parsed), setting.problem(parsed)) == (value, typed, problem)
            assert setting.shown(parsed) == shown


def test_what_is_no_whole_number_is_in_no_range():
    for typed in ("x", "-1", "1e3", "1.0", "٣", "9" * 19):
        assert NUMBER.parse(typed) == NOT_A_NUMBER
    assert NUMBER.problem(NOT_A_NUMBER)
    assert NUMBER.parse(" 42 ") == 42


def test_a_setting_that_nobody_has_entered_has_a_value_and_each_has_its_column():
    all_kinds = (TEXT, NUMBER, CHOICE, FLAG, REFERENCE)
    assert [each.initial for each in all_kinds] == ["", None, "low", False, None]
    columns = [each.column for each in (*all_kinds, SECRET)]
    assert columns == ["text", "number", "choice", "flag", "callout_id", "secret_encrypted"]
