"""Installing into the root of an image: whole, repeated, upgraded, and taken away without a trace."""

import stat
from pathlib import Path

from edge.wire.enrolment import ClaimCode
from tests.programs import run
from tests.shared import ROOT


def installed(root: Path, *more: str) -> str:
    done = run("telltale-edge", "install", "--root", root, *more)
    assert done.status == 0, done.err
    return done.out


ACCOUNTS = {"passwd", "group", "shadow", "gshadow"}


def files(root: Path) -> dict[str, bytes]:
    """All but the system's accounts."""
    found = {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}
    return {name: content for name, content in found.items() if not is_account(name)}


def is_account(name: str) -> bool:
    return name == "etc/.pwd.lock" or name.removeprefix("etc/").rstrip("-") in ACCOUNTS


def users(root: Path) -> set[str]:
    return {line.partition(":")[0] for line in (root / "etc" / "passwd").read_text().splitlines()}


def test_an_image_gets_all_files_and_its_units_start_these_programs(tmp_path: Path) -> None:
    installed(tmp_path, "--display", "--vcan")
    found = files(tmp_path)
    assert {name.rpartition("/")[2] for name in found} >= {
        "telltale-edge.service",
        "telltale-display.service",
        "80-can0.network",
        "70-vcan0.netdev",
        "edge.toml",
        "70-telltale-adapters.rules",
    }
    unit = found["etc/systemd/system/telltale-edge.service"].decode()
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert Path(start.removeprefix("ExecStart=").split()[0]).is_file()
    assert start.endswith("telltale-edge run --config /etc/telltale/edge.toml")
    config = tmp_path / "etc" / "telltale" / "edge.toml"
    assert config.read_bytes() == (ROOT / "systemd" / "telltale-edge.toml").read_bytes()
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


def test_the_units_of_an_image_start_the_programs_that_are_in_it(tmp_path: Path) -> None:
    unit = tmp_path / "etc" / "systemd" / "system" / "telltale-edge.service"
    told = installed(tmp_path)
    assert "telltale-edge: not in the image, so its units start nothing. Install telltale[edge] in it" in told
    assert "ExecStart=/opt/telltale/bin/" not in unit.read_text()
    program = tmp_path / "opt" / "telltale" / "bin" / "telltale-edge"
    program.parent.mkdir(parents=True)
    program.touch()
    assert "not in the image" not in installed(tmp_path)
    assert "ExecStart=/opt/telltale/bin/telltale-edge run" in unit.read_text()


def test_repeated_it_changes_nothing_and_says_so(tmp_path: Path) -> None:
    installed(tmp_path)
    before = files(tmp_path)
    again = installed(tmp_path)
    assert files(tmp_path) == before
    assert {line.split()[0] for line in again.splitlines() if "/etc/" in line} == {"kept"}


def test_an_upgrade_replaces_what_is_ours_and_keeps_what_is_the_installer_s(tmp_path: Path) -> None:
    installed(tmp_path)
    unit, config = (tmp_path / "etc" / name for name in ("systemd/system/telltale-edge.service", "telltale/edge.toml"))
    shipped = unit.read_bytes()
    unit.write_text("[Unit]\nDescription=of before\n")
    config.write_text("# mine\n")
    told = installed(tmp_path)
    assert unit.read_bytes() == shipped
    assert config.read_text() == "# mine\n"
    assert "done   /etc/systemd/system/telltale-edge.service: brought up to this version" in told
    assert "kept   /etc/telltale/edge.toml: yours" in told


def test_taken_away_what_is_the_installer_s_stays_until_it_is_purged(tmp_path: Path) -> None:
    installed(tmp_path, "--display", "--vcan")
    (tmp_path / "var" / "lib" / "telltale").mkdir(parents=True)
    (tmp_path / "var" / "lib" / "telltale" / "outbox.db").write_bytes(b"alerts")
    installed(tmp_path, "--uninstall")
    assert set(files(tmp_path)) == {
        "etc/telltale/edge.toml",
        "etc/systemd/network/80-can0.network",
        "var/lib/telltale/outbox.db",
    }
    installed(tmp_path, "--uninstall", "--purge")
    assert files(tmp_path) == {}


def test_a_claim_is_carried_for_nobody_but_root_and_taken_away_again(tmp_path: Path) -> None:
    code = str(ClaimCode(bytes(10), bytes(10)))
    claim, root = tmp_path / "mine.toml", tmp_path / "root"
    root.mkdir()
    claim.write_text(f'cloud = "https://cloud.example"\ncode = "{code}"\n')
    installed(root, "--claim", str(claim))
    carried = root / "etc" / "telltale" / "claim.toml"
    assert carried.read_bytes() == claim.read_bytes()
    assert stat.S_IMODE(carried.stat().st_mode) == 0o600
    unit = (root / "etc" / "systemd" / "system" / "telltale-first-boot.service").read_text()
    assert "ConditionPathExists=/etc/telltale/claim.toml\n" in unit
    assert "/opt/telltale" not in unit
    installed(root, "--uninstall")
    assert not carried.exists()


def test_a_claim_that_cannot_be_used_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    (tmp_path / "claim.toml").write_text('cloud = "https://cloud.example"\ncode = "ABC"\n')
    (tmp_path / "root").mkdir()
    done = run("telltale-edge", "install", "--root", tmp_path / "root", "--claim", tmp_path / "claim.toml")
    assert (done.status, "a code has" in done.err) == (78, True)
    assert files(tmp_path / "root") == {}


def test_an_image_starts_the_daemon_at_its_first_boot_as_its_own_user(tmp_path: Path) -> None:
    installed(tmp_path)
    wants = tmp_path / "etc" / "systemd" / "system" / "multi-user.target.wants"
    links = [wants / name for name in ("telltale-edge.service", "telltale-first-boot.service")]
    assert [str(link.readlink()) for link in links] == [f"/etc/systemd/system/{link.name}" for link in links]
    assert "telltale" in users(tmp_path)
    installed(tmp_path, "--uninstall")
    assert not any(link.is_symlink() for link in links)
    installed(tmp_path, "--uninstall", "--purge")
    assert "telltale" not in users(tmp_path)


def with_networkd(root: Path) -> Path:
    """An image that has systemd-networkd, not enabled; where it is once it is enabled."""
    units = root / "lib" / "systemd" / "system"
    units.mkdir(parents=True)
    wants = "[Install]\nWantedBy=multi-user.target\n"
    (units / "systemd-networkd.service").write_text(wants + "Also=systemd-networkd-wait-online.service\n")
    (units / "systemd-networkd-wait-online.service").write_text("[Install]\nWantedBy=network-online.target\n")
    return root / "etc" / "systemd" / "system" / "multi-user.target.wants" / "systemd-networkd.service"


def test_networkd_is_enabled_for_can0_and_nothing_waits_for_it(tmp_path: Path) -> None:
    enabled = with_networkd(tmp_path)
    installed(tmp_path)
    assert enabled.is_symlink()
    assert not list(tmp_path.rglob("network-online.target.wants/*")), (
        "a box without another link would boot for minutes"
    )
    installed(tmp_path, "--uninstall")
    assert not enabled.is_symlink()


def test_a_networkd_that_was_enabled_before_stays(tmp_path: Path) -> None:
    enabled = with_networkd(tmp_path)
    enabled.parent.mkdir(parents=True)
    enabled.symlink_to("/lib/systemd/system/systemd-networkd.service")
    installed(tmp_path)
    installed(tmp_path, "--uninstall")
    assert enabled.is_symlink()


def test_a_dry_run_does_nothing(tmp_path: Path) -> None:
    told = installed(tmp_path, "--dry-run")
    assert files(tmp_path) == {}
    assert {line.split()[0] for line in told.splitlines()} == {"would"}


def test_a_root_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = run("telltale-edge", "install", "--root", tmp_path / "nowhere")
    assert (done.status, "is no folder" in done.err) == (78, True)


def test_purging_alone_is_refused(tmp_path: Path) -> None:
    done = run("telltale-edge", "install", "--root", tmp_path, "--purge")
    assert (done.status, "--uninstall --purge" in done.err) == (78, True)
