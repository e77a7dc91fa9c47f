"""Who is told what of long work."""

from freshrec.progress import Named, Progress


class Heard:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, int, int]] = []

    def overall(self, text: str, done: int, total: int) -> None:
        self.told.append(("overall", text, done, total))

    def step(self, text: str, done: int, total: int) -> None:
        self.told.append(("step", text, done, total))


def test_steps_are_told_under_the_name_and_the_whole_as_it_is() -> None:
    heard = Heard()
    named: Progress = Named("iu", heard)
    named.overall("period 3", 1, 2)
    named.step("incremental model", 4, 9)
    assert heard.told == [("overall", "period 3", 1, 2), ("step", "iu: incremental model", 4, 9)]
