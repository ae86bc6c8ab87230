"""Fetches the pages' style sheet and script from the npm package govuk-frontend, without what a council may not use.

The design system's licence lets anybody use its components, but not GOV.UK's crown, its font or its look
(https://design-system.service.gov.uk: "Using GOV.UK Frontend without GOV.UK branding"). So nothing of `assets/` is
copied, and the font and the crest are taken out of the style sheet. Run with `python -m deploy.assets`.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "services" / "reporting" / "dashboard" / "static"
VENDOR = ROOT / "tests" / "browser" / "vendor"
SYSTEM_FONTS = (
    'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","Liberation Sans",sans-serif'
)


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package: `tarball` is the sha256 that its tarball must have, `takes` what to copy from it."""

    name: str
    version: str
    tarball: str
    licence: str
    takes: tuple[str, ...]
    into: Path


GOVUK = Package(
    name="govuk-frontend",
    version="6.3.0",
    tarball="3d91fd1353e32e306a8ae493b44ba9c0277348b5dbc08442a3e63d822e516048",
    licence="MIT, Copyright (C) 2017 Crown Copyright (Government Digital Service), text in LICENSE-govuk-frontend.txt",
    takes=("package/dist/govuk/govuk-frontend.min.css", "package/dist/govuk/govuk-frontend.min.js"),
    into=PAGES,
)
AXE = Package(
    name="axe-core",
    version="4.14.1",
    tarball="e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
    licence="MPL-2.0, Copyright (c) Deque Systems, Inc.",
    takes=("package/axe.min.js", "package/LICENSE"),
    into=VENDOR,
)


def main() -> None:
    """Fetch both packages; exits with a message when a tarball is not the one named here."""
    for package in (GOVUK, AXE):
        fetch(package)


def fetch(package: Package) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tarball = _packed(package, Path(folder))
        package.into.mkdir(parents=True, exist_ok=True)
        with tarfile.open(tarball) as members:
            for path in package.takes:
                member = members.extractfile(path)
                if member is None:
                    sys.exit(f"{package.name} {package.version} has no file {path}")
                (package.into / Path(path).name).write_bytes(unbranded(Path(path).name, member.read()))
    (package.into / "PROVENANCE.md").write_text(provenance(package))


def unbranded(name: str, content: bytes) -> bytes:
    """The file without GOV.UK's font, crest and links to source maps; files that have none come back as they were."""
    if not name.endswith((".css", "frontend.min.js")):
        return content
    text = content.decode()
    text = re.sub(r"/\*! Copyright \(c\) 2011 by Margaret Calvert.*?\*/", "", text, flags=re.S)
    text = re.sub(r"@font-face\{[^}]*\}", "", text)
    text = re.sub(r"[a-z-]+:url\(/assets/images/govuk-crest\.svg\)[^;}]*;?", "", text)
    text = text.replace("GDS Transport,arial,sans-serif", SYSTEM_FONTS)
    text = re.sub(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=\S+", "", text)
    return (text.rstrip() + "\n").encode()


def provenance(package: Package) -> str:
    """What was copied, from where, under which licence, with hashes of the files as they now are."""
    files = sorted(Path(path).name for path in package.takes)
    rows = "\n".join(f"| `{name}` | `{_sha256((package.into / name).read_bytes())}` |" for name in files)
    return (
        f"# Where these files come from\n\n`{package.name}` {package.version} from the npm registry "
        f"(tarball sha256 `{package.tarball}`).\nLicence: {package.licence}.\n"
        f"Copied by `python -m deploy.assets`; everything else in this folder is our own.\n\n"
        f"| file | sha256 |\n|---|---|\n{rows}\n" + (CHANGES if package is GOVUK else "")
    )


CHANGES = """
Changed on the way: the font GDS Transport (its declaration and its name), the crest and the source map links are taken
out, because a council may not use GOV.UK's font or crown. No image and no font of the package is copied.
"""


def _packed(package: Package, folder: Path) -> Path:
    wanted = f"{package.name}@{package.version}"
    subprocess.run(["npm", "pack", wanted, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    tarball = next(folder.glob("*.tgz"))
    found = _sha256(tarball.read_bytes())
    if found != package.tarball:
        sys.exit(f"{wanted} has sha256 {found}, not {package.tarball}: nothing was copied")
    return tarball


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main()
