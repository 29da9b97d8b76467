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
    return make_sensors(recipe, file, options.data, options.out)


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


def _evaluate(options: argparse.Namespace) -> str:
    if options.data is not None and _is_of_sensors(options):
        return _evaluate_sensors(options)
    if options.data is not None:
        return _evaluate_testbed(options)
    if options.package is None or options.healthy is None or options.leaks is None:
        options.parser.error("the following arguments are required: --package, --healthy and --leaks, or --data")
    from models.making import assess  # noqa: PLC0415  # `--help` needs none of it

    recipe, _ = _recipe(options)
    return assess(recipe, options.package, options.healthy, options.leaks, jobs=options.jobs)


def _evaluate_sensors(options: argparse.Namespace) -> str:
    from models.sensors.assessing import assess_sensors  # noqa: PLC0415  # `--help` needs none of it

    file = options.config or RECIPES / f"{options.name}.toml"
    injections = options.injections or RECIPES / "injections.toml"
    return assess_sensors(file, injections, str(options.data), options.elsewhere, develop=options.develop)


def _evaluate_testbed(options: argparse.Namespace) -> str:
    from models.testbed.judging import assess_testbed  # noqa: PLC0415  # `--help` needs none of it
    from models.testbed.recipe import load_testbed_recipe  # noqa: PLC0415  # `--help` needs none of it

    if options.package is not None or options.healthy is not None or options.leaks is not None:
        options.parser.error("argument --data: not allowed with --package, --healthy or --leaks")
    file = options.config or RECIPES / f"{options.name}.toml"
    return assess_testbed(load_testbed_recipe(file), file, Path(options.data), develop_only=options.develop)


def _card(options: argparse.Namespace) -> str:
    from edge.detect.card import load_card  # noqa: PLC0415  # `--help` needs none of it
    from edge.detect.sensors.card import KIND, kind_of, load_sensors_card  # noqa: PLC0415  # likewise
    from models.sensors.tables import sensors_text  # noqa: PLC0415  # likewise
    from models.tables import card_text  # noqa: PLC0415  # likewise

    if kind_of(options.package) == KIND:
        return sensors_text(load_sensors_card(options.package))
    return card_text(load_card(options.package))


def _build(options: argparse.Namespace) -> str:
    if _is_of_sensors(options):
        from models.sensors.making import build_sensors  # noqa: PLC0415  # `--help` needs none of it

        sensors, file = _sensors_recipe(options)
        return build_sensors(sensors, file, options.drives, options.out or PACKAGES / sensors.name, jobs=options.jobs)
    from models.making import build  # noqa: PLC0415  # `--help` needs none of it

    recipe, file = _recipe(options)
    return build(recipe, file, options.drives, options.out or PACKAGES / recipe.name, jobs=options.jobs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale-models", description="Makes and judges the models that ship.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("name", help="which model, e.g. coolant")
    named.add_argument("--config", type=Path, metavar="FILE.toml", help="its recipe, unless models/recipes/<name>.toml")
    several = argparse.ArgumentParser(add_help=False)
    several.add_argument("--jobs", type=int, default=1, metavar="N", help="how many drives at a time")
    _add_steps(commands, named, several)
    build = commands.add_parser("build", parents=[named, several], help="all of it: drives, train, evaluate (coolant)")
    build.set_defaults(command=_build)
    build.add_argument("--drives", type=Path, required=True, metavar="DIR", help="folder for the recordings (0.3 GB)")
    build.add_argument("--out", type=Path, metavar="DIR", help="package, unless models/packages/<name>")
    card = commands.add_parser("card", help="a package's card for people")
    card.set_defaults(command=_card)
    card.add_argument("package", type=Path, metavar="DIR")
    return parser


def _add_steps(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    named: argparse.ArgumentParser,
    several: argparse.ArgumentParser,
) -> None:
    drives = commands.add_parser("drives", parents=[named, several], help="simulate the recipe's drives")
    drives.set_defaults(command=_drives)
    drives.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the recordings")
    drives.add_argument(
        "--role", action="append", choices=get_args(Role), help="only this part of the recipe; repeatable"
    )
    train = commands.add_parser("train", parents=[named], help="train, choose the threshold, export, check")
    train.set_defaults(command=_train, parser=train)
    for option, what in (("--drives", "healthy drives to learn from"), ("--calibration", "others for the threshold")):
        train.add_argument(option, type=Path, nargs="+", metavar="FILE", help=f"{what} (coolant)")
    train.add_argument(
        "--data",
        nargs="+",
        metavar="FILE",
        help="run-to-failure table (rul), utterances, unless ours (intents), or healthy drives of virtual sensors: "
        "table:FILE[?map=columns.toml] or a recorded log, several",
    )
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="package to write")
    predict = commands.add_parser("predict", help="how many cycles the units of a table have left")
    predict.set_defaults(command=_predict)
    predict.add_argument("name", choices=["rul"], help="which kind of model")
    predict.add_argument("--model", type=Path, required=True, metavar="DIR", help="what train wrote")
    predict.add_argument("--data", type=Path, required=True, metavar="FILE", help="table of their cycles so far")
    predict.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="unit, rul, lower, upper")
    evaluate = commands.add_parser("evaluate", parents=[named, several], help="judge a package on unseen drives")
    evaluate.set_defaults(command=_evaluate, parser=evaluate)
    evaluate.add_argument("--package", type=Path, metavar="DIR")
    for option, what in (("--healthy", "healthy drives"), ("--leaks", "leaking ones, their truth beside them")):
        evaluate.add_argument(option, type=Path, nargs="+", metavar="FILE", help=what)
    evaluate.add_argument(
        "--data", metavar="FILE", help="labelled runs of a test bed (skab), or drives of one car (virtual sensors)"
    )
    evaluate.add_argument("--develop", action="store_true", help="look only at what its recipe was chosen on")
    evaluate.add_argument("--injections", type=Path, metavar="FILE.toml", help="faults, unless recipes/injections.toml")
    evaluate.add_argument("--elsewhere", metavar="SOURCE", help="drives of another car (virtual sensors)")


if __name__ == "__main__":
    sys.exit(main())
