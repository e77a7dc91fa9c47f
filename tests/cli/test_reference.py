from pathlib import Path

from freshrec.cli.app import app
from freshrec.cli.reference import reference

COMMITTED = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_committed_page_is_up_to_date() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == reference(), "docs/cli.md is stale: run `make reference`"


def test_every_command_and_option_is_there() -> None:
    text = reference()
    assert text.count("\n## freshrec ") == len(app.registered_commands)
    assert "freshrec compare [DATASET] --out DIR [OPTIONS]" in text
    assert "freshrec experiment NAMES [DATASET] --out DIR [OPTIONS]" in text
    assert "| `--item-field COLUMN` | Column with a category of the item; may be repeated. |  |" in text
    assert "| `--negatives causal\\|paper` |" in text
    assert "| `--out DIR` | The folder to make; it must not exist yet. | required |" in text
