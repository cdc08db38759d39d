"""IAM policies for what programs and commands do with the tables of models.

See "Actions, resources, and condition keys for Amazon DynamoDB" in the Service Authorization Reference, and "Using IAM
policy conditions for fine-grained access control" in the developer guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeAlias, get_args

from dynamorm.data.records import record
from dynamorm.exceptions import DynaModelException
from dynamorm.operate.export.access import READS, SCAN, WRITES, Use, uses_of
from dynamorm.operate.export.key_patterns import KeyPattern
from dynamorm.operate.export.leading_keys import limited
from dynamorm.operate.export.tables import tables_of

#: Who needs a policy: a program that reads and writes, one that only reads, or a command of ``dynamorm``.
Purpose: TypeAlias = Literal["app", "reader", "plan", "apply", "dump", "load"]

_COMPARING: Final = ("DescribeTable", "DescribeTimeToLive", "ListTagsOfResource")
#: What the commands send to tables; none of them reads an index.
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "plan": _COMPARING,
    "apply": (*_COMPARING, "CreateTable", "UpdateTable", "UpdateTimeToLive", "TagResource", "UntagResource"),
    "dump": (*_COMPARING, "Scan"),
    "load": ("DescribeTable", "BatchWriteItem", "PutItem"),
}
_NOTES: Final[Mapping[str, str]] = {
    "plan": "plan --all also lists the tables of the account: it needs dynamodb:ListTables, on the resource '*'.",
    "load": "load --create also needs the policy --for apply, and load --check needs dynamodb:BatchGetItem.",
}
_NO_SCAN: Final = "Scans are not allowed: scan, count of a whole table, check and reindex need scan (--scan)."
#: What the parts of a table's ARN are.
_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "partition": ("aws[a-z-]*", "aws, or such as aws-cn"),
    "region": (r"[a-z0-9*-]+", "the name of a region, such as eu-west-1, or '*' for each"),
    "account": (r"[0-9]{12}|\*", "12 digits, or '*' for each"),
}
#: The characters of a managed policy, without white space: "IAM and AWS STS quotas".
_MOST_CHARACTERS: Final = 6144


@record
class IamPolicy:
    """An IAM policy.

    Attributes:
        document: The policy, to be written as JSON.
        notes: What the policy does not allow, or why it allows more than the tables of the models, in words.
    """

    document: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def json(self) -> str:
        """Return the policy as JSON text."""
        return json.dumps(self.document, ensure_ascii=False, indent=2) + "\n"


def iam(
    models: Iterable[Any],
    purpose: Purpose = "app",
    *,
    scan: bool = False,
    leading_keys: Sequence[str] = (),
    table_prefix: str | None = None,
    partition: str = "aws",
    region: str = "*",
    account: str = "*",
) -> IamPolicy:
    """Return the IAM policy that a program, or a command, needs for the tables of *models*. Nothing is sent.

    Args:
        models: Models that have a table, and shared tables, which stand for all of their models.
        purpose: ``"app"`` for a program that reads and writes items, ``"reader"`` for one that only reads; ``"plan"``,
            ``"apply"``, ``"dump"`` and ``"load"`` for the commands of these names.
        scan: Allow scans, of tables and of indexes, too. Only for ``"app"`` and ``"reader"``.
        leading_keys: Patterns of hash keys, such as ``"TENANT#${aws:PrincipalTag/tenant}#*"``: only items with such
            keys can be read and written. An index whose keys don't begin like that is left out. Only for ``"app"`` and
            ``"reader"``, and never together with *scan*, which such a condition does not limit.
        table_prefix: What to put before the names of the tables; ``None`` for the prefix of the connection in force.
        partition: The partition of the tables' ARNs: ``"aws"``, ``"aws-cn"``, ``"aws-us-gov"``.
        region: The region of the tables, by default each.
        account: The number of the account of the tables, by default each, which is the one of the role or user that
            has the policy, unless other accounts grant it access.

    Raises:
        DynaModelException: Something else than a model is given, arguments don't go together, an ARN can't have a
            part, or no table has keys of a pattern.
        UnknownModel: A relationship refers to a model that is not defined.
    """
    if purpose not in get_args(Purpose):
        raise _unknown(purpose)
    if not isinstance(models, (str, type)) and isinstance(models, Iterable):
        models = list(models)
    _check_place({"partition": partition, "region": region, "account": account})
    tables = tables_of(models, "export.iam", table_prefix)
    arn = f"arn:{partition}:dynamodb:{region}:{account}:table/"
    if purpose in _COMMANDS:
        if scan or leading_keys:
            raise DynaModelException(
                f"A policy for {purpose} has neither scan nor leading_keys, which are for those of app and reader."
            )
        statement = _statement("Tables", _COMMANDS[purpose], [f"{arn}{table.name}" for table in tables])
        return _policy([statement], [_NOTES[purpose]] if purpose in _NOTES else [])
    patterns = [KeyPattern(each) for each in _listed(leading_keys)]
    if scan and patterns:
        raise DynaModelException(
            "A policy can't allow scans and limit them to leading keys: a scan names no key, and such a condition "
            "lets through a request without one. Leave out scan, or leading_keys."
        )
    uses = uses_of(models, writes=purpose == "app", scan=scan, table_prefix=table_prefix)
    notes = _reasons(uses) if scan else [_NO_SCAN, *_reasons(uses)]
    condition = None
    if patterns:
        uses, denied = limited(uses, patterns)
        notes += denied
        condition = {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [each.text for each in patterns]},
            # ForAllValues holds for a request without the key: then this does not.
            "Null": {"dynamodb:LeadingKeys": "false"},
        }
    return _policy(_statements(uses, arn, condition), notes)


def _check_place(parts: Mapping[str, str]) -> None:
    """Raise ``DynaModelException`` for a part of ARNs that no table's ARN has: the policy would allow nothing."""
    for name, value in parts.items():
        pattern, rule = _PLACES[name]
        # A template may put in its own value, as Fn::Sub does.
        if not re.fullmatch(rf"{pattern}|\$\{{[^{{}}]+\}}", value):
            raise DynaModelException(f"'{value}' can't be the {name} of the tables' ARNs: it is {rule}.")


def _unknown(purpose: str) -> DynaModelException:
    later = " Policies for events are not there yet: a later release reads streams." if purpose == "events" else ""
    close = get_close_matches(str(purpose), get_args(Purpose), n=1)
    hint = f" Did you mean '{close[0]}'?" if close else later
    return DynaModelException(
        f"There is no policy for '{purpose}'. Those are for {', '.join(get_args(Purpose))}.{hint}"
    )


def _listed(leading_keys: object) -> Sequence[str]:
    if isinstance(leading_keys, str):
        return (leading_keys,)
    if isinstance(leading_keys, Sequence) and all(isinstance(each, str) for each in leading_keys):
        return leading_keys
    raise DynaModelException("leading_keys is a list of strings, such as ['TENANT#${aws:PrincipalTag/tenant}#*'].")


def _reasons(uses: Iterable[Use]) -> list[str]:
    """Return why a policy has tables that are not those of its models."""
    own = {use.table for use in uses if use.is_own}
    reasons: dict[str, list[str]] = {}
    for use in uses:
        if use.table not in own:
            reasons.setdefault(use.table, []).append(use.what)
    return [f"The table '{table}' is there because of {', '.join(dict.fromkeys(by))}." for table, by in reasons.items()]


def _statements(uses: Iterable[Use], arn: str, condition: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return one statement for all tables, or indexes, with which the same is done."""
    allowed: dict[str, set[str]] = {}
    for use in uses:
        resource = f"{arn}{use.table}" if use.index is None else f"{arn}{use.table}/index/{use.index}"
        allowed.setdefault(resource, set()).update(use.actions)
    grouped: dict[tuple[bool, frozenset[str]], list[str]] = {}
    for resource, actions in allowed.items():
        grouped.setdefault(("/index/" in resource, frozenset(actions)), []).append(resource)
    order = (*READS, *SCAN, *WRITES)
    statements, counts = [], {"Tables": 0, "Indexes": 0}
    for (is_index, names), resources in grouped.items():
        kind = "Indexes" if is_index else "Tables"
        counts[kind] += 1
        sid = kind if counts[kind] == 1 else f"{kind}{counts[kind]}"
        statements.append(_statement(sid, sorted(names, key=order.index), resources, condition))
    return statements


def _statement(
    sid: str, actions: Iterable[str], resources: Sequence[str], condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": [f"dynamodb:{action}" for action in actions],
        "Resource": list(resources),
    }
    return statement if condition is None else {**statement, "Condition": condition}


def _policy(statements: Sequence[Mapping[str, Any]], notes: Iterable[str]) -> IamPolicy:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    size = sum(not character.isspace() for character in json.dumps(document))
    long = f"The policy has {size} characters; a managed policy has at most {_MOST_CHARACTERS}. Export fewer models."
    return IamPolicy(document, (*notes, *((long,) if size > _MOST_CHARACTERS else ())))
