"""`goldenthread partners`: who may read at the Kafka door."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.installation import PARTNER_KAFKA
from deploy.looking import plant
from deploy.saying import Json, print_json, show, wait_for, words
from services.reporting.domain.partner.decisions import AddPartner, add_partner
from services.reporting.domain.partner.events import PartnerEvent
from services.reporting.domain.partner.state import DECIDER
from services.reporting.domain.partner.state import Partner as State
from services.reporting.sharing.partner_topics import begin_again
from shared.calendar.clock import local_date, now
from shared.event_store.handling import handle
from shared.event_store.store import Actor
from shared.event_store.unattended import once, unattended
from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from deploy.partners import Access, Partners

partners = typer.Typer(no_args_is_help=True, help=__doc__)
OPERATOR = Actor(staff_ref="goldenthread-partners", role="SYSTEM")
Partner = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id: small letters, digits, dashes.")]


@partners.command("add")
def add(
    partner: Partner,
    replicas: Annotated[int, typer.Option(min=1, help="Three in production.")] = 1,
    name: Annotated[str | None, typer.Option(help="What reporting calls it; default: its id.")] = None,
    json_: Json = False,
) -> None:
    """Make a partner's topic, rights, limits and user, whatever is missing. A new password is shown once.

    Reporting is told of it, unless it knows it: then it may subscribe.
    """
    with at_the_broker() as here:
        access, fresh = here.add(partner, replicas)
    wait_for(_at_reporting(partner, name, fresh))
    tell(access, json_)


@partners.command("rotate")
def rotate(partner: Partner, json_: Json = False) -> None:
    """Give a partner a new password, shown once. The old one opens nothing from now on."""
    with at_the_broker() as here:
        access = here.rotate(partner)
    tell(access, json_)


@partners.command("remove")
def remove(
    partner: Partner,
    purge: Annotated[bool, typer.Option("--purge", help="Delete its topic too, with all that is on it.")] = False,
    json_: Json = False,
) -> None:
    """Take a partner's user, rights and limits away at once. Its topic stays."""
    with at_the_broker() as here:
        here.remove(partner, purge=purge)
    if json_:
        print_json({"partner": partner, "purged": purge})
    else:
        words.print(f"{partner} can read nothing any more" + (", and its topic is gone" if purge else ""))


@partners.command("list")
def list_(json_: Json = False) -> None:
    """Every partner at the Kafka door, and what is missing of it."""
    with at_the_broker() as here:
        found = [{**asdict(one), "complete": one.complete} for one in here.list()]
    show(found, json_, "There are no partners at this Kafka.")


@contextmanager
def at_the_broker() -> Iterator[Partners]:
    """Ends the command with 1, and the reason, when something could not be done."""
    from deploy.partners import NotDone, partners_of

    settings = ServiceSettings()
    try:
        with partners_of(settings.kafka_url, settings.topic_prefix) as here:
            yield here
    except NotDone as failed:
        words.print(str(failed), markup=False)
        raise typer.Exit(1) from None


async def _at_reporting(partner: str, name: str | None, fresh: bool) -> None:
    """Known there; and sent everything, when its topic is a `fresh` one."""
    async with plant() as here:
        store = here.store("reporting")
        await store.prepare()
        moment = now()
        asked = unattended(once("partner added", partner, moment.isoformat()), OPERATOR, "", moment, local_date(moment))
        await handle(store, DECIDER, DECIDER.stream(partner), lambda known: _added(known, name or partner), asked)
        await store.close()
        if fresh:
            await begin_again(here.reporting, partner)


def _added(known: State, name: str) -> Sequence[PartnerEvent]:
    """What an administrator entered stays as it is."""
    return [] if known.name is not None and not known.removed else add_partner(AddPartner(name), known)


def tell(access: Access, as_json: bool) -> None:
    told: dict[str, Any] = {
        **asdict(access),
        "mechanism": "SCRAM-SHA-512",
        "broker": os.environ.get(PARTNER_KAFKA),
    }
    if as_json:
        print_json(told)
        return
    show([{"what": what, "value": value} for what, value in told.items() if value is not None], as_json, "")
    if access.password is None:
        words.print("The password is the one that was given before; `goldenthread partners rotate` makes a new one.")
    else:
        words.print("This is the only time that the password is shown: it is kept nowhere.")
