"""The README and what stands beside it tell of this program, and of all of it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
]
_SETTING = re.compile(r'"((?:PORTAL|MOCK_RMM|DATABASE|REDIS|SMTP)_[A-Z_]+)"')


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_that_the_programs_read_stands_in_the_readme_and_no_other():
    sources = ["portal/settings/__init__.py", "portal/settings/reader.py", "mock_rmm/settings.py"]
    read = {name for source in sources for name in _SETTING.findall(text_of(source))} - {"MOCK_RMM_UDF_"}
    documented = set(re.findall(r"`((?:PORTAL|MOCK_RMM|DATABASE|REDIS|SMTP)_[A-Z_]+)`", text_of("README.md")))
    by_door = {name for name in documented if name.startswith("MOCK_RMM_UDF_")}
    assert len(by_door) == 4
    assert documented - by_door == read


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z]+)`", text_of(document)))
        assert named <= targets, document


def test_every_link_to_a_file_leads_to_one():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", text_of(document)):
            assert ((ROOT / document).parent / target).exists(), f"{document}: {target}"


def test_every_path_that_the_architecture_names_exists():
    for document in (
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        *(name for name in DOCUMENTS if "decisions" in name),
    ):
        for path in re.findall(r"`((?:portal|mock_rmm|tests|migrations)/[\w./]*)`", text_of(document)):
            assert (ROOT / path).exists(), f"{document}: {path}"
