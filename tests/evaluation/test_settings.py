"""What a comparison is told to do: methods, variants of them under other names, and what cannot be."""

from typing import Any

import pytest
from pydantic import ValidationError

from freshrec import ASMG, IU
from freshrec.evaluation import CompareSettings


def test_a_variant_has_a_name_of_its_own_and_the_settings_of_its_method() -> None:
    settings = CompareSettings(
        methods=("asmg-gru-multi", "short", "zero"),
        base=IU(epochs=2),
        overrides={"short": {"method": "asmg-gru-multi", "window": 1}, "zero": {"method": "asmg-gru-zero"}},
    )
    base = IU(epochs=2)
    assert settings.updaters() == {
        "asmg-gru-multi": ASMG(base=base, epochs=2),
        "short": ASMG(base=base, epochs=2, window=1),
        "zero": ASMG(base=base, epochs=2, carry=False),
    }
    assert [settings.method_of(name) for name in settings.methods] == [
        "asmg-gru-multi",
        "asmg-gru-multi",
        "asmg-gru-zero",
    ]


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        ({"methods": ("ui",)}, "unknown method 'ui'; the known ones are iu, bu-3"),
        (
            {"methods": ("short",), "overrides": {"short": {"method": "asmg"}}},
            "unknown method 'asmg'; the known ones are",
        ),
        (
            {"methods": ("iu",), "overrides": {"iu": {"method": "bu-3"}}},
            "'iu' is a method and cannot name a variant of 'bu-3'",
        ),
        ({"methods": ("iu", "iu")}, "a method is named twice"),
        ({"methods": ("iu",), "overrides": {"bu-3": {"epochs": 2}}}, "overrides for 'bu-3', which is not among"),
    ],
)
def test_what_cannot_be_is_told(faulty: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        CompareSettings.model_validate(faulty)
