"""Provisioning as the configuration wants it."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from cloud.config import ProvisioningConfig
from cloud.database import Connection, Database
from cloud.errors import ConfigError
from cloud.fleet.provisioning.authority import Authority
from cloud.fleet.provisioning.documents import DocumentKey
from cloud.fleet.provisioning.service import ProvisioningService, ProvisioningSettings
from cloud.security.audit import Audit

PASSPHRASE_VARIABLE: Final = "TELLTALE_AUTHORITY_PASSPHRASE"


def open_provisioning(
    config: ProvisioningConfig,
    database: Database,
    audit: Audit,
    now: Callable[[], datetime],
    *,
    newest_stream: Callable[[Connection], int],
) -> ProvisioningService | None:
    """The service, with the keys of its authority and for documents open; None where no authority is configured.

    Raises:
        ConfigError: the authority is not there, or its passphrase is missing or wrong.
    """
    if config.authority is None or config.broker is None:
        return None
    passphrase = read_passphrase(config.passphrase_file, os.environ)
    authority = Authority.load(config.authority, passphrase)
    settings = ProvisioningSettings(
        config.broker, config.certificate_days, config.renewal_days, strangers=config.strangers
    )
    return ProvisioningService(
        database,
        audit,
        now,
        authority=authority,
        settings=settings,
        newest_stream=newest_stream,
        documents=DocumentKey.load(config.authority, passphrase, authority),
    )


def read_passphrase(file: Path | None, environ: Mapping[str, str]) -> str:
    """What opens the authority's key: the first line of a file, or the environment's.

    Raises:
        ConfigError: there is none.
    """
    if file is None:
        if passphrase := environ.get(PASSPHRASE_VARIABLE, ""):
            return passphrase
        raise ConfigError(
            "nothing opens the authority's key",
            place="provisioning.passphrase_file",
            remedy=f"Name a file with the passphrase in its first line, or set ${PASSPHRASE_VARIABLE}",
        )
    try:
        passphrase = file.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot be read ({getattr(error, 'strerror', None) or error})",
            file=file,
            place="provisioning.passphrase_file",
            remedy="It has the passphrase of the authority's key in its first line, and is ours alone to read",
        ) from error
    if not passphrase:
        raise ConfigError(
            "is empty", file=file, place="provisioning.passphrase_file", remedy="Write it into its first line"
        )
    return passphrase
