"""A log of labels and features in Avazu's format, compared from the command line with a model of torch-rechub."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from freshrec.data import Stream
from freshrec.evaluation import read_results

Run = Callable[..., tuple[str, str]]

HEADER = (
    "id,click,hour,C1,banner_pos,site_id,site_domain,site_category,app_id,app_domain,app_category,device_id,device_ip,"
    "device_model,device_type,device_conn_type,C14,C15,C16,C17,C18,C19,C20,C21"
)
MODEL = "widedeep_torch_rechub:WideDeepOfColumns"


def avazu_like(path: Path, days: int = 8, each: int = 8) -> pl.DataFrame:
    """Ads shown by the hour, with the traps of the published file.

    Hours are YYMMDDHH; ids are hex text, some of which look like numbers (`0054e317`, `85206e21`, `00000012`); unknown
    values are -1; nobody is named. A click depends on the banner's place, the site, and C21, a number.
    """
    rng, lines, rows = np.random.default_rng(3), [HEADER], 24 * days * each
    sites = ["1fbe01fe", "0054e317", "85206e21", "00000012"]
    for row in range(rows):
        hour = row // each
        place, site = int(rng.integers(0, 2)), int(rng.integers(0, 4))
        size = -1 if rng.random() < 0.1 else int(rng.integers(10, 250))
        logit = -0.5 + 1.5 * place + (site - 1.5) + (0.0 if size < 0 else (size - 130) / 60)
        click = int(rng.random() < 1 / (1 + np.exp(-logit)))
        device = "a99f214a" if rng.random() < 0.8 else f"{rng.integers(2**32):08x}"
        lines.append(
            f"{10**19 + row},{click},1410{21 + hour // 24:02d}{hour % 24:02d},1005,{place},{sites[site]},f3845767,"
            f"28905ebd,ecad2386,7801e8d9,07d7df22,{device},{rng.integers(2**32):08x},44956a24,1,{2 * place},15706,320,"
            f"50,1722,0,35,{-1 if row % 3 else 100084},{size}"
        )
    path.write_text("\n".join([*lines, ""]))
    return pl.read_csv(path, schema_overrides=dict.fromkeys(HEADER.split(","), pl.String))


def test_labels_and_features_are_compared_with_a_model_that_reads_them(tmp_path: Path, run_command: Run) -> None:
    log, out = avazu_like(tmp_path / "train.csv"), tmp_path / "out"
    (tmp_path / "settings.toml").write_text(f'[overrides.iu-wide]\nmethod = "iu"\nmodel = "{MODEL}"\n')
    columns = [f"--field={name}" for name in ("banner_pos", "site_id", "device_type", "C20")]
    _, stderr = run_command(
        *("compare", "--data", tmp_path / "train.csv", "--no-user", "--no-item", "--out", out),
        *("--time-column", "hour", "--label-column", "click", *columns, "--number", "C21", "--null-value=-1"),
        *("--clock", "UTC", "--period", "12h", "--methods", "iu,iu-wide", "--config", tmp_path / "settings.toml"),
    )
    assert "The log has no users: GAUC is undefined" in stderr
    stream = Stream.open(out / "prepared")
    assert stream.manifest["inferred"]["time"]["form"] == "YYMMDDHH"
    assert [period.size for period in stream.periods] == [96] * 16
    values = stream.vocabulary.values
    assert set(values["site_id"]) == set(log["site_id"])
    assert set(values["C20"]) == {None, "100084"}
    assert set(values["hour"]) == set(map(str, range(24)))
    third = stream.periods[2].samples()
    assert sorted(third.label.tolist()) == sorted(log["click"][192:288].cast(pl.Int8).to_list())
    before = log["C21"][:192].cast(pl.Float64).replace(-1.0, None)
    here = log["C21"][192:288].cast(pl.Float64).replace(-1.0, None)
    expected = ((here - before.mean()) / before.std(ddof=0)).fill_null(0.0)
    np.testing.assert_allclose(np.sort(third.numbers["C21"]), np.sort(expected.to_numpy()), atol=1e-5)
    results = read_results(out / "results.csv")
    area = {
        method: np.mean([each.scores["auc"] for each in results if each.method == method and each.split == "test"])
        for method in ("iu", "iu-wide", "constant", "item-odds")
    }
    assert area["iu"] > 0.65
    assert area["iu-wide"] > 0.65
    assert area["constant"] == area["item-odds"] == 0.5
    assert all(each.scores["gauc"] is None for each in results)
