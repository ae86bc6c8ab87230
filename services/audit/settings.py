"""What the audit service is told from outside."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service is told; the keyring's database is `<mongo_prefix>_keys`."""
