"""Kafka's own jars, fetched once for each user and never used unless they are the ones we pinned.

`pinned_jars` does the same for other programs that run beside it.

`kafka-jars.sha256` is in sha256sum's format, each path as a Maven repository lays it out.
`python -m deploy.local.jars` prints a new one after the version below has changed.
"""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.engine import INSTALL, EngineMissing, home

if TYPE_CHECKING:
    from jgo.maven import MavenContext

KAFKA_VERSION = "4.1.1"
PINS = Path(__file__).with_name("kafka-jars.sha256")

_BROKER = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# Taken alone: resolved together, the logging project's own list of versions would decide Kafka's.
_LOGGING = ("org.slf4j:slf4j-api:1.7.36", "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3")


def kafka_jars() -> list[Path]:
    """Every jar of the broker, verified, downloaded first when need be. Errors: EngineMissing."""
    return pinned_jars(PINS, jar_folder())


def pinned_jars(file: Path, folder: Path) -> list[Path]:
    """Every jar that a file of pins names, kept in `folder`; verified and downloaded likewise."""
    pins = read_pins(file)
    if not all((folder / path).is_file() for path in pins):
        with _lock(folder):
            _download(pins, folder)
    if wrong := unverified(folder, file):
        raise EngineMissing(
            f"{wrong[0]} in {folder} is not the jar we pinned (its SHA-256 checksum differs). "
            f"Delete that directory and start again to fetch it afresh."
        )
    return [folder / path for path in pins]


def jar_folder() -> Path:
    return home() / f"kafka-{KAFKA_VERSION}"


def read_pins(file: Path = PINS) -> dict[str, str]:
    """Path inside the repository to expected SHA-256."""
    lines = (line.split(maxsplit=1) for line in file.read_text().splitlines())
    return {path: checksum for checksum, path in lines}


def unverified(folder: Path, file: Path = PINS) -> list[str]:
    """The pinned jars that `folder` lacks or holds with another checksum."""
    return [path for path, checksum in read_pins(file).items() if _checksum(folder / path) != checksum]


def _checksum(file: Path) -> str | None:
    if not file.is_file():
        return None
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One process downloads, the others wait for it. The kernel lets go when the holder dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(pins: dict[str, str], folder: Path) -> None:
    """Fetch beside the folder, check, then move: the folder only ever holds whole, checked jars."""
    missing = [path for path in pins if not (folder / path).is_file()]  # another process may have come first
    staging = folder / ".fetching"
    shutil.rmtree(staging, ignore_errors=True)
    for path, file in zip(missing, _fetch(missing, staging), strict=True):
        if _checksum(file) != pins[path]:
            raise EngineMissing(
                f"{path} as downloaded is not the jar we pinned (its SHA-256 checksum differs). "
                f"Check what stands between this machine and Maven Central, then start again."
            )
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        file.replace(folder / path)
    shutil.rmtree(staging, ignore_errors=True)


def _fetch(paths: list[str], repository: Path) -> list[Path]:
    context = _maven(repository)
    artifacts = [context.create_dependency(_coordinate(path)).artifact for path in paths]
    with ThreadPoolExecutor(max_workers=8) as pool:
        try:
            return list(pool.map(lambda artifact: artifact.resolve(), artifacts))
        except Exception as error:  # whatever the resolver or its HTTP client raises, the remedy is the same
            raise EngineMissing(
                f"Java's libraries could not be fetched from Maven Central ({type(error).__name__}). "
                f"Check the network and start again, or copy {repository.parent} from a machine that has it."
            ) from error


def _maven(repository: Path) -> "MavenContext":
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise EngineMissing(
            f"Kafka's jars are not here and jgo, which fetches them, is not installed. Run: {INSTALL}"
        ) from error
    return MavenContext(repo_cache=repository, timeout=60)


def _coordinate(path: str) -> str:
    *group, artifact, version, _file = path.split("/")
    return f"{'.'.join(group)}:{artifact}:{version}"


def pins_of(whole: str, alone: Sequence[str]) -> dict[str, str]:
    """Pins for a program with everything it needs, and for further jars without what they would bring along."""
    with tempfile.TemporaryDirectory() as directory:
        context = _maven(Path(directory))
        program, libraries = context.resolver.resolve([context.create_dependency(whole)])
        further = [context.create_dependency(each) for each in alone]
        files = {dependency.artifact.resolve() for dependency in [*program, *libraries, *further]}
        return {str(file.relative_to(directory)): str(_checksum(file)) for file in sorted(files)}


if __name__ == "__main__":
    for _path, _pin in pins_of(_BROKER, _LOGGING).items():
        print(f"{_pin}  {_path}")  # noqa: T201 - its output is the file
