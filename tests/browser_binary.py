"""Find the browser that tests drive. As a script: make sure that one is there, and cURL, and never fail for it.

What is looked for, in order: $CHROMIUM_PATH, Playwright's own, then those on the PATH.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PACKAGE, CURL = "chromium-headless-shell", "curl"
ADVICE = f"Install {PACKAGE} or another Chromium, or set CHROMIUM_PATH to one."
_INSTALL_SECONDS = 600


def find_browser(own: str) -> str | None:
    """Give the first browser that exists; ``own`` is where Playwright would keep one."""
    candidates = [os.environ.get("CHROMIUM_PATH"), own, *(shutil.which(name) for name in NAMES)]
    return next((path for path in candidates if path and Path(path).exists()), None)


def browser_binary(own: str) -> str:
    """Give a browser for a test. Without one the test fails in CI, and is skipped elsewhere."""
    path = find_browser(own)
    if path is None and os.environ.get("CI"):
        pytest.fail(f"There is no browser. {ADVICE}")
    if path is None:
        pytest.skip(f"There is no browser. {ADVICE}")
    return path


def without_curl() -> str:
    """Say why a test that runs our cURL commands is skipped; "" where cURL is, and in CI, where it must be."""
    there = shutil.which(CURL) or os.environ.get("CI")
    return "" if there else "There is no curl."


def install(packages: list[str]) -> str:
    """Install Debian's packages. Gives what went wrong, or "" when it worked."""
    if shutil.which("apt-get") is None:
        return "this is not Debian"
    if os.geteuid() != 0:
        return "installing one needs root"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        try:
            done = subprocess.run(
                ["apt-get", "--quiet", "--quiet", *arguments],
                check=False,
                capture_output=True,
                text=True,
                env=environment,
                timeout=_INSTALL_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"apt-get {arguments[0]}: {error}"
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            return f"apt-get {arguments[0]} said: {said[-1] if said else done.returncode}"
    return ""


def main() -> None:
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    missing = [PACKAGE] * (not find_browser(own)) + [CURL] * (not shutil.which(CURL))
    if not missing:
        return
    sys.stderr.write(f"The tests want {' and '.join(missing)}; installing ...\n")
    trouble = install(missing)
    consequence = "fail" if os.environ.get("CI") else "are skipped"
    if not find_browser(own):
        trouble = trouble or "the package brought none"
        sys.stderr.write(f"There is no browser ({trouble}), so its tests {consequence}. {ADVICE}\n")
    if not shutil.which(CURL):
        sys.stderr.write(f"There is no curl ({trouble}), so its tests {consequence}.\n")


if __name__ == "__main__":
    main()
