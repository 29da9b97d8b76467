"""`telltale-edge rules`: rule files looked at, and tried out with the tests that somebody wrote for them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edge import assets
from edge.decode.database import load_database
from edge.detect.rules.rule import Refused, Rule, load_rules, untranslated
from edge.detect.rules.spoken import AS_WRITTEN, Tongue
from edge.detect.rules.written import YAML, read_yaml
from edge.errors import ConfigError
from edge.profile import MappedDatabase, Profile, placed
from edge.signals import Signal
from edge.toml_file import checked, read_toml
from edge.trial import TestFile, try_out

SEE = "edge/README.md, rules"


@dataclass(frozen=True, slots=True)
class Looked:
    """What rule files hold."""

    rules: Sequence[Rule]
    refused: Sequence[Refused]

    def text(self) -> str:
        """For a person: each refused rule on a line, each without a translation, and how many can be used."""
        lines = [*map(str, self.refused), *untranslated(self.rules)]
        return "\n".join([*lines, f"{len(self.rules)} rules can be used, {len(self.refused)} cannot"]) + "\n"

    def as_json(self) -> str:
        """For a program."""
        refused = [{**asdict(one), "file": str(one.file)} for one in self.refused]
        rules = [
            {
                "alert": one.concern.rule,
                "component": one.concern.component,
                "severity": one.concern.severity,
                "action": one.concern.action,
                "signals": one.paths,
                "reason": one.reason,
                "untranslated": one.foreign,
            }
            for one in self.rules
        ]
        return json.dumps({"rules": rules, "refused": refused}, ensure_ascii=False, indent=2) + "\n"


def look(names: Sequence[str], profile: str | None, databases: Sequence[Path], words: Tongue = AS_WRITTEN) -> Looked:
    """The rules of files (or shipped packs), checked against the catalogue, and a vehicle's databases where given.

    `words`: the language of its cab.

    Raises:
        ConfigError: a file is missing, or is none.
    """
    files = [assets.rule_file(name, Path.cwd()) for name in names]
    units = _units(profile, databases) if profile or databases else None
    return Looked(*load_rules(files, units, words))


def _units(profile: str | None, databases: Sequence[Path]) -> Mapping[str, str]:
    named: list[Path | MappedDatabase] = list(databases)
    if profile:
        file = assets.profile_file(profile, Path.cwd())
        read = read_toml(Profile, file, what="profile", see="dbc/README.md, profiles")
        every = [*read.databases, *(one for bus in read.bus for one in bus.databases)]
        named += [placed(one, file.resolve().parent) for one in every]
    return {signal.path: signal.unit for one in named for signal in _loaded(one)}


def _loaded(one: Path | MappedDatabase) -> Sequence[Signal]:
    if isinstance(one, MappedDatabase):
        return load_database(one.file, one.mapping).signals
    return load_database(one).signals


def try_files(names: Sequence[str]) -> Iterator[str]:
    """A line for each test that fails, for each rule that cannot be used, and one for all that passed.

    Raises:
        ConfigError: a file is missing, or is none.
    """
    passed = 0
    for name in names:
        file = Path(name)
        tests = read_tests(file)
        rules, refused = load_rules([assets.rule_file(one, file.resolve().parent) for one in tests.rules])
        yield from (f"{one}" for one in refused)
        for test in tests.test:
            failures = try_out(rules, test)
            passed += not failures
            yield from (f"{file}: {failure}" for failure in failures)
    yield f"{passed} tests passed"


def read_tests(file: Path) -> TestFile:
    """A file of tests, TOML or YAML.

    Raises:
        ConfigError: it is missing, or something in it cannot be.
    """
    if file.suffix not in YAML:
        return read_toml(TestFile, file, what="rule tests", see=SEE)
    tables, _ = read_yaml(file)
    if not isinstance(tables, Mapping):
        raise ConfigError("holds no tests", file=file, remedy=f"See {SEE}")
    return checked(TestFile, tables, file, see=SEE)
