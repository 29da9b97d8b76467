"""The commands about bundles: a folder or an archive is added, what is there is listed. Arguments only."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cloud.errors import ConfigError

if TYPE_CHECKING:
    from cloud.bundles.service import BundleService

BY: Final = "command line"
"""Who did it, in the audit: whoever may write the database anyway."""
_NAME_LENGTH_MAX: Final = 200


def add_commands(commands: Any, database_default: str) -> None:
    """Add them to the parser's commands."""
    parser = commands.add_parser("bundle", help="configuration, rules, profiles and models that vehicles may be given")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="keep a folder, or an archive that is packed already, as a bundle")
    add.add_argument("source", type=Path, metavar="FILE|FOLDER")
    add.add_argument("--name", required=True, help="what it is called; once a fleet")
    add.add_argument("--fleet", default="default", help="(%(default)s)")
    _say_where(add, database_default)
    listing = actions.add_parser("list", help="what is kept")
    listing.add_argument("--fleet")
    _say_where(listing, database_default)


def bundle(options: argparse.Namespace) -> None:
    """Do what was asked."""
    {"add": _add, "list": _list}[options.action](options)


def _say_where(parser: argparse.ArgumentParser, database_default: str) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="the settings of `serve`")
    parser.add_argument("--database", metavar="URL", help=f"({database_default})")


def _add(options: argparse.Namespace) -> None:
    from edge.wire.topics import NAME  # noqa: PLC0415  # pydantic

    if not NAME.fullmatch(options.fleet):
        raise ConfigError(f"{options.fleet!r} is no fleet's name", place="--fleet", remedy="Name one that there is")
    if not 1 <= len(options.name) <= _NAME_LENGTH_MAX or not options.name.isprintable():
        remedy = f"Choose one of up to {_NAME_LENGTH_MAX} characters in one line"
        raise ConfigError("no name for a bundle", place="--name", remedy=remedy)
    content = _content(options.source)

    def act(bundles: "BundleService") -> None:
        made = bundles.add(options.fleet, options.name, content, by=BY)
        print(f"{made.fleet}/{made.id} {made.name}: {len(made.files)} files, {made.size} bytes, SHA-256 {made.sha256}")

    _on_database(options, act)


def _list(options: argparse.Namespace) -> None:
    from cloud.pages import LIMIT_MAX, Window  # noqa: PLC0415  # the rest of this file's as well: SQLAlchemy

    def act(bundles: "BundleService") -> None:
        window: Window | None = Window(LIMIT_MAX)
        while window is not None:
            page = bundles.bundles(window, fleet=options.fleet, fleets=None)
            for one in page.items:
                added = one.added_at.isoformat(timespec="minutes")
                print(one.fleet, one.id, added, one.by, f"{one.size} B", one.sha256, one.name, sep="\t")
            window = None if page.after is None else Window(LIMIT_MAX, page.after)

    _on_database(options, act)


def _content(source: Path) -> bytes:
    from cloud.bundles.packing import pack  # noqa: PLC0415  # pydantic
    from edge.wire.bundles import BUNDLE_BYTES_MAX  # noqa: PLC0415  # the same

    if source.is_dir():
        return pack(source)
    try:
        size = source.stat().st_size
        if size > BUNDLE_BYTES_MAX:
            problem = f"has {size} bytes, and {BUNDLE_BYTES_MAX} are the most"
            raise ConfigError(problem, file=source, remedy="Leave something out")
        return source.read_bytes()
    except OSError as error:
        remedy = "Name a folder, or a zip archive"
        raise ConfigError(f"cannot be read ({error.strerror})", file=source, remedy=remedy) from error


def _on_database(options: argparse.Namespace, act: "Callable[[BundleService], None]") -> None:
    from cloud.bundles.service import BundleService, BundleSettings  # noqa: PLC0415  # SQLAlchemy
    from cloud.config import BundlesConfig, load  # noqa: PLC0415  # pydantic
    from cloud.database import Database  # noqa: PLC0415  # SQLAlchemy takes half a second
    from cloud.security.audit import Audit  # noqa: PLC0415  # the same

    config = None if options.config is None else load(options.config)
    url = options.database or (config.database if config is not None else "sqlite:///telltale.db")
    bounds = BundleSettings(**(BundlesConfig() if config is None else config.bundles).model_dump())
    database = Database(url, must_exist=True)
    try:
        act(BundleService(database, Audit(database, _now), bounds, _now))
    finally:
        database.close()


def _now() -> datetime:
    return datetime.now(UTC)
