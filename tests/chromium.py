"""Find a Chromium for the browser tests, installing one where that is ours to do."""

import os
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import sync_playwright

LAUNCH_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """The browser's path: the system's, else Playwright's, else Debian's package, installed now when we are root."""
    if found := _on_path() or _of_playwright():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_get("update")
        _apt_get("install", "-y", "--no-install-recommends", "chromium")
        if found := _on_path():
            return found
    raise FileNotFoundError("There is no Chromium. Run: apt-get install chromium, or: playwright install chromium")


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _of_playwright() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _apt_get(*arguments: str) -> None:
    subprocess.run(["apt-get", *arguments], check=True, capture_output=True)  # noqa: S607 - the arguments are ours
