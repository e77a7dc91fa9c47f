"""docs/cli.md, made from the commands themselves: python -m freshrec.cli.reference > docs/cli.md."""

import sys
from inspect import cleandoc
from typing import Any

from typer.main import get_command

from freshrec.cli.app import app

__all__ = ["reference"]


def reference() -> str:
    """The help of every command as one Markdown page."""
    root: Any = get_command(app)
    parts = [
        "# Command line",
        "<!-- Made by `make reference` from the commands themselves; change it there. -->",
        cleandoc(root.help),
        "Messages and progress go to stderr, results to stdout. Exit codes: 0 done, 2 something to mend, "
        "which the message says, 130 interrupted.",
        _options(root.params),
    ]
    for name, command in root.commands.items():
        parts += [f"## freshrec {name}", cleandoc(command.help), f"```\n{_usage(name, command)}\n```"]
        parts.append(_options(command.params))
    return "\n\n".join(part for part in parts if part) + "\n"


def _usage(name: str, command: Any) -> str:
    arguments = [
        each.metavar if each.required else f"[{each.metavar}]"
        for each in command.params
        if each.param_type_name == "argument"
    ]
    needed = [
        f"{each.opts[0]} {each.metavar}"
        for each in command.params
        if each.required and each.param_type_name == "option"
    ]
    options = ["[OPTIONS]"] if len(command.params) > len(arguments) + len(needed) else []
    return " ".join(["freshrec", name, *arguments, *needed, *options])


def _options(parameters: list[Any]) -> str:
    """Tables of arguments and options, one for each panel of the help."""
    panels: dict[str, list[str]] = {}
    for each in parameters:
        panel = getattr(each, "rich_help_panel", None) or "General"
        panels.setdefault(panel, ["| | | default |", "|---|---|---|"]).append(_row(each))
    tables = {name: "\n".join(rows) for name, rows in panels.items()}
    if len(tables) == 1:
        return next(iter(tables.values()))
    return "\n\n".join(f"**{name}**\n\n{table}" for name, table in tables.items())


def _row(parameter: Any) -> str:
    is_argument = parameter.param_type_name == "argument"
    spelling = parameter.metavar if is_argument else " ".join(filter(None, (parameter.opts[0], parameter.metavar)))
    default = "required" if parameter.required else parameter.show_default or ""
    cells = (f"`{spelling}`", parameter.help, default if isinstance(default, str) else "")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(reference())
