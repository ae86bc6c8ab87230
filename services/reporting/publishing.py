"""What reporting tells the world: nothing yet. It listens; improvement events will come with controlled release."""

from __future__ import annotations

from typing import Any

from shared.deciding.decider import Decider

DECIDERS: dict[str, Decider[Any, Any]] = {}
