"""The commands about who is let in: the authority, vehicles, brokers and their helper. Arguments only."""

import argparse
import os
import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cloud.errors import ConfigError

if TYPE_CHECKING:
    from cloud.config import CloudConfig
    from cloud.fleet.provisioning.service import Doorkeeper

Result = TypeVar("Result")
BY: Final = "command line"
"""Who did it, in the audit: whoever may write the database anyway."""
PORTS: Final = {"plain": 1883, "tls": 8883}


def add_commands(commands: Any, database_default: str) -> None:
    """Add them to the parser's commands."""
    _add_authority(
        commands.add_parser("authority", help="make the authority that certifies the vehicles of the fleets")
    )
    _add_vehicle(commands.add_parser("vehicle", help="let vehicles in, put them out, list them"), database_default)
    _add_broker_config(commands.add_parser("broker-config", help="write the configuration of a real broker"))
    _add_helper(commands.add_parser("broker-helper", help="keep mosquitto's lists, and tell the cloud what it refused"))


def _add_authority(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="a folder for its certificate and encrypted key")
    add("--name", default="Telltale", help="what it is called in certificates (%(default)s)")
    add(
        "--passphrase-file", type=Path, metavar="FILE", help="made, if it is not there; else the environment's is taken"
    )
    add(
        "--documents",
        action="store_true",
        help="the authority is there already: make only its key for campaigns and bundles, which older ones lack",
    )


def _add_vehicle(parser: argparse.ArgumentParser, database_default: str) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, told in (
        ("add", "print a code with which a box becomes this vehicle"),
        ("replace", "the same for another box: the one before is put out at once, the vehicle's past stays"),
    ):
        action = actions.add_parser(name, help=told)
        _name_vehicle(action, optional=name == "add")
        if name == "add":
            action.add_argument(
                "--from", type=Path, dest="source", metavar="FILE.csv", help="many at once: all of them, or none"
            )
            action.add_argument("--out", type=Path, metavar="FILE.csv", help="a new file, for the codes of these many")
        action.add_argument("--days", type=float, default=7.0, help="how long the code opens (%(default)g)")
        action.add_argument("--cloud", metavar="URL", help="where boxes reach the cloud; by default notify.public_url")
        action.add_argument("--no-qr", action="store_true", help="the code alone, without a QR code of the command")
        _say_where(action, database_default)
    revoke = actions.add_parser("revoke", help="put a vehicle out: at the broker within seconds, at the inbox at once")
    _name_vehicle(revoke)
    revoke.add_argument("--why", default="revoked", help="for the audit (%(default)s)")
    _say_where(revoke, database_default)
    listing = actions.add_parser("list", help="how each stands")
    listing.add_argument("--fleet")
    _say_where(listing, database_default)
    parser.set_defaults(authority=None)


def _name_vehicle(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    parser.add_argument("vehicle", nargs="?" if optional else None, metavar="ID", help="its name in the fleet")
    parser.add_argument("--fleet", default="default", help="(%(default)s)")


def _say_where(parser: argparse.ArgumentParser, database_default: str) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="the settings of `serve`")
    parser.add_argument("--database", metavar="URL", help=f"({database_default})")
    parser.add_argument("--authority", type=Path, metavar="DIR", help="its folder; by default provisioning.authority")


def _add_broker_config(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("broker", nargs="?", choices=["mosquitto", "rmqtt"], default="mosquitto", help="(%(default)s)")
    add("--out", type=Path, required=True, metavar="DIR", help="everything is written there")
    add("--host", help="where it listens; with an authority 0.0.0.0, else 127.0.0.1")
    add("--port", type=int, help="8883 with an authority, else 1883")
    add(
        "--authority",
        type=Path,
        metavar="DIR",
        help="vehicles show its certificates; without, no vehicle is told from another",
    )
    add("--passphrase-file", type=Path, metavar="FILE", help="what opens its key; else the environment's")
    add("--name", action="append", metavar="HOST", help="by which vehicles reach the broker; once for each")
    add("--helper-port", type=int, default=8884, help="on loopback, for the helper (%(default)s)")
    add("--user", help="who mosquitto runs as when root starts it; by default mosquitto")


def _add_helper(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--folder", type=Path, required=True, metavar="DIR", help="what broker-config wrote for mosquitto")
    add("--cloud", required=True, metavar="URL", help="https://cloud.example")
    add("--key-file", type=Path, required=True, metavar="FILE", help="an API key that may keep_broker")
    add(
        "--ca",
        type=Path,
        metavar="FILE",
        help="PEM of who signed the cloud's certificate, if the system does not know them",
    )
    add("--helper-port", type=int, default=8884, help="as in broker-config (%(default)s)")
    add("--log", choices=["text", "json"], default="text", help="(%(default)s)")


def authority(options: argparse.Namespace) -> None:
    """Make one, and its document key. The passphrase comes from the file, or from the environment.

    A file that is not there is made; where only the document key is, it must be the authority's.
    """
    from cloud.fleet.provisioning.authority import Authority, write_new  # noqa: PLC0415  # cryptography
    from cloud.fleet.provisioning.documents import PUBLIC_FILE, DocumentKey  # noqa: PLC0415  # the same
    from cloud.fleet.provisioning.opened import read_passphrase  # noqa: PLC0415  # the same

    file: Path | None = options.passphrase_file
    if options.documents:
        passphrase = read_passphrase(file, os.environ)
        DocumentKey.new(Authority.load(options.out, passphrase)).save(options.out, passphrase)
        print(
            f"{options.out.absolute() / PUBLIC_FILE}: for boxes that did not enrol. The others get it when they renew."
        )
        return
    if file is not None and not file.exists():
        write_new(file, f"{secrets.token_hex(24)}\n".encode())
        print(f"{file}: a new passphrase; keep a copy where the key is not")
    made = Authority.new(options.name, _now())
    passphrase = read_passphrase(file, os.environ)
    made.save(options.out, passphrase)
    DocumentKey.new(made).save(options.out, passphrase)
    print(f"{options.out.absolute()}: the authority. Who has its keys and the passphrase can let anybody in,")
    print("and say what vehicles collect and run.")


def vehicle(options: argparse.Namespace) -> None:
    """Let in, put out, or list."""
    {"add": _add, "replace": _add, "revoke": _revoke, "list": _list}[options.action](options)


def _add(options: argparse.Namespace) -> None:
    if getattr(options, "source", None) is not None:
        _add_many(options)
        return
    if options.vehicle is None:
        remedy = "Name one, or a list of them with --from FILE.csv"
        raise ConfigError("which vehicle?", place="ID", remedy=remedy)

    def act(keeper: "Doorkeeper", config: "CloudConfig | None") -> None:
        make = keeper.replace if options.action == "replace" else keeper.add
        url = _cloud_url(options, config)
        code, ends_at = make(_address(options), by=BY, lasts=timedelta(days=options.days))
        command = f"telltale-edge enrol --cloud {url} --code {code}"
        if not options.no_qr and sys.stdout.isatty():
            _print_qr(command)
        print(f"{options.fleet}/{options.vehicle}: on the box, until {ends_at.isoformat(timespec='minutes')}:")
        print(f"    {command}")

    _keeping(options, act)


def _add_many(options: argparse.Namespace) -> None:
    from cloud.cli_batch import read_list, write_codes  # noqa: PLC0415  # csv, which only this needs

    if options.vehicle is not None or options.out is None:
        remedy = "Name one vehicle, or a list with --from FILE.csv and a new file with --out CODES.csv"
        raise ConfigError("one vehicle or many?", place="--from", remedy=remedy)
    addresses = read_list(options.source, options.fleet)

    def act(keeper: "Doorkeeper", config: "CloudConfig | None") -> None:
        url, lasts = _cloud_url(options, config), timedelta(days=options.days)
        count = write_codes(
            options.out,
            lambda: keeper.add_all(addresses, by=BY, lasts=lasts),
            lambda code: f"telltale-edge enrol --cloud {url} --code {code}",
        )
        print(f"{options.out}: codes for {count} vehicles. Who has one can be that vehicle.")

    _keeping(options, act)


def _revoke(options: argparse.Namespace) -> None:
    def act(keeper: "Doorkeeper", _: "CloudConfig | None") -> None:
        standing = keeper.revoke(_address(options), by=BY, why=options.why)
        print(f"{options.fleet}/{options.vehicle} is out since {standing.since.isoformat(timespec='seconds')}")

    _keeping(options, act)


def _list(options: argparse.Namespace) -> None:
    from cloud.pages import LIMIT_MAX, Window  # noqa: PLC0415  # the rest of this file's as well: SQLAlchemy

    def act(keeper: "Doorkeeper", _: "CloudConfig | None") -> None:
        window: Window | None = Window(LIMIT_MAX)
        while window is not None:
            page = keeper.vehicles(window, fleet=options.fleet)
            for row in page.items:
                standing = row.standing
                ends = row.certificate_ends_at or row.claim_ends_at
                until = "" if ends is None else f"until {ends.isoformat(timespec='minutes')}"
                since = standing.since.isoformat(timespec="minutes")
                shut = {True: "shut at every broker", False: "not yet shut at every broker", None: ""}[row.is_shut]
                named = (standing.address.fleet, standing.address.vehicle, standing.state)
                print("\t".join((*named, f"since {since}", until, shut)).rstrip())
            window = None if page.after is None else Window(LIMIT_MAX, page.after)

    _keeping(options, act)


def broker_config(options: argparse.Namespace) -> None:
    """Write it, and with an authority the keys and certificates of broker, cloud and helper."""
    folder: Path = options.out.absolute()
    if not folder.is_dir():
        raise ConfigError("the folder is not there", file=folder, place="--out", remedy="Make the folder first")
    if options.authority is None:
        if options.broker != "mosquitto":
            problem = "RMQTT is configured for certificates only"
            raise ConfigError(problem, place="--authority", remedy="Make one: telltale-cloud authority --out DIR")
        _plain_mosquitto(folder, options)
        return
    _certified(folder, options)


def _plain_mosquitto(folder: Path, options: argparse.Namespace) -> None:
    from cloud.broker.helper import write  # noqa: PLC0415  # httpx
    from cloud.broker.mosquitto import MosquittoSettings, mosquitto_conf  # noqa: PLC0415  # pydantic

    settings = MosquittoSettings(
        folder=folder, host=options.host or "127.0.0.1", port=options.port or PORTS["plain"], user=options.user
    )
    write(folder / "mosquitto.conf", mosquitto_conf(settings))
    print(folder / "mosquitto.conf")


def _certified(folder: Path, options: argparse.Namespace) -> None:
    from cloud.broker import door, rmqtt  # noqa: PLC0415  # pydantic
    from cloud.broker.helper import write  # noqa: PLC0415  # httpx
    from cloud.fleet.provisioning.authority import Authority, write_new  # noqa: PLC0415  # cryptography
    from cloud.fleet.provisioning.opened import read_passphrase  # noqa: PLC0415  # the same

    signer = Authority.load(options.authority, read_passphrase(options.passphrase_file, os.environ))
    if not options.name:
        remedy = "Say --name broker.example, as vehicles are to write it"
        raise ConfigError("the broker needs a name in its certificate", place="--name", remedy=remedy)
    now = _now()
    host, port = options.host or "0.0.0.0", options.port or PORTS["tls"]  # nosec B104
    made = {
        door.SERVER_FILE: signer.server(options.name, now),
        door.CLOUD_FILE: signer.program(door.CLOUD, now),
        door.HELPER_FILE: signer.program(door.HELPER, now),
    }
    for file, content in made.items():
        if not (folder / file).exists():  # who has one keeps it: take it away for a new one
            write_new(folder / file, content.encode())
            print(folder / file)
    write(folder / door.AUTHORITY_FILE, signer.pem)
    if options.broker == "rmqtt":
        write(folder / rmqtt.CONF_FILE, rmqtt.rmqtt_conf(folder, host=host, port=port))
        write(folder / rmqtt.ACL_FILE, rmqtt.rmqtt_acl())
        print(folder / rmqtt.CONF_FILE)
        return
    settings = door.DoorSettings(folder, host, port, options.helper_port, options.user)
    write(folder / door.CONF_FILE, door.door_conf(settings))
    if not (folder / door.REVOKED_FILE).exists():  # the helper keeps both from its first round on
        write(folder / door.REVOKED_FILE, signer.revocation_list(0, [], now))
        write(folder / door.ACL_FILE, door.door_acl([]))
    print(folder / door.CONF_FILE)


def broker_helper(options: argparse.Namespace) -> None:
    """Run it until SIGTERM or SIGINT."""
    import signal  # noqa: PLC0415  # no other command needs it

    from cloud.broker.door import AUTHORITY_FILE, HELPER_FILE  # noqa: PLC0415  # pydantic
    from cloud.broker.helper import Helper, HelperSettings  # noqa: PLC0415  # httpx
    from cloud.broker.take_over import TakeOver  # noqa: PLC0415  # paho
    from cloud.fleet.provisioning.authority import end_of_list  # noqa: PLC0415  # cryptography

    folder: Path = options.folder.absolute()
    taking = TakeOver(options.helper_port, ca_file=folder / AUTHORITY_FILE, certificate_file=folder / HELPER_FILE)
    settings = HelperSettings(folder, options.cloud, _first_line(options.key_file), options.ca)
    helper = Helper(settings, end_connection=taking.end_connection, list_ends_at=end_of_list)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: helper.stop())
    helper.run()


def _first_line(file: Path) -> str:
    try:
        return file.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise ConfigError(
            f"cannot be read ({why})", file=file, place="--key-file", remedy="Put the API key there"
        ) from error


def _print_qr(text: str) -> None:
    import segno  # noqa: PLC0415  # only a terminal shows it

    segno.make(text, error="m").terminal(compact=True)


def _cloud_url(options: argparse.Namespace, config: "CloudConfig | None") -> str:
    url: str | None = options.cloud or (None if config is None else config.notify.public_url)
    if not url:
        remedy = "Say --cloud https://cloud.example, or set notify.public_url"
        raise ConfigError("where do boxes reach the cloud?", place="--cloud", remedy=remedy)
    return url


def _address(options: argparse.Namespace) -> Any:
    from edge.wire.errors import WireError  # noqa: PLC0415  # pydantic
    from edge.wire.topics import Address  # noqa: PLC0415  # the same

    try:
        return Address(options.fleet, options.vehicle)
    except WireError as error:
        raise ConfigError(error.detail, place="ID", remedy="Choose other names") from error


def _keeping(options: argparse.Namespace, act: "Callable[[Doorkeeper, CloudConfig | None], Result]") -> Result:
    """Do something at the door, on the database and with the authority that the options name."""
    from cloud.config import load  # noqa: PLC0415  # pydantic
    from cloud.database import Database  # noqa: PLC0415  # SQLAlchemy takes half a second
    from cloud.fleet.provisioning.authority import pin_in  # noqa: PLC0415  # cryptography
    from cloud.fleet.provisioning.service import Doorkeeper  # noqa: PLC0415  # the same
    from cloud.inbox.streams import newest_stream  # noqa: PLC0415  # the same
    from cloud.security.audit import Audit  # noqa: PLC0415  # the same

    config = None if options.config is None else load(options.config)
    folder: Path | None = options.authority or (None if config is None else config.provisioning.authority)
    if folder is None:
        remedy = "Name it with --authority, or in [provisioning] of --config"
        raise ConfigError("no authority for vehicles is named", place="--authority", remedy=remedy)
    url = options.database or (config.database if config is not None else "sqlite:///telltale.db")
    database = Database(url, must_exist=True)
    try:
        keeper = Doorkeeper(database, Audit(database, _now), _now, pin=pin_in(folder), newest_stream=newest_stream)
        return act(keeper, config)
    finally:
        database.close()


def _now() -> datetime:
    return datetime.now(UTC)
