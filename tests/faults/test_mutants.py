"""Every mutant can still be made, and has tests that are there."""

from mutants import MUTANTS, REPOSITORY


def test_every_mutant_changes_code_that_is_there() -> None:
    for mutant in MUTANTS:
        text = (REPOSITORY / "src" / "freshrec" / mutant.file).read_text()
        assert text.count(mutant.before) == 1, mutant.name
        assert (REPOSITORY / mutant.test).exists()
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) > 14
