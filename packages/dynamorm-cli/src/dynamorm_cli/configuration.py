"""The table ``[tool.dynamorm]`` of ``pyproject.toml``.

::

    [tool.dynamorm]
    models = ["shop.models"]
    url = "boto3://eu-west-1"
    options = { endpoint_url = "http://localhost:8000" }

    [tool.dynamorm.env.prod]
    url = "boto3://eu-central-1"
    protect = true
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynamorm_cli.statuses import ConfigurationError

FILE = "pyproject.toml"
#: The keys of an environment; those of the table itself are these and ``env``.
KEYS: Mapping[str, type[Any]] = {"app_dir": str, "models": list, "options": dict, "protect": bool, "url": str}
_TYPE_NAMES = {str: "a string", list: "a list of strings", dict: "a table", bool: "true or false"}
#: Names of options that hold credentials: boto3's, and those that other backends are likely to have.
_SECRETS = re.compile(
    r"(aws_)?(access_?key(_?id)?|secret(_?access)?(_?key)?|session_?token)|password|passwd|token|secret|api_?key", re.I
)


@dataclass(frozen=True)
class Configuration:
    """What the file says for one environment."""

    #: The folder of the file; ``None`` if there is none.
    folder: Path | None = None
    #: The name of the environment; ``None`` for none.
    env: str | None = None
    models: tuple[str, ...] = ()
    app_dir: Path | None = None
    url: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    #: Whether a write needs the name of its table to be typed.
    protect: bool = False
    #: Whether the environment that was asked for has a URL or options of its own.
    has_own_target: bool = False
    #: The protected environments: their names, URLs and options.
    protected: tuple[tuple[str, str | None, Mapping[str, Any]], ...] = ()

    def protected_by(self, url: str | None, options: Mapping[str, Any]) -> str | None:
        """Return the protected environment whose URL and options these are, whether or not ``--env`` named it."""
        return next((name for name, *target in self.protected if url and target == [url, options]), None)

    def protected_at(self, place: str) -> str | None:
        """Return the protected environment that is at a *place*, as ``Connection.describe`` returns it."""
        address = place.partition("?")[0]
        return next((name for name, url, options in self.protected if url and address in _places(url, options)), None)


def read_configuration(start: Path, env: str | None) -> Configuration:
    """Read the configuration of the nearest ``pyproject.toml`` that has one, from *start* upwards.

    Raises:
        ConfigurationError: The file can't be read, a key is unknown or has a wrong type, it has credentials, or there
            is no environment *env*.
    """
    folder, table = _nearest(start)
    if folder is not None:
        return _configuration(folder, table, env)
    if env is not None:
        raise ConfigurationError(
            f"--env {env} needs a {FILE} with [tool.dynamorm.env.{env}], and there is none in {start} or above it."
        )
    return Configuration()


def environment_names(start: Path) -> list[str]:
    """Return the names of the environments that :func:`read_configuration` finds from *start*. Raises as that does."""
    environments = _nearest(start)[1].get("env")
    return list(environments) if isinstance(environments, Mapping) else []


def _nearest(start: Path) -> tuple[Path | None, Mapping[str, Any]]:
    """Return the nearest folder whose file has the table, and the table."""
    for folder in (start, *start.parents):
        table = _table(folder / FILE)
        if table is not None:
            return folder, table
    return None, {}


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from error
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    table = tool.get("dynamorm") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise ConfigurationError(f"'tool.dynamorm' in {path} is not a table. Write [tool.dynamorm].")
    return table


def _configuration(folder: Path, table: Mapping[str, Any], env: str | None) -> Configuration:
    path = folder / FILE
    _check(table, "tool.dynamorm", path, {**KEYS, "env": dict})
    environments: Mapping[str, Any] = table.get("env", {})
    for name, settings in environments.items():
        if not isinstance(settings, Mapping):
            raise ConfigurationError(
                f"'{name}' of [tool.dynamorm.env] in {path} is not a table. Write [tool.dynamorm.env.{name}]."
            )
        _check(settings, f"tool.dynamorm.env.{name}", path, KEYS)
    if env is not None and env not in environments:
        known = ", ".join(environments) or "none"
        raise ConfigurationError(
            f"{path} has no environment '{env}'.{_suggestion(env, environments) or f' It has: {known}.'}"
        )
    _check_options(table, environments, path)
    own: Mapping[str, Any] = {} if env is None else environments[env]
    settings, connecting = {**table, **own}, _connecting(table, own)
    protected = (
        (name, _connecting(table, each)) for name, each in environments.items() if {**table, **each}.get("protect")
    )
    return Configuration(
        folder=folder,
        env=env,
        models=tuple(settings.get("models", ())),
        app_dir=folder / settings["app_dir"] if "app_dir" in settings else None,
        url=connecting.get("url"),
        options=connecting.get("options", {}),
        protect=settings.get("protect", False),
        has_own_target=not own.keys().isdisjoint(("url", "options")),
        protected=tuple((name, each.get("url"), each.get("options", {})) for name, each in protected),
    )


def _connecting(table: Mapping[str, Any], environment: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings that have the URL of an *environment*, and its options.

    Options belong to the URL that they stand beside: another backend would not know them.
    """
    return environment if "url" in environment else {**table, **environment}


def _places(url: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how a connection to a *url* may describe itself: an endpoint of AWS is not told, such as that of a VPC."""
    address, endpoint = url.partition("?")[0].rstrip("/"), options.get("endpoint_url")
    return (address, f"{address} at {endpoint}") if endpoint else (address,)


def _check_options(table: Mapping[str, Any], environments: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Raise ``ConfigurationError`` for options without a URL: an endpoint that is left out leads to another place."""
    named = [("tool.dynamorm", table), *((f"tool.dynamorm.env.{name}", each) for name, each in environments.items())]
    for name, settings in named:
        if "options" in settings and "url" not in {**table, **settings}:
            raise ConfigurationError(
                f"The 'options' in [{name}] of {path} have no 'url' that they belong to. Write it beside them, such as "
                'url = "boto3://eu-west-1".'
            )


def _check(settings: Mapping[str, Any], name: str, path: Path, keys: Mapping[str, type[Any]]) -> None:
    for key, value in settings.items():
        if _SECRETS.fullmatch(key):
            raise _credentials(f"'{key}' in [{name}]", path)
        if key not in keys:
            known = ", ".join(sorted(keys))
            hint = _suggestion(key, keys) or f" Known keys: {known}."
            raise ConfigurationError(f"Unknown key '{key}' in [{name}] of {path}.{hint}")
        wanted = keys[key]
        if not isinstance(value, wanted) or (wanted is list and not all(isinstance(each, str) for each in value)):
            raise ConfigurationError(f"'{key}' in [{name}] of {path} must be {_TYPE_NAMES[wanted]}.")
        if value == "":
            raise ConfigurationError(f"'{key}' in [{name}] of {path} is empty. Give it a value, or leave it out.")
    url = settings.get("url", "")
    if re.match(r"[^/]*//[^/]*:[^/]*@", url):
        raise _credentials(f"The 'url' in [{name}]", path)
    for secret in _secrets_in(settings.get("options", {})):
        raise _credentials(f"The option '{secret}' in [{name}]", path)


def _secrets_in(options: Mapping[str, Any]) -> Iterable[str]:
    for key, value in options.items():
        if _SECRETS.fullmatch(key):
            yield key
        elif isinstance(value, Mapping):
            yield from _secrets_in(value)


def _credentials(what: str, path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{what} of {path} holds credentials, which don't belong into a file that is committed. Remove it, and let the "
        "backend find them: boto3 looks into environment variables, profiles and roles. An option 'profile_name' names "
        "a profile."
    )


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f" Did you mean '{close[0]}'?" if close else ""
