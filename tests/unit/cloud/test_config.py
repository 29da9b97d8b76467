"""What the operator writes is taken, or refused in one line with the place and the remedy."""

from pathlib import Path

import pytest

from cloud.config import CloudConfig, Override, broker_target, load
from cloud.errors import ConfigError
from cloud.mail_server import MailServer, mail_server

EMBEDDED = "[broker]\nembedded = true\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "cloud.toml"
    file.write_text(text)
    return file


def test_the_least_that_is_needed_is_a_broker(tmp_path: Path) -> None:
    config = load(written(tmp_path, EMBEDDED))
    assert config.broker.embedded
    assert (config.api.host, config.api.port, config.broker.port) == ("127.0.0.1", 8080, 1883)
    assert config.database == "sqlite:///telltale.db"


def test_the_line_goes_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, EMBEDDED + '[api]\nport = 1\nhost = "localhost"\n')
    config = load(file, [Override("--port", ("api", "port"), 2)])
    assert (config.api.port, config.api.host) == (2, "localhost")


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", "broker", "one broker is needed"),
        (EMBEDDED + 'url = "mqtt://x"\n', "broker", "one broker is needed"),
        (EMBEDDED + "embeded = true\n", "broker.embeded", "Known here: embedded, port, url, ca_file"),
        (EMBEDDED + "[apii]\n", "apii", "Known here: database, token, broker"),
        (EMBEDDED + 'port = "x"\n', "broker.port", "integer"),
        (EMBEDDED + "port = 70000\n", "broker.port", "65535"),
        ('[broker]\nurl = "http://x"\n', "broker.url", "It is written mqtt://host:port"),
        ('[broker]\nurl = "mqtt://x"\nca_file = "/nowhere.pem"\n', "broker.ca_file", "no file /nowhere.pem"),
        (EMBEDDED + '[notify]\nsmtp_url = "http://x"\n', "notify.smtp_url", "smtp+starttls://"),
        (EMBEDDED + '[notify]\nsmtp_url = "smtp://a:b@x"\n', "notify.smtp_url", "in the clear"),
        (EMBEDDED + '[notify]\nsmtp_url = "smtps://x:0"\n', "notify.smtp_url", "no mail server's address"),
        (EMBEDDED + '[notify]\nsmtp_url = "smtps://x:y"\n', "notify.smtp_url", "no mail server's address"),
        (EMBEDDED + '[notify]\nfrom_address = "Ada <a@b>"\n', "notify.from_address", "match pattern"),
        (EMBEDDED + "[notify]\nescalate_after_s = 1\n", "notify.escalate_after_s", "greater than or equal to 60"),
        ('token = "short"\n' + EMBEDDED, "token", "Make one with: openssl rand -hex 24"),
        ("broker = 3\n", "broker", "--embedded-broker"),
        ("[broker\n", "", "not TOML"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, place: str, says: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    line = str(refused.value)
    assert line.startswith(f"{file}, {place}: " if place else f"{file}: ")
    assert says in line
    assert "\n" not in line


def test_what_is_wrong_on_the_line_is_named_as_it_was_said() -> None:
    overrides = [
        Override("--embedded-broker", ("broker", "embedded"), value=True),
        Override("TELLTALE_CLOUD_TOKEN", ("token",), "short"),
    ]
    with pytest.raises(ConfigError, match=r"^TELLTALE_CLOUD_TOKEN: a token of fewer than 16 characters"):
        load(None, overrides)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file"):
        load(tmp_path / "none.toml")


def test_a_section_that_is_no_section(tmp_path: Path) -> None:
    file = written(tmp_path, "api = 3\n" + EMBEDDED)
    with pytest.raises(ConfigError, match=r"api: a section is expected\. Write it as \[api\]"):
        load(file, [Override("--port", ("api", "port"), 2)])


def test_a_token_is_not_shown() -> None:
    config = CloudConfig.model_validate({"token": "s3cret-s3cret-s3cret", "broker": {"embedded": True}})
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("url", "host", "port", "shown"),
    [
        ("mqtt://broker", "broker", 1883, "mqtt://broker:1883"),
        ("mqtts://broker", "broker", 8883, "mqtts://broker:8883"),
        ("mqtt://user:p%40ss@broker:99/", "broker", 99, "mqtt://broker:99"),
        ("mqtt://[::1]:99", "::1", 99, "mqtt://[::1]:99"),
    ],
)
def test_a_brokers_address(url: str, host: str, port: int, shown: str) -> None:
    target = broker_target(url)
    assert (target.host, target.port, target.url) == (host, port, shown)
    assert target.password == ("p@ss" if "user" in url else None)


@pytest.mark.parametrize(
    "url", ["", "broker", "mqtt:broker", "mqtt://", "http://b", "mqtt://b:x", "mqtt://b:0", "mqtt://b/t"]
)
def test_what_is_no_brokers_address(url: str) -> None:
    with pytest.raises(ValueError, match="no broker's address"):
        broker_target(url)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://relay", MailServer("smtp", "relay", 25)),
        (
            "smtp+starttls://a%40b:c%3Ad@mail.example.org",
            MailServer("smtp+starttls", "mail.example.org", 587, "a@b", "c:d"),
        ),
        ("smtps://[::1]:4650/", MailServer("smtps", "::1", 4650)),
    ],
)
def test_a_mail_server(url: str, server: MailServer) -> None:
    assert mail_server(url) == server
    config = CloudConfig.model_validate({"broker": {"embedded": True}, "notify": {"smtp_url": url}})
    assert config.notify.server == server
    assert "c%3Ad" not in repr(config) + server.shown
    assert "c:d" not in server.shown
