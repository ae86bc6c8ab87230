"""`goldenthread`: one program to run it, look at it, load it and mend it."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import structlog
import typer
from rich.progress import TextColumn

from deploy.archive import Damaged
from deploy.archive import Progress as Told
from deploy.archiving import Archiving, Refused, Tally, keep_apart, read_archives
from deploy.background import answered, engines_of, in_background
from deploy.installation import SERVICES, Installation, read_environment
from deploy.looking import STORES, TOPICS, plant
from deploy.partner_commands import partners
from deploy.report_commands import report
from deploy.sandbox_command import sandbox
from deploy.saying import Json, print_json, progress_bar, show, wait_for, words
from services.reporting.read_models import READ_MODELS
from shared.calendar.clock import local_date, now
from shared.projecting.projector import tune_collector
from shared.projecting.read_model import ReadModel
from shared.web.service import serve as serve_http

if TYPE_CHECKING:
    from deploy.loading.posting import Mint, Poster

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(report, name="report")
app.add_typer(partners, name="partners")
app.command()(sandbox)
Data = Annotated[Path, typer.Option(envvar="GOLDENTHREAD_DATA", help="The folder of a running `goldenthread up`.")]
DATA = Path("build/demo")
SHOWN = 50  # rejected rows on the screen; all are in the file


def main() -> None:
    app()


@app.callback()
def beginning(data: Data = DATA) -> None:
    # Standard output is for what was asked; what happens on the way goes to the other one.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))  # whichever it is by then
    read_environment(data)


def the_model(name: str) -> ReadModel:
    for model in READ_MODELS:
        if model.name == name:
            return model
    raise typer.BadParameter(f"read models are {', '.join(model.name for model in READ_MODELS)}")


# -- running ---------------------------------------------------------------------------------------------------------


@app.command()
def up(
    data: Annotated[Path | None, typer.Option(help="Keep everything in this folder, for the next time.")] = None,
    projectors: Annotated[int, typer.Option(min=1, max=8)] = 1,
    kafka_url: Annotated[str | None, typer.Option(help="Use this broker instead of starting one.")] = None,
    mongo_url: Annotated[str | None, typer.Option(help="Use this MongoDB instead of starting one.")] = None,
) -> None:
    """Start both engines, every service, the relay and the projectors; Ctrl-C stops them all."""
    installation = Installation(data, kafka_url, mongo_url, projectors, say=words.print)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    installation.start()
    words.print("Everything is up. Ctrl-C stops it.")
    try:
        until_interrupted()
    finally:
        installation.stop()


@app.command()
def demo(
    check: Annotated[bool, typer.Option("--check", help="Load, compare, print a table, shut down.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Keep everything here; default: build/demo, thrown away at the end.")
    ] = None,
) -> None:
    """Bring everything up with the real inspection outcomes and a year of made-up records."""
    from deploy import demo

    folder = data or DATA
    if data is None:
        shutil.rmtree(folder, ignore_errors=True)
    settings = {
        "GOLDENTHREAD_COUNCIL": "Demonstration",
        "GOLDENTHREAD_NOTICE": "All records but the inspections are made up.",
    }
    installation = Installation(folder, say=words.print, settings=settings)

    def load(what: str) -> None:
        os.environ.update(installation.environment())
        if what == "inspections":
            import_("ofsted", demo.INSPECTIONS, rejects=None, token=None, data=folder)
        else:
            seed(authorities=6, scale=1.0, seed_=2019, until=None, data=folder)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        good = demo.run(installation, load, check=check)
        if not check:
            words.print("Everything is loaded. Ctrl-C stops it all.")
            until_interrupted()
    except KeyboardInterrupt:
        good = True
    finally:
        installation.stop()
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
    if not good:
        raise typer.Exit(1)


@app.command()
def serve(service: Annotated[str, typer.Argument(help=", ".join(SERVICES))]) -> None:
    """Run one service's HTTP application."""
    if service not in SERVICES:
        raise typer.BadParameter(f"services are {', '.join(SERVICES)}")
    composed = importlib.import_module(f"services.{service}.app")
    settings = importlib.import_module(f"services.{service}.settings").Settings()
    serve_http(composed.create_app(settings), settings)


HealthPort = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, envvar="GOLDENTHREAD_HEALTH_PORT", help="Answer /livez, /readyz and /startupz at this port."
    ),
]


@app.command()
def relay(
    services: Annotated[list[str] | None, typer.Argument(help="default: all that publish")] = None,
    health_port: HealthPort = None,
) -> None:
    """Publish the services' logs on Kafka. More than one at a time is harmless."""

    async def run() -> None:
        async with plant(name="relay") as here:
            relays = [here.relay(service) for service in services or TOPICS]
            alive = {relay.topic: relay.pulses.alive for relay in relays}
            work = together(relay.run() for relay in relays)
            await in_background(work, engines_of(here), alive, here.settings.host, health_port)

    run_in_background(run())


@app.command()
def project(
    slot: Annotated[int, typer.Option(min=0)] = 0,
    slots: Annotated[int, typer.Option(min=1, max=8)] = 1,
    health_port: HealthPort = None,
) -> None:
    """Keep the read models up to date: start `--slots` of these, each with its own `--slot`."""

    async def run() -> None:
        async with plant(name="projector") as here:
            projector = here.projector(slot, slots)
            tune_collector()
            ready = {**engines_of(here), "projecting": answered(projector.projects)}
            alive = {"projecting": projector.alive}
            await in_background(projector.run(), ready, alive, here.settings.host, health_port)

    run_in_background(run())


def until_interrupted() -> None:
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()


async def together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for one in work:
            tasks.create_task(one)


def run_in_background(work: Coroutine[Any, Any, None]) -> None:
    import uvloop

    uvloop.run(work)


@app.command()
def topics(
    replicas: Annotated[int, typer.Option(min=1, help="Three in production.")] = 1,
) -> None:
    """Create the Kafka topics that are missing."""

    async def run() -> list[str]:
        async with plant() as here:
            return await here.apply_topics(replicas)

    for name in wait_for(run()):
        words.print(f"created {name}")


@app.command()
def token(
    sub: Annotated[str, typer.Argument(help="A staff reference, or a name for a machine client.")],
    scope: Annotated[list[str] | None, typer.Option(help="May be given more than once.")] = None,
    authority: Annotated[list[str] | None, typer.Option(help="Makes it a machine client's; * for all.")] = None,
    partner: Annotated[str | None, typer.Option(help="Makes it a partner's.")] = None,
    minutes: Annotated[float, typer.Option(min=1)] = 60,
    data: Data = DATA,
) -> None:
    """Print an access token of the demo's own issuer. Production refuses it."""
    from deploy.issuer import LocalIssuer

    issuer = LocalIssuer.at(data.resolve() / "issuer")
    print(issuer.mint(sub, scope or ["read"], authority or (), minutes, partner))  # noqa: T201


@app.command()
def doctor(json_: Json = False) -> None:
    """Look whether this machine can run everything; each thing that is wrong comes with what to do about it."""
    from deploy.local.doctor import diagnose

    findings = diagnose(
        kafka_url=os.environ.get("GOLDENTHREAD_KAFKA_URL"), mongo_url=os.environ.get("GOLDENTHREAD_MONGO_URL")
    )
    rows = [
        {"what": f.name, "ok": "yes" if f.ok else "NO" if f.needed else "no", "detail": f.detail, "do": f.fix}
        for f in findings
    ]
    show(rows, json_, "")
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(1)


# -- loading ---------------------------------------------------------------------------------------------------------


@app.command("import")
def import_(
    source: Annotated[
        Literal["ofsted", "audits"],
        typer.Argument(help="ofsted: published inspection outcomes (ILACS). audits: audits of past years."),
    ],
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False)] = None,
    rejects: Annotated[Path | None, typer.Option(help="default: build/<name>.rejects, in the form of the file")] = None,
    template: Annotated[
        Path | None, typer.Option(help="audits: write an empty file, .xlsx or .csv (without either: both), and stop.")
    ] = None,
    token: Annotated[str | None, typer.Option(envvar="GOLDENTHREAD_TOKEN", help="default: a demo token")] = None,
    json_: Json = False,
    data: Data = DATA,
) -> None:
    """Load a file. Rows that cannot be loaded are listed: mend that list and load it again. Loading twice is harmless.

    Ends with 0 when every row was loaded or listed, with 1 when the file or the services are not as they must be.
    """
    from deploy.loading import importing
    from deploy.loading.posting import Unreachable
    from deploy.loading.reading import BadFile

    if template is not None:
        write_template(source, template, as_json=json_)
        return
    if file is None:
        raise typer.BadParameter("which file?", param_hint="FILE")
    where = rejects or importing.rejects_path(file)
    if where.resolve() == file.resolve():
        raise typer.BadParameter("the rejects would replace the file itself", param_hint="--rejects")
    try:
        read = importing.FILES[source](file)
        work = send(f"loading {source}", read.steps, minting(data, token), read.load, settled=source == "audits")
        loaded = wait_for(work)
    except (BadFile, importing.NotAllowed, Unreachable) as failed:
        words.print(str(failed), markup=False)
        raise typer.Exit(1) from None
    if loaded.rejects or where.exists():
        read.write_rejects(loaded.rejects, where)
    for reject in loaded.rejects[:SHOWN]:
        words.print(f"{'line' if source == 'ofsted' else 'row'} {reject.line}: {reject.reason}", markup=False)
    if len(loaded.rejects) > SHOWN:
        words.print(f"and {len(loaded.rejects) - SHOWN} more", markup=False)
    summary = {**loaded.as_json(), "rejects": str(where) if loaded.rejects else None}
    if json_:
        print_json(summary)
    else:
        told = "{loaded} loaded, {already_there} already there, {rejected} rejected".format_map(summary)
        words.print(told + (f": mend {where} and load it again" if loaded.rejects else ""), markup=False)


def write_template(source: str, path: Path, *, as_json: bool) -> None:
    """The empty file to fill in. Nothing that is there already is written over."""
    from deploy.loading.audit_template import CannotWrite, write

    if source != "audits":
        raise typer.BadParameter("published outcomes come as they are: there is no template", param_hint="--template")
    try:
        written = write(path)
    except CannotWrite as failed:
        raise typer.BadParameter(str(failed), param_hint="--template") from None
    if as_json:
        print_json({"written": [str(one) for one in written]})
    else:
        words.print(f"wrote {' and '.join(map(str, written))}", markup=False)


@app.command()
def seed(
    authorities: Annotated[int, typer.Option(min=1, max=6, help="How many of the six.")] = 6,
    scale: Annotated[float, typer.Option(min=0.01, max=10, help="1 is what an authority of that size has.")] = 1.0,
    seed_: Annotated[int, typer.Option("--seed", help="Another number makes other records.")] = 2019,
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="default: the last month that is over")] = None,
    json_: Json = False,
    data: Data = DATA,
) -> None:
    """Make up a year of records for fictitious authorities and send them to the services. Twice changes nothing."""
    from deploy.loading import seed
    from deploy.loading.posting import Unreachable

    today = local_date(now())
    try:
        wanted = seed.Wanted(seed.until_of(until, today), today, authorities, scale, seed_)
    except ValueError as failed:
        raise typer.BadParameter("a month that is over, such as 2026-03", param_hint="--until") from failed
    planned, mint = seed.plan(wanted), minting(data)
    try:
        sent = wait_for(send("seeding", planned.steps, mint, partial(seed.sow, planned)))
    except* Unreachable as failed:
        words.print(str(failed.exceptions[0]), markup=False)
        raise typer.Exit(1) from None
    summary = seed.summary(planned, sent)
    for refusal in sent.refused[:20]:
        words.print(str(refusal), markup=False)
    if json_:
        print_json(summary)
    else:
        words.print(", ".join(f"{number} {what.replace('_', ' ')}" for what, number in summary.items()))
    if sent.refused:
        raise typer.Exit(1)


async def send(
    what: str, steps: int, mint: Mint, work: Callable[[Poster], Awaitable[T]], *, settled: bool = False
) -> T:
    """Do the work with a poster for the running installation, under a progress bar."""
    from deploy.loading.posting import poster

    with progress_bar(TextColumn("{task.fields[rate]}")) as bar:
        task = bar.add_task(what, total=steps, rate="")

        def tell(n: int) -> None:
            bar.advance(task, n)
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            bar.update(task, rate=f"{speed:.0f}/s" if speed else "")

        async with poster(mint, tell, settled=settled) as sending:
            return await work(sending)


def minting(data: Path, token: str | None = None) -> Mint:
    """Answers tokens: the one that was given, or the demo issuer's for whoever is named."""
    from deploy.issuer import LocalIssuer
    from deploy.loading.posting import MACHINE, SCOPES

    read_environment(data)
    if token is not None:
        return lambda _who: token
    issuer = LocalIssuer.at(data.resolve() / "issuer")
    return lambda who: issuer.mint(who, SCOPES, ("*",) if who == MACHINE else (), 60)


# -- looking ---------------------------------------------------------------------------------------------------------


@app.command()
def lag(json_: Json = False, all_: Annotated[bool, typer.Option("--all", help="Also what is level.")] = False) -> None:
    """How far relays and read models are behind."""

    async def run() -> list[dict[str, Any]]:
        async with plant() as here:
            lags = await here.lags()
            return [
                {
                    "what": lag.what,
                    "partition": lag.partition,
                    "behind": lag.behind,
                    "unit": lag.unit,
                    "last event": lag.at,
                }
                for lag in lags
                if all_ or lag.behind
            ]

    show(wait_for(run()), json_, "Nothing is behind.")


@app.command()
def verify(
    json_: Json = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for everything to be level first.")] = 10.0,
) -> None:
    """Whether every store is whole, everything published is projected, and every total equals a recount."""

    async def run() -> list[str]:
        async with plant() as here:
            await here.level(wait)
            return await here.verify()

    wrong = wait_for(run())
    if json_:
        print_json({"ok": not wrong, "wrong": wrong})
    else:
        words.print("\n".join(wrong) or "Everything adds up.", markup=False)
    if wrong:
        raise typer.Exit(1)


@app.command()
def events(
    service: Annotated[str, typer.Argument(help=", ".join(TOPICS))],
    type_: Annotated[str | None, typer.Option("--type")] = None,
    stream: Annotated[str | None, typer.Option()] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
    limit: Annotated[int | None, typer.Option(min=1)] = None,
) -> None:
    """What a service published, one JSON object a line."""

    async def run() -> None:
        n = 0
        async with plant() as here:
            async for event in here.events(service, follow=follow, type_=type_, stream=stream):
                print_json(event)
                n += 1
                if n == limit:
                    return

    wait_for(run())


@app.command()
def stream(service: Annotated[str, typer.Argument(help=", ".join(STORES))], name: str, json_: Json = False) -> None:
    """A stream's timeline, such as `goldenthread stream audit audit-0192...`. Sealed words stay sealed."""

    async def run() -> list[dict[str, Any]]:
        async with plant() as here:
            return await here.stream(service, name)

    show(wait_for(run()), json_, "There is no such stream.")


# -- mending ---------------------------------------------------------------------------------------------------------


@app.command()
def rebuild(
    model: str,
    dry_run: Annotated[bool, typer.Option(help="Build, compare, and throw it away again.")] = False,
    json_: Json = False,
) -> None:
    """Build a read model again beside the live one, compare the two, and switch when they are equal."""

    async def run() -> dict[str, Any]:
        with progress_bar() as bar:
            task = bar.add_task(f"rebuilding {model}", total=None)

            def tell(what: str, done: int, of: int) -> None:
                bar.update(task, description=f"{model}: {what}", completed=min(done, of), total=of)

            async with plant() as here:
                return await here.rebuild(the_model(model), tell, keep=not dry_run)

    report = wait_for(run())
    for difference in report["differences"]:
        words.print(difference, markup=False)
    if json_:
        print_json(report)
    else:
        words.print(
            f"{report['events']} events, {report['rows']} rows, {report['differing']} differences; "
            + (f"generation {report['built']} is live" if report["switched"] else "not switched")
        )
    if report["differing"]:
        raise typer.Exit(1)


@app.command()
def switch(model: str, generation: int) -> None:
    """Make a generation that stands by the live one: the way back after a rebuild, or past its differences."""

    async def run() -> None:
        async with plant() as here:
            await here.switch(the_model(model), generation)

    wait_for(run())
    words.print(f"generation {generation} of {model} is live")


@app.command()
def parked(model: Annotated[str | None, typer.Argument()] = None, json_: Json = False) -> None:
    """The streams that were set aside because a record of theirs could not be read."""

    async def run() -> list[dict[str, Any]]:
        async with plant() as here:
            return [row for one in READ_MODELS if model in (None, one.name) for row in await here.parked(one)]

    show(wait_for(run()), json_, "Nothing is parked.")


@app.command()
def redrive(
    model: str,
    stream_: Annotated[str | None, typer.Argument(metavar="[STREAM]", help="default: all that are parked")] = None,
    discard: Annotated[bool, typer.Option(help="Drop records that are none of ours; never one of ours.")] = False,
    json_: Json = False,
) -> None:
    """Replay parked streams, in order, once what was wrong is mended."""

    async def run() -> list[dict[str, Any]]:
        async with plant() as here:
            return await here.redrive(the_model(model), stream_, discard=discard)

    answer = wait_for(run())
    show(answer, json_, "Nothing is parked.")
    if any(row["stuck"] for row in answer):
        raise typer.Exit(1)


@app.command()
def rewind(service: Annotated[str, typer.Argument(help=", ".join(TOPICS))]) -> None:
    """Publish a service's whole log again, for a topic that lost records. Readers drop what they know already."""
    if service not in TOPICS:
        raise typer.BadParameter(f"services are {', '.join(TOPICS)}")

    async def run() -> None:
        async with plant() as here:
            await here.rewind(service)

    wait_for(run())
    words.print(f"the relay publishes {service} from the beginning")


# -- backing up ------------------------------------------------------------------------------------------------------

Keys = Annotated[
    Path | None, typer.Option(file_okay=False, help="A folder for the keys of sealed text, apart from the archive.")
]


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="The archive: made if there is none.")],
    keys: Keys = None,
    verify_: Annotated[bool, typer.Option("--verify", help="Only read what is archived: is it whole?")] = False,
    json_: Json = False,
) -> None:
    """Add what is new to an archive of every record; what is archived is never written again."""
    if verify_:
        archived("verifying", lambda tell: read_archives(folder, keys, tell), json_)
    else:
        archived("backing up", lambda tell: with_archive(folder, keys, tell, lambda work: work.backup(keys)), json_)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The archive.")],
    keys: Keys = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Go on without published events that the archive does not hold.")
    ] = False,
    json_: Json = False,
) -> None:
    """Bring the stores back from an archive. Stop every process first."""

    def work(tell: Told) -> Coroutine[Any, Any, Tally]:
        return with_archive(folder, keys, tell, lambda archiving: archiving.restore(keys, accept_loss=accept_loss))

    archived("restoring", work, json_)


async def with_archive(
    folder: Path, keys: Path | None, tell: Told, work: Callable[[Archiving], Awaitable[Tally]]
) -> Tally:
    if keys is not None:
        keep_apart(folder, keys)
    async with plant() as here:
        return await work(Archiving(here, folder, tell))


def archived(what: str, work: Callable[[Told], Coroutine[Any, Any, Tally]], as_json: bool) -> None:
    """Do it under a progress bar and say what was done; what is wrong is listed, and ends with 1."""
    try:
        with progress_bar() as bar:
            task = bar.add_task(what, total=None)
            tally = wait_for(work(lambda part, n: bar.update(task, description=f"{what} {part}", advance=n)))
    except (Damaged, Refused) as failed:
        if as_json:
            print_json({"ok": False, "wrong": str(failed).splitlines()})
        words.print(str(failed), markup=False)
        raise typer.Exit(1) from None
    for note in tally.notes:
        words.print(note, markup=False)
    if as_json:
        print_json({"ok": True, **tally.as_json()})
    else:
        words.print("{events} events, {entries} other entries in {seconds} s".format_map(tally.as_json()))


if __name__ == "__main__":
    main()
