"""The command line: every mistake is one line with a remedy, and exit 78."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.cli import TOKEN_VARIABLE, main
from cloud.database import Database
from cloud.security.roles import Permission, matrix_table
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_intake import broken

TOKEN = "a-token-that-nobody-guesses"
EMBEDDED = ("--embedded-broker", "--broker-port", "0", "--port", "0")
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cloud_says(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command; its exit code and what it printed."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.mark.parametrize(
    ("arguments", "says_so"),
    [
        (("--token", TOKEN), "one broker is needed"),
        (("--broker", "tcp://x"), "--broker: no broker's address"),
        (("--config", "/nowhere/cloud.toml"), "/nowhere/cloud.toml: cannot be read"),
        ((*EMBEDDED, "--token", "short"), "--token: a token of fewer than 16 characters"),
        ((*EMBEDDED, "--token", TOKEN, "--database", "sqlite:////nowhere/telltale.db"), "mkdir -p /nowhere"),
        ((*EMBEDDED, "--port", "99999"), "--port: Input should be less than or equal to 65535"),
        ((*EMBEDDED, "--token", TOKEN, "--host", "no.such.host.invalid"), "'no.such.host.invalid' is no address"),
        ((*EMBEDDED, "--token", TOKEN, "--host", "192.0.2.1"), "cannot listen on 192.0.2.1"),
        ((*EMBEDDED, "--token", TOKEN, "--announce", "/nowhere/where.json"), "no such folder to write in"),
    ],
    ids=lambda argument: " ".join(argument) if isinstance(argument, tuple) else "",
)
def test_what_cannot_start_says_why_in_one_line(
    tmp_path: Path, cloud_says: Say, arguments: tuple[str, ...], says_so: str
) -> None:
    announce = tmp_path / "where.json"
    database = f"sqlite:///{tmp_path}/telltale.db"
    code, out, err = cloud_says("serve", "--announce", announce, "--database", database, *arguments)
    assert (code, out) == (78, "")
    assert err.startswith("telltale-cloud: ")
    assert says_so in err
    assert err.count("\n") == 1
    assert not announce.exists()


def test_a_certificate_that_is_none(tmp_path: Path, cloud_says: Say) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    config = tmp_path / "cloud.toml"
    config.write_text(f'token = "{TOKEN}"\n[broker]\nurl = "mqtts://x"\nca_file = "{tmp_path}/ca.pem"\n')
    code, out, err = cloud_says(
        "serve", "--config", config, "--database", f"sqlite:///{tmp_path}/telltale.db", "--port", "0"
    )
    assert (code, out) == (78, "")
    assert err.startswith(f"telltale-cloud: {tmp_path}/ca.pem, broker.ca_file: not a certificate")


def test_the_token_may_come_from_the_environment(cloud_says: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "short")
    code, _, err = cloud_says("serve", *EMBEDDED)
    assert (code, err.startswith(f"telltale-cloud: {TOKEN_VARIABLE}: a token of fewer")) == (78, True)


def test_a_log_of_an_unknown_form_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--embedded-broker", "--log", "xml"])
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "text" in said
    assert "LogFormat" not in said


def test_a_database_is_made_and_looked_into(tmp_path: Path, cloud_says: Say) -> None:
    database = f"sqlite:///{tmp_path}/telltale.db"
    code, _, err = cloud_says("quarantine", "list", "--database", database)
    assert (code, "there is no such database" in err) == (78, True)
    assert cloud_says("migrate", "--database", database) == (0, f"{database} is at revision 0023\n", "")
    assert cloud_says("quarantine", "list", "--database", database) == (0, "", "")


def test_a_database_without_tables_is_a_failure(tmp_path: Path, cloud_says: Say) -> None:
    (tmp_path / "telltale.db").touch()
    code, _, err = cloud_says("quarantine", "list", "--database", f"sqlite:///{tmp_path}/telltale.db")
    assert (code, err.count("\n"), "no such table" in err) == (1, 1, True)


def test_the_quarantine_is_listed_whole(cloud: Cloud, cloud_says: Say) -> None:
    for n in range(502):
        cloud.take(broken(payload=b"{" * (n + 1)))
    code, out, _ = cloud_says("quarantine", "list", "--database", cloud.url)
    lines = [line.split("\t") for line in out.splitlines()]
    assert (code, len(lines)) == (0, 502)
    assert lines[0][2:6] == ["not_json", "1 times", "502 B", "telltale/v1/north/van-7/up/alert"]


def test_a_brokers_configuration_is_written(tmp_path: Path, cloud_says: Say) -> None:
    code, out, _ = cloud_says("broker-config", "--out", tmp_path, "--port", "1999")
    assert (code, out) == (0, f"{tmp_path}/mosquitto.conf\n")
    assert "listener 1999 127.0.0.1" in (tmp_path / "mosquitto.conf").read_text()
    code, _, err = cloud_says("broker-config", "--out", tmp_path / "none")
    assert (code, err.count("\n"), "Make the folder first" in err) == (78, 1, True)


def test_a_database_that_is_none_is_refused_before_anything_listens(tmp_path: Path, cloud_says: Say) -> None:
    (tmp_path / "telltale.db").write_bytes(b"no database at all " * 100)
    code, _, err = cloud_says("serve", *EMBEDDED, "--token", TOKEN, "--database", f"sqlite:///{tmp_path}/telltale.db")
    assert (code, "cannot be used as a database (file is not a database)" in err) == (78, True)


def test_a_held_database_is_a_failure_that_passes(cloud: Cloud, cloud_says: Say) -> None:
    with cloud.database.transaction():
        code, _, err = cloud_says("serve", *EMBEDDED, "--token", TOKEN, "--database", cloud.url)
    assert (code, "database is locked" in err) == (1, True)


def test_an_unopened_database_changes_nothing(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path}/telltale.db").close()
    assert list(tmp_path.iterdir()) == []


def test_the_first_person_is_added_on_the_command_line(
    cloud: Cloud, cloud_says: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery staple\n"))
    said = cloud_says("person", "Ada@example.org", "--role", "admin", "--database", cloud.url)
    assert said == (0, "ada@example.org is admin of every fleet\n", "")
    pair = cloud.security.sign_in.sign_in("ada@example.org", "correct horse battery staple")
    assert cloud.security.sign_in.principal_of(pair.access).may(Permission.PUT_PEOPLE)
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    code, _, err = cloud_says("person", "eve", "--role", "owner", "--fleet", "north", "--database", cloud.url)
    assert (code, "a password has 15 to 200 characters" in err) == (1, True)
    said = cloud_says("person", "ada@example.org", "--role", "admin", "--disable", "--database", cloud.url)
    assert said == (0, "ada@example.org is admin of every fleet, disabled\n", "")


def test_what_each_role_may_is_printed(cloud_says: Say) -> None:
    code, out, _ = cloud_says("roles")
    assert (code, out) == (0, matrix_table() + "\n")
