"""`telltale-models`: arguments only."""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from edge.errors import EXIT_CONFIG, ConfigError, EdgeError
from models.recipe import PACKAGES, RECIPES, Role

if TYPE_CHECKING:
    from models.recipe import Recipe
    from models.sensors.recipe import SensorsRecipe

EXIT_FAILED: Final = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 78 when a file or an argument cannot be used, or 1 when a model does not pass."""
    options = _parser().parse_args(arguments)
    try:
        print(options.command(options), end="")
    except ConfigError as error:
        print(f"telltale-models: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except EdgeError as error:
        print(f"telltale-models: {error}", file=sys.stderr)
        return EXIT_FAILED
    return 0


def _recipe(options: argparse.Namespace) -> "tuple[Recipe, Path]":
    from models.recipe import load_recipe  # noqa: PLC0415  # `--help` needs none of it

    file = options.config or RECIPES / f"{options.name}.toml"
    return load_recipe(file), file


def _drives(options: argparse.Namespace) -> str:
    from models.recordings import ROLES, record  # noqa: PLC0415  # `--help` needs none of it

    if _is_of_sensors(options):
        from models.sensors.making import record_drives  # noqa: PLC0415  # `--help` needs none of it

        sensors, _ = _sensors_recipe(options)
        return f"{len(record_drives(sensors, options.out, jobs=options.jobs))} drives\n"
    recipe, _ = _recipe(options)
    return f"{record(recipe, options.out, roles=options.role or ROLES, jobs=options.jobs)} drives\n"


def _train(options: argparse.Namespace) -> str:
    _check_key(options)
    return _trained(options) + _sealed(options, options.out)


def _trained(options: argparse.Namespace) -> str:
    if options.name == "intents":
        return _train_intents(options)
    if options.data is not None:
        return _train_sensors(options) if _is_of_sensors(options) else _train_rul(options)
    if options.drives is None or options.calibration is None:
        options.parser.error("the following arguments are required: --drives and --calibration, or --data")
    from models.making import make  # noqa: PLC0415  # `--help` needs none of it

    recipe, file = _recipe(options)
    return make(recipe, file, options.drives, options.calibration, options.out)


def _is_of_sensors(options: argparse.Namespace) -> bool:
    """Whether the recipe is one of virtual sensors: it has a plan."""
    file = options.config or RECIPES / f"{options.name}.toml"
    try:
        return "plan" in tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return False  # whoever reads it as a recipe says what is wrong with it


def _train_sensors(options: argparse.Namespace) -> str:
    from models.sensors.making import make_sensors  # noqa: PLC0415  # `--help` needs none of it

    recipe, file = _sensors_recipe(options)
    return make_sensors(recipe, file, options.data, options.out, _say)


def _sensors_recipe(options: argparse.Namespace) -> "tuple[SensorsRecipe, Path]":
    from models.sensors.recipe import load_sensors_recipe  # noqa: PLC0415  # `--help` needs none of it

    file = options.config or RECIPES / f"{options.name}.toml"
    return load_sensors_recipe(file), file


def _train_rul(options: argparse.Namespace) -> str:
    from models.rul.making import make_rul  # noqa: PLC0415  # `--help` needs none of it
    from models.rul.recipe import load_rul_recipe  # noqa: PLC0415  # `--help` needs none of it

    if options.drives is not None or options.calibration is not None:
        options.parser.error("argument --data: not allowed with --drives or --calibration")
    file = options.config or RECIPES / f"{options.name}.toml"
    return make_rul(load_rul_recipe(file), file, _one_file(options), options.out)


def _train_intents(options: argparse.Namespace) -> str:
    from models.intents.making import make_intents  # noqa: PLC0415  # `--help` needs none of it
    from models.intents.recipe import load_intent_recipe  # noqa: PLC0415  # `--help` needs none of it

    if options.drives is not None or options.calibration is not None:
        options.parser.error("argument --drives, --calibration: intents learn from utterances")
    file = options.config or RECIPES / f"{options.name}.toml"
    data = None if options.data is None else _one_file(options)
    return make_intents(load_intent_recipe(file), file, data, options.out)


def _one_file(options: argparse.Namespace) -> Path:
    if len(options.data) > 1:
        options.parser.error("argument --data: one file, but for virtual sensors")
    return Path(options.data[0])


def _predict(options: argparse.Namespace) -> str:
    from models.rul.making import predict_rul  # noqa: PLC0415  # `--help` needs none of it

    return predict_rul(options.model, options.data, options.out)


def _check_key(options: argparse.Namespace) -> None:
    from models.signing import check_key  # noqa: PLC0415  # `--help` needs none of it

    check_key(options.key)


def _sealed(options: argparse.Namespace, package: Path) -> str:
    """Whoever writes a card makes the signature anew, or takes it away."""
    from models.signing import seal  # noqa: PLC0415  # `--help` needs none of it

    return seal(package, options.key)


def _key(options: argparse.Namespace) -> str:
    from models.signing import make_key  # noqa: PLC0415  # `--help` needs none of it

    return make_key(options.out)


def _sign(options: argparse.Namespace) -> str:
    from models.signing import sign  # noqa: PLC0415  # `--help` needs none of it

    return sign(options.package, options.key)


def _verify(options: argparse.Namespace) -> str:
    from models.signing import verify  # noqa: PLC0415  # `--help` needs none of it

    return verify(options.package, options.key)


def _evaluate(options: argparse.Namespace) -> str:
    if options.data is not None and options.key is not None:
        options.parser.error("argument --key: signs a package, and --data judges without one")
    if options.data is not None and _is_of_sensors(options):
        return _evaluate_sensors(options)
    if options.data is not None:
        return _evaluate_testbed(options)
    if options.package is None or options.healthy is None or options.leaks is None:
        options.parser.error("the following arguments are required: --package, --healthy and --leaks, or --data")
    from models.making import assess  # noqa: PLC0415  # `--help` needs none of it

    _check_key(options)
    recipe, _ = _recipe(options)
    said = assess(recipe, options.package, options.healthy, options.leaks, jobs=options.jobs)
    return said + _sealed(options, options.package)


def _evaluate_sensors(options: argparse.Namespace) -> str:
    from models.sensors.assessing import assess_sensors  # noqa: PLC0415  # `--help` needs none of it

    file = options.config or RECIPES / f"{options.name}.toml"
    injections = options.injections or RECIPES / "injections.toml"
    return assess_sensors(file, injections, options.data, options.elsewhere, _say, develop=options.develop)


def _evaluate_testbed(options: argparse.Namespace) -> str:
    from models.testbed.judging import assess_testbed  # noqa: PLC0415  # `--help` needs none of it
    from models.testbed.recipe import load_testbed_recipe  # noqa: PLC0415  # `--help` needs none of it

    if options.package is not None or options.healthy is not None or options.leaks is not None:
        options.parser.error("argument --data: not allowed with --package, --healthy or --leaks")
    file = options.config or RECIPES / f"{options.name}.toml"
    return assess_testbed(load_testbed_recipe(file), file, _one_file(options), develop_only=options.develop)


def _card(options: argparse.Namespace) -> str:
    from edge.detect.card import card_bytes, load_card  # noqa: PLC0415  # `--help` needs none of it
    from edge.detect.sensors.card import KIND, kind_of, load_sensors_card  # noqa: PLC0415  # likewise
    from models.sensors.tables import sensors_text  # noqa: PLC0415  # likewise
    from models.tables import card_text  # noqa: PLC0415  # likewise

    card = card_bytes(options.package)
    if kind_of(card) == KIND:
        return sensors_text(load_sensors_card(options.package, card))
    return card_text(load_card(options.package, card))


def _build(options: argparse.Namespace) -> str:
    if _is_of_sensors(options):
        from models.sensors.making import build_sensors  # noqa: PLC0415  # `--help` needs none of it

        sensors, file = _sensors_recipe(options)
        _check_key(options)
        out = options.out or PACKAGES / sensors.name
        return build_sensors(sensors, file, options.drives, out, _say, jobs=options.jobs) + _sealed(options, out)
    from models.making import build  # noqa: PLC0415  # `--help` needs none of it

    _check_key(options)
    recipe, file = _recipe(options)
    out = options.out or PACKAGES / recipe.name
    return build(recipe, file, options.drives, out, jobs=options.jobs) + _sealed(options, out)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale-models", description="Makes and judges the models that ship.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("name", help="which model, e.g. coolant")
    named.add_argument("--config", type=Path, metavar="FILE.toml", help="its recipe, unless models/recipes/<name>.toml")
    several = argparse.ArgumentParser(add_help=False)
    several.add_argument("--jobs", type=int, default=1, metavar="N", help="how many drives at a time")
    sealing = argparse.ArgumentParser(add_help=False)
    sealing.add_argument("--key", type=Path, metavar="FILE", help="private key that signs the package")
    _add_steps(commands, named, several, sealing)
    build = commands.add_parser("build", parents=[named, several, sealing], help="all of it, from drives on")
    build.set_defaults(command=_build)
    build.add_argument("--drives", type=Path, required=True, metavar="DIR", help="folder for the recordings (0.3 GB)")
    build.add_argument("--out", type=Path, metavar="DIR", help="package, unless models/packages/<name>")
    card = commands.add_parser("card", help="a package's card for people")
    card.set_defaults(command=_card)
    card.add_argument("package", type=Path, metavar="DIR")
    _add_signing(commands)
    return parser


def _add_signing(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    key = commands.add_parser("key", help="a new pair of keys: one signs packages, vehicles get the other")
    key.set_defaults(command=_key)
    key.add_argument("--out", type=Path, required=True, metavar="FILE", help="private key; the public one lies beside")
    for name, command, half in (("sign", _sign, "private"), ("verify", _verify, "public")):
        parser = commands.add_parser(name, help=f"{name} a package")
        parser.set_defaults(command=command)
        parser.add_argument("package", type=Path, metavar="DIR")
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help=f"{half} key")


def _add_steps(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    named: argparse.ArgumentParser,
    several: argparse.ArgumentParser,
    sealing: argparse.ArgumentParser,
) -> None:
    drives = commands.add_parser("drives", parents=[named, several], help="simulate the recipe's drives")
    drives.set_defaults(command=_drives)
    drives.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the recordings")
    drives.add_argument(
        "--role", action="append", choices=get_args(Role), help="only this part of the recipe; repeatable"
    )
    train = commands.add_parser("train", parents=[named, sealing], help="train, choose the threshold, export, check")
    train.set_defaults(command=_train, parser=train)
    for option, what in (("--drives", "healthy drives to learn from"), ("--calibration", "others for the threshold")):
        train.add_argument(option, type=Path, nargs="+", metavar="FILE", help=f"{what} (coolant)")
    train.add_argument(
        "--data",
        nargs="+",
        metavar="FILE",
        help="run-to-failure table (rul), utterances, unless ours (intents), or healthy drives of virtual sensors: "
        "table:FILE[?map=columns.toml] or rows of telltale-edge decode --out, several",
    )
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="package to write")
    predict = commands.add_parser("predict", help="how many cycles the units of a table have left")
    predict.set_defaults(command=_predict)
    predict.add_argument("name", choices=["rul"], help="which kind of model")
    predict.add_argument("--model", type=Path, required=True, metavar="DIR", help="what train wrote")
    predict.add_argument("--data", type=Path, required=True, metavar="FILE", help="table of their cycles so far")
    predict.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="unit, rul, lower, upper")
    evaluate = commands.add_parser(
        "evaluate", parents=[named, several, sealing], help="judge a package on unseen drives"
    )
    evaluate.set_defaults(command=_evaluate, parser=evaluate)
    evaluate.add_argument("--package", type=Path, metavar="DIR")
    for option, what in (("--healthy", "healthy drives"), ("--leaks", "leaking ones, their truth beside them")):
        evaluate.add_argument(option, type=Path, nargs="+", metavar="FILE", help=what)
    evaluate.add_argument(
        "--data",
        nargs="+",
        metavar="FILE",
        help="labelled runs of a test bed (skab), or drives of one car, the oldest first (virtual sensors)",
    )
    evaluate.add_argument("--develop", action="store_true", help="look only at what its recipe was chosen on")
    evaluate.add_argument("--injections", type=Path, metavar="FILE.toml", help="faults, unless recipes/injections.toml")
    evaluate.add_argument("--elsewhere", metavar="SOURCE", help="drives of another car (virtual sensors)")


if __name__ == "__main__":
    sys.exit(main())
