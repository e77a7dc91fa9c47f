"""Breaks the code in one place at a time, and checks that a test fails: a mutant that survives is a promise untested.

python faults/mutants.py
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MUTANTS", "Mutant", "survives"]

REPOSITORY = Path(__file__).parent.parent


@dataclass(frozen=True)
class Mutant:
    """A fault put into the code.

    Attributes:
        name: what is wrong then.
        file: under src/freshrec.
        before: text that is there once.
        after: what stands in its place.
        test: what has to fail.
    """

    name: str
    file: str
    before: str
    after: str
    test: str


STAGING, LOCKING, CHECKPOINT = "files/staging.py", "files/locking.py", "store/checkpoint.py"
CRASHES, PRETRAIN = "tests/files/test_crashes.py", "tests/evaluation/test_pretrain.py"
FAILED_WRITE = '\n    except OSError as error:\n        raise OutputError(\n            f"cannot write'
FAILED_FOLDER = '\n        except OSError as error:\n            raise OutputError(\n                f"cannot make'

MUTANTS = (
    Mutant("a file is not flushed before it is synced", STAGING, "file.flush()", "pass", CRASHES),
    Mutant("a file is not synced", STAGING, "disk().sync_file(file)", "pass", CRASHES),
    Mutant(
        "the folder of a file is not synced after the rename",
        STAGING,
        f"disk().sync(path.parent){FAILED_WRITE}",
        f"pass{FAILED_WRITE}",
        CRASHES,
    ),
    Mutant("what is in a staged folder is not synced", STAGING, 'in (*staged.rglob("*"), staged)', "in ()", CRASHES),
    Mutant("only folders in a staged folder are synced", STAGING, 'staged.rglob("*")', 'staged.rglob("*/")', CRASHES),
    Mutant(
        "the parent of a staged folder is not synced after the rename",
        STAGING,
        f"disk().sync(path.parent){FAILED_FOLDER}",
        f"pass{FAILED_FOLDER}",
        CRASHES,
    ),
    Mutant("a made folder is not synced", STAGING, "disk().sync(folder.parent)", "pass", CRASHES),
    Mutant(
        "an error of cleaning up hides the first one",
        STAGING,
        "            with suppress(OSError):\n                disk().remove(staged)",
        "            disk().remove(staged)",
        "tests/files/test_staging.py",
    ),
    Mutant(
        "any failed write of what is there counts as written",
        STAGING,
        "if not (_is_read_only(error.__cause__) and _holds(path, data)):",
        "if not _holds(path, data):",
        "tests/files/test_staging.py",
    ),
    Mutant(
        "a staged file may be there already",
        "files/operations.py",
        "os.O_EXCL | os.O_NOFOLLOW",
        "os.O_NOFOLLOW",
        "tests/files/test_staging.py",
    ),
    Mutant("a staged name can be guessed", LOCKING, "secrets.token_hex(8)", "'0' * 16", "tests/files/test_staging.py"),
    Mutant(
        "a lock is not taken",
        LOCKING,
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        "tests/files/test_locking.py",
    ),
    Mutant(
        "a lock file that was removed counts as the lock",
        LOCKING,
        "if _is_at(descriptor, path):",
        "if True:",
        "tests/files/test_locking.py",
    ),
    Mutant("what killed processes left stays", LOCKING, "remove(path)", "pass", "tests/files/test_locking.py"),
    Mutant(
        "a checksum is read and not compared",
        "files/reading.py",
        "if found != digest:",
        "if False:",
        "tests/files/test_staging.py",
    ),
    Mutant(
        "the checksum of the file that is there is dropped before the next is",
        "files/checked.py",
        "if before in listed.get(path.name, []) and before not in digests else []",
        "if False else []",
        "tests/files/test_checked.py",
    ),
    Mutant(
        "the record of a checkpoint is not checked",
        CHECKPOINT,
        'if sha256(json.dumps(sealed["record"]).encode()) != sealed["sha256"]:',
        "if False:",
        "tests/store/test_checkpoint.py",
    ),
    Mutant(
        "a tensor of exactly the size of a large one is a small one",
        CHECKPOINT,
        "if tensor.nbytes < LARGE:",
        "if tensor.nbytes <= LARGE:",
        "tests/store/test_checkpoint.py",
    ),
    Mutant(
        "a tensor is taken over from another folder",
        CHECKPOINT,
        "if before and before.folder == folder else None",
        "if before else None",
        "tests/store/test_checkpoint.py",
    ),
    Mutant("files of the state are removed", CHECKPOINT, "if former.name not in named:", "if True:", CRASHES),
    Mutant(
        "a changed configuration is taken",
        "evaluation/claim.py",
        "if seal != _seal(theirs):",
        "if False:",
        "tests/evaluation/test_claim.py",
    ),
    Mutant(
        "a changed line of a journal is taken",
        "tuning/journal.py",
        "if seal != last:",
        "if False:",
        "tests/tuning/test_journal.py",
    ),
    Mutant(
        "the best score is forgotten when pre-training goes on",
        "evaluation/pretrained.py",
        'content["chosen"], content["best"])',
        'content["chosen"], None)',
        PRETRAIN,
    ),
    Mutant(
        "every epoch of pre-training has one order",
        "evaluation/pretrain.py",
        'run.seed_for("pretrain", state.epoch)',
        'run.seed_for("pretrain", 0)',
        PRETRAIN,
    ),
    Mutant(
        "the moments of Adam are forgotten when pre-training goes on",
        "evaluation/pretrained.py",
        "return PretrainingState(content",
        "model = Fitted.untrained(model.params)\n        return PretrainingState(content",
        PRETRAIN,
    ),
    Mutant(
        "SIGTERM is ignored",
        "cli/faults.py",
        "        raise _Terminated\n",
        "        return\n",
        "tests/cli/test_faults.py",
    ),
    Mutant(
        "a loss that is not finite is taken",
        "training/fitting.py",
        "if not math.isfinite(value):",
        "if False:",
        "tests/training/test_fitting.py",
    ),
    Mutant(
        "the newest item is never a negative",
        "data/negatives.py",
        "* known[todo]).astype",
        "* (known[todo] - 1)).astype",
        "tests/data/test_negatives.py",
    ),
)


def survives(mutant: Mutant) -> bool:
    """Whether all tests pass although the mutant is in the code.

    Raises:
        ValueError: the code is not what the mutant changes.
    """
    with tempfile.TemporaryDirectory(prefix="freshrec-mutant-") as name:
        copy = Path(name)
        for folder in ("src", "tests", "faults", "examples", "benchmarks", "pictures"):
            shutil.copytree(REPOSITORY / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(REPOSITORY / "pyproject.toml", copy)
        path = copy / "src" / "freshrec" / mutant.file
        text = path.read_text()
        if text.count(mutant.before) != 1:
            raise ValueError(f"{mutant.file} has {mutant.before!r} {text.count(mutant.before)} times, expected once")
        path.write_text(text.replace(mutant.before, mutant.after))
        return _pass(copy, mutant.test)


def _pass(copy: Path, test: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise ValueError(f"{test} could not be run: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.returncode == 0


def main() -> None:
    surviving = 0
    for mutant in MUTANTS:
        alive = survives(mutant)
        surviving += alive
        print(f"{'SURVIVES' if alive else 'caught'}: {mutant.name} ({mutant.file}; {mutant.test})", flush=True)
    print(f"{len(MUTANTS)} mutants, {surviving} survive")
    sys.exit(1 if surviving else 0)


if __name__ == "__main__":
    main()
