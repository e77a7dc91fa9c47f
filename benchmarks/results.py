"""Makes the tables of docs/results.md: every stream, both protocols, both base models, one comparison after another.

    python benchmarks/results.py run --retail FOLDER --out runs/results [--only NAME ...] [--runs 3]
    python benchmarks/results.py page --out runs/results          # writes the tables into docs/results.md

`run` prepares each stream once and compares the methods of docs/settings/results.toml and results-mf.toml on it. It
continues where it was stopped, and computes only what is missing when `--runs` grows. FOLDER holds
interactions.parquet of Online Retail II (docs/datasets.md); without `--retail` its streams are left out.
"""

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "results.md"
BEGIN, END = "<!-- Tables: written by benchmarks/results.py -->", "<!-- End of the tables -->"
SETTINGS = {"embedding-mlp": "results.toml", "matrix-factorisation": "results-mf.toml"}
BASELINES = {"embedding-mlp": "iu", "matrix-factorisation": "iu-mf"}
NEEDS_FOLDER = "online-retail-ii"
KNOWN_ITEMS = "known items"


@dataclass(frozen=True)
class Stream:
    """A stream of the tables.

    Attributes:
        name: its folder.
        title: its heading.
        dataset: the data set.
        options: of `freshrec prepare`.
    """

    name: str
    title: str
    dataset: str
    options: tuple[str, ...] = ()


CAUSAL, PAPER = ("--negatives", "causal"), ("--negatives", "paper")
STREAMS = (
    Stream("complete-journey-causal", "Complete Journey, causal", "complete-journey", CAUSAL),
    Stream("complete-journey-paper", "Complete Journey, paper", "complete-journey", (*PAPER, "--min-item-count", "20")),
    Stream("online-retail-causal", "Online Retail II, causal", "online-retail-ii", CAUSAL),
    Stream("online-retail-paper", "Online Retail II, paper", "online-retail-ii", PAPER),
    Stream("movielens-100k", "MovieLens-100K, true labels", "movielens-100k-recbole"),
    Stream("synthetic-still", "Synthetic, still, true labels", "synthetic-still"),
    Stream("synthetic-drift", "Synthetic, drift, true labels", "synthetic-drift"),
    Stream("synthetic-news-causal", "Synthetic news, causal", "synthetic-news", CAUSAL),
    Stream("synthetic-news-paper", "Synthetic news, paper", "synthetic-news", PAPER),
)


def prepare_command(stream: Stream, out: Path, retail: Path | None) -> list[str]:
    """The command that prepares a stream."""
    path = ["--path", str(retail)] if stream.dataset == NEEDS_FOLDER else []
    return ["freshrec", "prepare", stream.dataset, *path, *stream.options, "--out", str(out / "data" / stream.name)]


def compare_command(stream: Stream, model: str, out: Path, runs: int) -> list[str]:
    """The command that compares the methods of a base model on a prepared stream."""
    data, settings = out / "data" / stream.name, ROOT / "docs" / "settings" / SETTINGS[model]
    folder = out / model / stream.name
    command = ["freshrec", "compare", "--data", str(data), "--config", str(settings)]
    return [*command, "--runs", str(runs), "--out", str(folder)]


def run(streams: Iterable[Stream], models: Iterable[str], out: Path, retail: Path | None, runs: int) -> int:
    """Prepare and compare; returns the first exit code that is not 0."""
    models = list(models)
    for stream in streams:
        if stream.dataset == NEEDS_FOLDER and retail is None:
            print(f"{stream.name}: left out, for there is no --retail", flush=True)
            continue
        commands = [] if (out / "data" / stream.name).exists() else [prepare_command(stream, out, retail)]
        commands += [compare_command(stream, model, out, runs) for model in models]
        for command in commands:
            start = time.perf_counter()
            program = Path(sys.executable).with_name(command[0])
            code = subprocess.run([str(program), *command[1:]], cwd=ROOT, check=False).returncode
            print(f"{time.perf_counter() - start:.0f} s, exit code {code}: {' '.join(command)}", flush=True)
            if code:
                return code
    return 0


def page(out: Path) -> str:
    """The tables in Markdown: an overview for each base model, then a section for each stream."""
    found = {
        (model, stream.name): rows
        for model in SETTINGS
        for stream in STREAMS
        if (rows := _rows(out / model / stream.name / "summary.csv"))
    }
    lines: list[str] = []
    for model in SETTINGS:
        streams = [stream for stream in STREAMS if (model, stream.name) in found]
        if streams:
            lines += _overview(model, streams, found, out)
    for stream in STREAMS:
        lines += _section(stream, found)
    return "\n".join(lines)


def _overview(
    model: str, streams: list[Stream], found: Mapping[tuple[str, str], list[dict[str, str]]], out: Path
) -> list[str]:
    base = BASELINES[model]
    methods = list(dict.fromkeys(row["method"] for stream in streams for row in found[model, stream.name]))
    lines = [f"### At a glance, {model}", ""]
    lines += [f"AUC of `{base}`, and the improvement of the others over it in percent.", ""]
    lines += ["| method | " + " | ".join(stream.title for stream in streams) + " |"]
    lines += ["| --- |" + " ---: |" * len(streams)]
    for method in methods:
        cells = []
        for stream in streams:
            rows = {row["method"]: row for row in found[model, stream.name]}
            row = rows.get(method)
            cells.append("" if row is None else _score(row, "auc") if method == base else _change(row, "auc"))
        lines.append(f"| `{method}` | " + " | ".join(cells) + " |")
    sober = {stream.name: _rows(out / model / stream.name / "slices.csv") for stream in streams}
    return [*lines, "", *_sober(base, methods, streams, sober)]


def _sober(
    base: str, methods: list[str], streams: list[Stream], slices: Mapping[str, list[dict[str, str]]]
) -> list[str]:
    """The same without the samples whose item was unseen before their period."""
    known = {
        name: {row["method"]: row for row in rows if row["slice"] == KNOWN_ITEMS and row["metric"] == "auc"}
        for name, rows in slices.items()
    }
    if not any(known.values()):
        return []
    lines = [
        "Without the samples of items that were unseen before their period, AUC and difference in AUC times 10,000:",
        "",
    ]
    lines += ["| method | " + " | ".join(stream.title for stream in streams) + " |"]
    lines += ["| --- |" + " ---: |" * len(streams)]
    for method in methods:
        cells = []
        for stream in streams:
            row = known[stream.name].get(method)
            cells.append("" if row is None else _known_cell(row, method == base))
        lines.append(f"| `{method}` | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _known_cell(row: dict[str, str], base: bool) -> str:
    if base:
        return _number(row["value"], ".4f")
    if not row["difference"]:
        return "–"
    return _bold(_number(str(1e4 * float(row["difference"])), "+.0f"), row["low"], row["high"])


def _section(stream: Stream, found: Mapping[tuple[str, str], list[dict[str, str]]]) -> list[str]:
    lines: list[str] = []
    for model in SETTINGS:
        rows = found.get((model, stream.name), [])
        if rows:
            runs = "one run" if rows[0]["runs"] == "1" else f"{rows[0]['runs']} runs"
            lines += [f"{model}, {runs}, {rows[0]['test_periods']} test periods:", ""]
            lines += ["| method | AUC | improvement | log loss | improvement | update |", "| --- |" + " ---: |" * 5]
            lines += [*map(_line, rows), ""]
    return [f"### {stream.title}", "", *lines] if lines else []


def _line(row: dict[str, str]) -> str:
    cells = [_score(row, "auc"), _change(row, "auc"), _score(row, "logloss"), _change(row, "logloss")]
    return f"| `{row['method']}` | " + " | ".join(cells) + f" | {float(row['update_seconds']):.2f} s |"


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _score(row: dict[str, str], metric: str) -> str:
    mean, std = row[f"{metric}_mean"], row[f"{metric}_std"]
    return _number(mean, ".4f") + (f" ± {float(std):.4f}" if std else "")


def _change(row: dict[str, str], metric: str) -> str:
    value, low, high = (row[f"{metric}_{part}"] for part in ("improvement", "low", "high"))
    if not value:
        return "–"
    interval = f" [{_number(low, '+.2f')}, {_number(high, '+.2f')}]" if low and high else ""
    return _bold(_number(value, "+.2f"), low, high) + interval


def _bold(text: str, low: str, high: str) -> str:
    """The text, bold where an interval excludes zero."""
    clear = bool(low and high) and (float(low) > 0 or float(high) < 0)
    return f"**{text}**" if clear else text


def _number(text: str, form: str) -> str:
    return format(float(text), form).replace("-", "−") if text else "–"


def main(arguments: Iterable[str] | None = None) -> int:
    """Run comparisons or write the page; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=["run", "page"])
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "results")
    parser.add_argument("--retail", type=Path, help="folder with interactions.parquet of Online Retail II")
    parser.add_argument("--only", nargs="+", choices=[stream.name for stream in STREAMS], help="streams")
    parser.add_argument("--models", nargs="+", choices=list(SETTINGS), default=list(SETTINGS), help="base models")
    parser.add_argument("--runs", type=int, default=3, help="seeded runs")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    if chosen.action == "run":
        streams = [stream for stream in STREAMS if not chosen.only or stream.name in chosen.only]
        return run(streams, chosen.models, chosen.out.resolve(), chosen.retail, chosen.runs)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{page(chosen.out)}\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
