"""`make mutate`: change one thing in the code at a time, and see whether a narrow part of the suite fails.

Cosmic Ray knows what can be changed and how. This chooses: a seeded random sample of places, one change at each,
in a copy of the tree; its own runs try every change there is, and mutate the files that are being worked on.
A mutant that survives is printed as a diff: a test is missing, or the change makes no difference.
"""

import argparse
import difflib
import importlib
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code, use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec

# What is changed, and which tests must notice; a file of `tests/core` with the module's name comes before them.
PARTS = {
    "portal/core/charsets.py": ["tests/formats"],
    "portal/core/tickets.py": ["tests/desk/test_tickets.py", "tests/desk/test_lists.py", "tests/workflow"],
    "portal/core/verdicts.py": ["tests/formats", "tests/delivery/test_misunderstood.py"],
    "portal/core/wire.py": ["tests/formats", "tests/delivery/test_untidy.py"],
    "portal/core/texts.py": ["tests/desk/test_tickets.py"],
    "portal/core/rules.py": ["tests/workflow/test_conditions.py"],
    "portal/core/callouts.py": ["tests/formats/test_sample.py"],
    "portal/core/*.py": ["tests/core"],
    "portal/callouts/advice.py": ["tests/core/test_verdicts.py", "tests/delivery/test_misunderstood.py"],
    "portal/callouts/judge.py": [
        "tests/core/test_verdicts.py",
        "tests/formats",
        "tests/delivery/test_misunderstood.py",
    ],
    "portal/callouts/formats/*.py": ["tests/formats"],
    "portal/workflow/**/*.py": ["tests/workflow"],
    "portal/callouts/redaction.py": ["tests/delivery/test_masks.py"],
    "portal/delivery/outbox.py": [
        "tests/workflow/test_engine.py",
        "tests/delivery/test_drain.py",
        "tests/delivery/test_ledger.py",
        "tests/delivery/test_two_drains.py",
    ],
}
# `X | None` is mostly a type, and `is` for `==` mostly makes no difference
LEFT_OUT = ("BitOr_", "_Is", "_IsNot")
OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "--assert=plain", "--hypothesis-seed=0", "--timeout=120"]
# what is imported before a process is forked for each mutant, since it costs more than most tests
LIBRARIES = (
    "flask_migrate",
    "hypothesis",
    "lxml.etree",
    "playwright.sync_api",
    "psycopg",
    "redis",
    "sqlalchemy.orm",
)
LONGEST = 900.0  # seconds, for one mutant


def tests_of(module: Path) -> list[str]:
    """Name the tests that must notice a change in a module, the likeliest first."""
    own = Path(f"tests/core/test_{module.stem}.py")
    part = next(tests for pattern, tests in PARTS.items() if module in Path().glob(pattern))
    return [*([str(own)] if "core" in module.parts and own.exists() else []), *part]


def sample(count: int, seed: int) -> Iterator[MutationSpec]:
    """Choose places anywhere in the parts, each alike, and one change at each."""
    modules = sorted({path for pattern in PARTS for path in Path().glob(pattern)})
    places = defaultdict(list)
    with use_db(":memory:", WorkDB.Mode.create) as database:
        init(modules, database, {})
        for item in database.work_items:
            (mutation,) = item.mutations
            if not any(word in mutation.operator_name for word in LEFT_OUT):
                places[str(mutation.module_path), mutation.start_pos].append(mutation)
    chosen = random.Random(seed)
    for place in chosen.sample(sorted(places), min(count, len(places))):
        yield chosen.choice(sorted(places[place], key=lambda each: (each.operator_name, each.occurrence)))


def succeed(tests: list[str], longest: float | None = None) -> bool:
    """Run tests on what is in the working directory, in a process of their own."""
    process = multiprocessing.get_context("fork").Process(target=run, args=(tests,))
    process.start()
    process.join(longest)
    if process.exitcode is None:
        process.terminate()
        process.join()
    return process.exitcode == 0


def survives(mutant: MutationSpec) -> bool:
    operator = get_operator(mutant.operator_name)()
    with use_mutation(mutant.module_path, operator, mutant.occurrence):
        return succeed(tests_of(mutant.module_path), LONGEST)


def run(tests: list[str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # this program's folder is the tree that was copied
    sys.path[0] = str(Path.cwd())
    sys.modules.pop("tests", None)
    sys.dont_write_bytecode = True
    sys.exit(pytest.main([*OPTIONS, *tests]))


def difference(mutant: MutationSpec) -> str:
    code = mutant.module_path.read_text()
    changed = mutate_code(code, get_operator(mutant.operator_name)(), mutant.occurrence) or ""
    return "\n".join(difflib.unified_diff(code.splitlines(), changed.splitlines(), lineterm="", n=1))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=80, help="how many mutants to try")
    parser.add_argument("--seed", type=int, default=1, help="another number, other mutants")
    options = parser.parse_args()
    for name in LIBRARIES:
        importlib.import_module(name)
    files = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], text=True).splitlines()
    with tempfile.TemporaryDirectory(prefix="mutants-") as copy:
        for name in filter(os.path.isfile, files):
            target = Path(copy, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, target)
        os.chdir(copy)
        mutants = list(sample(options.count, options.seed))
        if not succeed(sorted({test for mutant in mutants for test in tests_of(mutant.module_path)})):
            click.echo("These tests fail without a mutant, too.")
            return 1
        died = 0
        for number, mutant in enumerate(mutants, 1):
            survived = survives(mutant)
            died += not survived
            place = f"{mutant.module_path}:{mutant.start_pos[0]} {mutant.operator_name.removeprefix('core/')}"
            click.echo(f"{number:3} {'SURVIVED' if survived else 'died    '} {place}")
            if survived:
                click.echo(difference(mutant))
        click.echo(f"{died} of {len(mutants)} mutants died")
        os.chdir("/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
