"""``dynamorm export``: models as CloudFormation templates, Terraform configurations and IAM policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from dynamorm_cli.group import command
from dynamorm_cli.statuses import Misused

if TYPE_CHECKING:
    from dynamorm.operate.model_names import ModelClass
    from dynamorm_cli.context import Context

#: What each option is for, by its argument.
TARGETS = {
    "yaml": ("cloudformation",),
    "fragment": ("cloudformation",),
    "import_existing": ("terraform",),
    "provider_before_6_29": ("terraform",),
    "name_parameter": ("cloudformation", "terraform"),
    "ids": ("cloudformation", "terraform"),
    "purpose": ("iam",),
    "scan": ("iam",),
    "leading_keys": ("iam",),
    "partition": ("iam",),
    "region": ("iam",),
    "account": ("iam",),
}


class Given(TypedDict):
    """The options of the command, by their arguments."""

    yaml: bool
    fragment: bool
    import_existing: bool
    provider_before_6_29: bool
    name_parameter: bool
    ids: tuple[str, ...]
    purpose: str | None
    scan: bool
    leading_keys: tuple[str, ...]
    partition: str | None
    region: str | None
    account: str | None


@command()
@click.argument("models", nargs=-1)
@click.option(
    "--to", "target", type=click.Choice(("cloudformation", "terraform", "iam")), required=True, help="What to print."
)
@click.option("--yaml", is_flag=True, help="CloudFormation: YAML instead of JSON.")
@click.option("--fragment", is_flag=True, help="CloudFormation: only the resources, for SAM and serverless.yml.")
@click.option(
    "--import", "import_existing", is_flag=True, help="Terraform: an import block for each table that exists."
)
@click.option(
    "--provider-before-6.29", "provider_before_6_29", is_flag=True, help="Terraform: for an old provider of AWS."
)
@click.option("--name-parameter", is_flag=True, help="Take the name of each table from a parameter, or a variable.")
@click.option("--id", "ids", multiple=True, metavar="TABLE=ID", help="The id of a table, if its name does not make it.")
@click.option("--for", "purpose", metavar="PURPOSE", help="IAM: app (by default), reader, plan, apply, dump or load.")
@click.option("--scan", is_flag=True, help="IAM: allow scans, too.")
@click.option(
    "--leading-key",
    "leading_keys",
    multiple=True,
    metavar="PATTERN",
    help="IAM: only items with such hash keys: 'TENANT#${aws:PrincipalTag/tenant}#*'.",
)
@click.option("--partition", metavar="NAME", help="IAM: the partition of the tables, by default aws.")
@click.option("--region", metavar="NAME", help="IAM: the region of the tables, by default each.")
@click.option("--account", metavar="NUMBER", help="IAM: the account of the tables, by default each.")
def export(context: Context, models: tuple[str, ...], target: str, **given: Unpack[Given]) -> None:
    """Print MODELS, such as shop.models or shop.models:Book,Order, for another tool.

    Terraform's language is printed, or with --json a file *.tf.json; the others are JSON. What an IAM policy does not
    allow is said on stderr. Nothing is sent, except with --import, which asks whether the tables exist.
    """
    _check(context, target, given)
    found = context.find_models(models)
    if target == "cloudformation":
        _print_template(context, found, given)
    elif target == "terraform":
        _print_configuration(context, found, given)
    else:
        _print_policy(context, found, given)


def _check(context: Context, target: str, given: Given) -> None:
    options = {parameter.name: parameter.opts[0] for parameter in export.params}
    for argument, value in given.items():
        if value not in (None, False, ()) and target not in TARGETS[argument]:
            context.usage_error(f"{options[argument]} is for --to {' and --to '.join(TARGETS[argument])}.")
    if given["yaml"] and context.json:
        context.usage_error("--yaml and --json contradict each other.")
    if given["purpose"] == "events":
        context.usage_error("--for events is not there yet: a later release reads streams.")


@contextmanager
def _fitting_options(models: list[ModelClass], prefix: str | None) -> Iterator[None]:
    """Let what is wrong in a block be wrong usage, unless it is wrong with the *models* whatever the options are."""
    from dynamorm.exceptions import DynaModelException
    from dynamorm.operate.export.tables import tables_of

    tables_of(models, "export", prefix)
    try:
        yield
    except DynaModelException as error:
        if type(error) is not DynaModelException:
            raise
        raise Misused(str(error), name=type(error).__name__) from error


def _print_template(context: Context, models: list[ModelClass], given: Given) -> None:
    from dynamorm.operate.export import cloudformation
    from dynamorm_cli.table_names import names_without_connecting

    with names_without_connecting(context) as prefix, _fitting_options(models, prefix):
        template = cloudformation(models, table_prefix=prefix, **_tables(context, given))
    text = template.yaml if given["yaml"] else template.json
    context.out.text(text(fragment=given["fragment"]).rstrip("\n"))


def _print_configuration(context: Context, models: list[ModelClass], given: Given) -> None:
    from dynamorm.operate.export import existing_tables, terraform
    from dynamorm_cli.table_names import names_without_connecting

    imported: tuple[str, ...] = ()
    if given["import_existing"]:
        imported = existing_tables(models, backend=context.connect())
    with names_without_connecting(context) as prefix, _fitting_options(models, prefix):
        configuration = terraform(
            models,
            table_prefix=prefix,
            imported=imported,
            provider_before_6_29=given["provider_before_6_29"],
            **_tables(context, given),
        )
    context.out.text((configuration.json() if context.json else configuration.hcl()).rstrip("\n"))


def _tables(context: Context, given: Given) -> dict[str, Any]:
    ids = {}
    for each in given["ids"]:
        table, equals, identifier = each.partition("=")
        if not equals:
            context.usage_error(f"--id takes a table and its id, as in --id books=BookTable, not '{each}'.")
        ids[table] = identifier
    return {"name_parameter": given["name_parameter"], "ids": ids}


def _print_policy(context: Context, models: list[ModelClass], given: Given) -> None:
    from dynamorm.operate.export import iam
    from dynamorm_cli.table_names import names_without_connecting

    purpose: Any = "app" if given["purpose"] is None else given["purpose"]
    place = {"partition": given["partition"], "region": given["region"], "account": given["account"]}
    with names_without_connecting(context) as prefix, _fitting_options(models, prefix):
        policy = iam(
            models,
            purpose,
            scan=given["scan"],
            leading_keys=given["leading_keys"],
            table_prefix=prefix,
            # One that is empty, because a variable is not set, is an error, and not the default.
            **{name: value for name, value in place.items() if value is not None},
        )
    context.out.text(policy.json().rstrip("\n"))
    for note in policy.notes:
        context.out.note(f"# {note}")
