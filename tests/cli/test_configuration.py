"""The table [tool.dynamorm] of pyproject.toml, and the connection that comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dynamorm_cli.command_table import COMMANDS, Entry
from tests.cli.running import Result, run

PROD = """
[tool.dynamorm]
models = ["shop.models"]
url = "sqlite:///shop.db"

[tool.dynamorm.env.prod]
url = "sqlite:///prod.db"
protect = true

[tool.dynamorm.env.test]
models = ["shop.models:Book"]
"""


def show(folder: Path, *arguments: str, **settings: Any) -> Result:
    """Run a command that prints the target, as JSON."""
    with patch.dict(COMMANDS, {"show": Entry("tests.cli.probes:show", "For tests.")}):
        return run("show", "--json", *arguments, folder=folder, **settings)


def configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.dynamorm]\nmodel = ['a']", "Unknown key 'model' in [tool.dynamorm] of {file}. Did you mean 'models'?"),
        (
            "[tool.dynamorm.env.prod]\nxyz = 1",
            "Unknown key 'xyz' in [tool.dynamorm.env.prod] of {file}. Known keys: app_dir, models, options, protect",
        ),
        ("[tool.dynamorm.env.prod.env]\n", "Unknown key 'env' in [tool.dynamorm.env.prod] of {file}."),
        ("[tool.dynamorm]\nmodels = 'shop.models'", "'models' in [tool.dynamorm] of {file} must be a list of strings."),
        ("[tool.dynamorm]\nmodels = [1]", "'models' in [tool.dynamorm] of {file} must be a list of strings."),
        ("[tool.dynamorm]\nprotect = 'yes'", "'protect' in [tool.dynamorm] of {file} must be true or false."),
        ("[tool.dynamorm]\nurl = ''", "'url' in [tool.dynamorm] of {file} is empty."),
        ("[tool.dynamorm]\nurl = 1", "'url' in [tool.dynamorm] of {file} must be a string."),
        ("[tool]\ndynamorm = 1", "'tool.dynamorm' in {file} is not a table. Write [tool.dynamorm]."),
        ("[tool.dynamorm]\nenv = 'prod'", "'env' in [tool.dynamorm] of {file} must be a table."),
        (
            "[tool.dynamorm.env]\nprod = 'boto3'",
            "'prod' of [tool.dynamorm.env] in {file} is not a table. Write [tool.dynamorm.env.prod].",
        ),
        ("[tool.dynamorm", "{file} is not valid TOML: "),
        (
            "[tool.dynamorm]\noptions = {endpoint_url = 'http://localhost:1'}\n[tool.dynamorm.env.x]\nurl = 'boto3'",
            "The 'options' in [tool.dynamorm] of {file} have no 'url' that they belong to.",
        ),
        (
            "[tool.dynamorm.env.x]\noptions = {endpoint_url = 'http://localhost:1'}",
            "The 'options' in [tool.dynamorm.env.x] of {file} have no 'url' that they belong to.",
        ),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    configure(tmp_path, text)
    result = run("plugins", folder=tmp_path)
    assert result.status == 64
    assert f"Error: {message.format(file=tmp_path / 'pyproject.toml')}" in result.err


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[tool.dynamorm]\naws_secret_access_key = 'S3CRET'", "'aws_secret_access_key' in [tool.dynamorm]"),
        (
            "[tool.dynamorm]\noptions = {aws_access_key_id = 'S3CRET'}",
            "The option 'aws_access_key_id' in [tool.dynamorm]",
        ),
        (
            "[tool.dynamorm.env.prod]\noptions = {config = {password = 'S3CRET'}}",
            "The option 'password' in [tool.dynamorm.env.prod]",
        ),
        ("[tool.dynamorm]\nurl = 'mydb://ann:S3CRET@host/'", "The 'url' in [tool.dynamorm]"),
    ],
)
def test_credentials_in_the_file_are_refused(text: str, what: str, tmp_path: Path) -> None:
    configure(tmp_path, text)
    result = run("plugins", folder=tmp_path)
    assert result.status == 64
    assert result.err.startswith(
        f"Error: {what} of {tmp_path / 'pyproject.toml'} holds credentials, which don't belong"
    )
    assert "profile_name" in result.err
    assert "S3CRET" not in result.err


def test_an_environment_that_is_not_there_is_an_error(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    configure(shop, PROD)
    result = run("plugins", "--env", "prd", folder=shop)
    assert result.status == 64
    assert result.err.endswith("has no environment 'prd'. Did you mean 'prod'?\n")
    assert "It has: prod, test." in run("plugins", "--env", "xyz", folder=shop).err
    empty = tmp_path_factory.mktemp("empty")
    assert (
        "--env prod needs a pyproject.toml with [tool.dynamorm.env.prod]"
        in run("plugins", "--env", "prod", folder=empty).err
    )


def test_the_nearest_file_with_the_table_counts(shop: Path) -> None:
    (shop / "shop" / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    assert show(shop / "shop").json()["target"] == "sqlite:///shop.db"


def test_the_order_of_urls(shop: Path) -> None:
    configure(shop, PROD)
    variable = {"DYNAMORM_URL": "sqlite:///variable.db"}

    def shown(*arguments: str, env: dict[str, str] | None = None) -> tuple[str, bool]:
        document = show(shop, *arguments, env=env).json()
        return document["target"], document["explicit"]

    assert shown() == ("sqlite:///shop.db", False)
    assert shown(env=variable) == ("sqlite:///variable.db", False)
    assert shown("--env", "test", env=variable) == ("sqlite:///variable.db", False)
    assert shown("--env", "prod", env=variable) == ("sqlite:///prod.db", True)
    assert shown("--env", "prod", "--url", "sqlite:///url.db", env=variable) == ("sqlite:///url.db", True)


def test_what_a_module_connects_itself_is_the_last_but_boto3s_default(shop: Path) -> None:
    (shop / "shop" / "connected.py").write_text(
        "import dynamorm\nfrom shop.models import Book\n\ndynamorm.connect('sqlite:///own.db')\n", encoding="utf-8"
    )
    assert show(shop, "shop.connected").json()["target"] == "sqlite:///shop.db"
    configure(shop, "[tool.dynamorm]\n")
    assert show(shop, "shop.connected").json() == {
        "target": "sqlite:///own.db",
        "explicit": False,
        "models": ["Book"],
        "quiet": False,
    }


def test_options_belong_to_the_url_beside_them(shop: Path) -> None:
    configure(
        shop,
        "[tool.dynamorm]\nurl = 'boto3://eu-west-1'\noptions = {endpoint_url = 'http://localhost:1', profile_name = 'x'}\n"
        "[tool.dynamorm.env.here]\nurl = 'sqlite:///here.db'\n[tool.dynamorm.env.same]\nprotect = true\n",
    )
    assert show(shop, "--env", "here").json()["target"] == "sqlite:///here.db"
    assert show(shop, "--url", "sqlite:///x.db").json()["target"] == "sqlite:///x.db"
    # boto3 looks for the profile, so the option has arrived.
    result = show(shop, "--env", "same")
    assert result.status == 64
    assert "profile" in result.json()["message"]


def test_options_of_an_environment_go_before_the_variable(shop: Path) -> None:
    configure(shop, "[tool.dynamorm]\nurl = 'sqlite:///shop.db'\n[tool.dynamorm.env.x]\noptions = {timeout = 9.0}\n")
    result = show(shop, "--env", "x", env={"DYNAMORM_URL": "sqlite:///variable.db"}).json()
    assert (result["target"], result["explicit"]) == ("sqlite:///shop.db", True)


@pytest.mark.parametrize("option", ["--env", "--url"])
def test_an_empty_option_is_no_way_to_another_target(option: str, shop: Path) -> None:
    """It is that of a variable that is not set."""
    for arguments in ([option, "", "plan"], ["plan", f"{option}="]):
        result = run(*arguments, folder=shop)
        assert (result.status, result.out) == (64, "")
        assert f"Invalid value for '{option}': It is empty." in result.err


def test_what_a_module_prints_is_not_among_the_results(shop: Path) -> None:
    (shop / "shop" / "loud.py").write_text("print('Loud.')\nfrom shop.models import Book\n", encoding="utf-8")
    result = run("plan", "shop.loud", "--json", folder=shop)
    assert (result.json()["format"], result.err) == (1, "Loud.\n")


def test_the_models_of_an_environment_go_before_those_of_the_table(shop: Path) -> None:
    from dynamorm_cli.configuration import read_configuration

    configure(shop, PROD)
    assert read_configuration(shop, "test").models == ("shop.models:Book",)
    prod = read_configuration(shop, "prod")
    assert (prod.models, prod.protect, prod.env) == (("shop.models",), True, "prod")
    assert not read_configuration(shop, None).protect


def test_the_folder_of_the_modules_is_relative_to_the_file(shop: Path) -> None:
    (shop / "src").mkdir()
    (shop / "shop").rename(shop / "src" / "bookshop")
    assert "There is no module 'bookshop'" in show(shop, "bookshop.models").json()["message"]
    assert show(shop, "bookshop.models", "--app-dir", "src").json()["models"] == ["Book", "Order"]
    configure(shop, "[tool.dynamorm]\nurl = 'sqlite:///shop.db'\napp_dir = 'src'\n")
    assert show(shop, "bookshop.models").json()["models"] == ["Book", "Order"]
    assert show(shop / "src" / "bookshop", "bookshop.models").json()["models"] == ["Book", "Order"]


def test_without_models_the_message_says_how_to_name_them(tmp_path: Path) -> None:
    with patch.dict(COMMANDS, {"show": Entry("tests.cli.probes:all_models", "For tests.")}):
        result = run("show", folder=tmp_path)
    assert result.status == 64
    assert "Which models? Name them, as in app.models:Book,Order or app.models, or write models = [" in result.err
