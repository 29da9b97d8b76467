"""One database: durable, migrated, closed to nonsense."""

import sqlite3
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cloud import database as module
from cloud.columns import METADATA
from cloud.database import Database, insert_once
from cloud.errors import ConfigError, UpstreamDown
from cloud.fleet.vehicle_store import vehicles
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.vehicle import T0


def fresh(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/telltale.db")


def test_the_migrations_lead_to_the_tables_of_the_code(cloud: Cloud) -> None:
    with cloud.database.snapshot() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    assert database.migrate() == database.migrate() == "0023"
    assert database.check() == ""
    database.close()


def test_a_database_of_this_version_is_known_without_alembic(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alembic", None)
    assert cloud.database.migrate() == "0023"
    with cloud.database.transaction() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0012'"))
    with pytest.raises(ImportError):
        cloud.database.migrate()


def test_what_is_committed_survives_a_power_cut_and_references_hold(cloud: Cloud) -> None:
    with cloud.database.snapshot() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 2000}


def test_a_transaction_is_whole_or_nothing(cloud: Cloud) -> None:
    row = {"fleet": "north", "vehicle": "van-7", "first_seen_at": T0, "last_seen_at": T0}
    with pytest.raises(LookupError), cloud.database.transaction() as connection:  # noqa: PT012 - the block is the point
        assert insert_once(connection, vehicles, row)
        assert not insert_once(connection, vehicles, row)
        raise LookupError
    assert cloud.rows(vehicles) == []


def test_a_locked_database_is_down_for_now(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_MS", 50)
    impatient = Database(cloud.url)
    with cloud.database.transaction():
        with pytest.raises(UpstreamDown, match="database is locked"), impatient.transaction():
            pass
        with pytest.raises(UpstreamDown, match="database is locked"):
            impatient.migrate()
        with impatient.snapshot() as connection:
            assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1, "who only reads does not wait"
    impatient.close()


def test_a_database_that_lost_its_tables_is_down(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    assert "no such table" in database.check()
    database.close()


def test_a_mistake_in_our_own_sql_is_not_hidden(cloud: Cloud) -> None:
    row = {"fleet": "north", "vehicle": None, "first_seen_at": T0, "last_seen_at": T0}
    with pytest.raises(sa.exc.IntegrityError), cloud.database.transaction() as connection:
        connection.execute(sa.insert(vehicles).values(**row))


def test_times_come_back_in_utc_whatever_zone_they_had(cloud: Cloud) -> None:
    local = T0.astimezone(timezone(timedelta(hours=-5)))
    with cloud.database.transaction() as connection:
        row = {"fleet": "north", "vehicle": "van-7", "first_seen_at": local, "last_seen_at": local}
        insert_once(connection, vehicles, row)
    [stored] = cloud.rows(vehicles)
    assert stored["first_seen_at"] == T0
    assert stored["first_seen_at"].tzinfo is UTC
    assert stored["said_offline_at"] is None


def test_a_time_without_a_zone_is_our_mistake(cloud: Cloud) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is what must not get through
    row = {"fleet": "north", "vehicle": "van-7", "first_seen_at": naive, "last_seen_at": naive}
    with pytest.raises(sa.exc.StatementError, match="has no zone"), cloud.database.transaction() as connection:
        insert_once(connection, vehicles, row)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "no database address"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("postgresql://host/telltale", "'postgresql' is not supported yet"),
        ("sqlite:////nowhere/at/all/telltale.db", "mkdir -p /nowhere/at/all"),
        ("sqlite:////etc", "not a file"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Database(url)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_place_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    with pytest.raises(ConfigError, match="may not be read and written by this user"):
        fresh(tmp_path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "telltale.db").write_bytes(b"no database at all " * 100)
    database = fresh(tmp_path)
    with pytest.raises(ConfigError, match=r"cannot be used as a database \(file is not a database\)"):
        database.migrate()
    database.close()


def test_a_database_of_a_newer_program(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    database.migrate()
    with sqlite3.connect(tmp_path / "telltale.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigError, match="Start the newer telltale-cloud"):
        database.migrate()
    database.close()


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    (tmp_path / "telltale.db").mkdir()  # after the look at the place: somebody was quicker
    with pytest.raises(ConfigError, match="unable to open database file"):
        database.migrate()
    database.close()


def test_a_database_that_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such database"):
        Database(f"sqlite:///{tmp_path}/telltale.db", must_exist=True)
