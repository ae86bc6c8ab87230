"""Whom partners may write to: the mailbox of a role, at an authority; never somebody's own."""

from __future__ import annotations

import re

from services.reporting.domain.partner_release.folding import fold
from services.reporting.domain.partner_release.vocabulary import words

_SHAPE = re.compile(r"[a-z]+(?:[._-][a-z]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+gov\.uk")
_ROLE_WORDS = words(
    """
    academy adoption alliance and assurance audit audits care centre chair challenge child children childrens
    cla commissioning contact contracts corporate cp cs csc cypf data dcs development director directorate
    directors duty early education enquiries families family feedback fostering governance group head help hub
    improvement inbox info information insight intelligence iro iros learning mailbox management manager mash
    of office officer partner partners partnership peer people performance policy practice principal
    principalsocialworker psw qa qaf quality qualityassurance region regional reporting review reviewing
    safeguarding secretariat send service services shared sharing social socialcare staff standards strategy
    support sw team teams the training unit worker workforce young
    """
)


def is_role_mailbox(address: str) -> bool:
    """Lower case, every word before the @ one of a role's, and a domain below gov.uk. Anything else is refused."""
    if fold(address).text != address or not _SHAPE.fullmatch(address):
        return False
    return all(word in _ROLE_WORDS for word in re.split(r"[._-]", address.partition("@")[0]))
