"""The Triton kernels without a GPU: run by Triton's interpreter, and compiled for GPUs that are not there."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from .problems import problem

if find_spec("triton") is None:
    pytest.skip("Triton is not installed; there are builds for Linux on x86-64 alone", allow_module_level=True)

CASES = Path(__file__).with_name("interpreted_recurrence.py")
SIZES = ("rows", "groups", "steps", "before", "width")


def test_the_interpreter_finds_them_equal_to_the_plain_path() -> None:
    arguments = [sys.executable, "-m", "pytest", str(CASES), "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTEST_ADDOPTS": ""}
    run = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "passed" in run.stdout
    assert "skipped" not in run.stdout


class Launches:
    """Stands in for a kernel, and notes how often it is run by how many programs."""

    def __init__(self) -> None:
        self.programs: list[int] = []

    def __getitem__(self, grid: tuple[int]) -> Callable[..., None]:
        self.programs += grid
        return lambda *arguments, **options: None


def test_nothing_is_read_back_from_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the device "meta" there is nothing to read, so that waiting for it would raise."""
    from freshrec.kernels import triton_recurrence

    forward, backward = Launches(), Launches()
    monkeypatch.setattr(triton_recurrence, "_forward", forward)
    monkeypatch.setattr(triton_recurrence, "_backward", backward)
    x, h, parts = problem(3, 300, 2, 4)
    w_in, w_rec, readout, bias = (part.to("meta") for part in parts)
    weights = w_in, w_rec, readout, bias
    y = triton_recurrence.forward_by_triton(x.to("meta"), h.to("meta"), weights, 2)
    gradients = triton_recurrence.backward_by_triton(x.to("meta"), h.to("meta"), weights, y)
    assert (y.shape, y.device.type, y.dtype) == ((2, 300, 2), "meta", torch.float32)
    assert [(one.shape, one.device.type) for one in gradients] == [(weight.shape, "meta") for weight in weights]
    assert forward.programs == backward.programs == [2 * 3]


def ptxas(kernel: Any, capability: int, path: Path) -> str:
    """What Nvidia's assembler says of a compiled kernel."""
    from triton import knobs

    (path / "kernel.ptx").write_text(kernel.asm["ptx"])
    target = f"sm_{capability}a" if capability >= 90 else f"sm_{capability}"
    arguments = [
        knobs.nvidia.ptxas.path,
        "-v",
        f"--gpu-name={target}",
        path / "kernel.ptx",
        "-o",
        path / "kernel.cubin",
    ]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize("name", ["_forward", "_backward"])
@pytest.mark.parametrize(
    ("capability", "rows", "hidden", "held"),
    [(75, 1, 4, "fp32"), (80, 6000, 16, "fp16"), (90, 6000, 4, "bf16"), (90, 6000, 32, "fp32")],
)
def test_it_compiles_for_a_gpu_and_its_numbers_stay_in_registers(
    name: str, capability: int, rows: int, hidden: int, held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from freshrec.kernels import triton_recurrence

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    function = getattr(triton_recurrence, name)
    tiling = triton_recurrence._Tiling.of(torch.empty(3, rows, 8), torch.empty(rows, 8, hidden))
    constants = {"hidden": hidden, "padded": tiling.padded, "block": tiling.rows}
    types = dict.fromkeys(function.arg_names, "*fp32")
    types |= {"x": f"*{held}", "h": f"*{held}"} | {size: "i32" for size in SIZES if size in types}
    types |= dict.fromkeys(constants, "constexpr")
    # Torch's allocations are aligned; the parts of a gradient begin where the last one ends.
    aligned = {
        (number,): [["tt.divisibility", 16]]
        for number, argument in enumerate(function.arg_names)
        if types[argument].startswith("*") and not argument.startswith("d_")
    }
    kernel = triton.compile(
        ASTSource(function, types, constants, aligned),
        target=GPUTarget("cuda", capability, 32),
        options={"num_warps": tiling.warps, "num_stages": 1},
    )
    assert "0 bytes spill stores, 0 bytes spill loads" in ptxas(kernel, capability, tmp_path)
    assert not re.search(r"\b(min|max)\.f32", kernel.asm["ptx"]), "those would make a number of what is none"
    if hidden <= 4 and name == "_forward":
        assert kernel.metadata.shared == 0, "a row is a thread's"
