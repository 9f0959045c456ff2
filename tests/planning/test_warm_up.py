"""What is warmed up is what a case needs: in a process of its own, nothing compiles after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SCRIPT = """
import sys
from pathlib import Path

from app import catalogue
from app.planning_setup import anatomy_of, setup_of
from planning.anatomy.warm_up import warm_up
from planning.records.case_file import load_case


def kernels():
    modules = [m for n, m in list(sys.modules.items()) if n.startswith("planning.anatomy")]
    found = {f"{v.__module__}.{k}": v for m in modules for k, v in vars(m).items()
             if hasattr(v, "py_func")}
    return {name: set(kernel.signatures) for name, kernel in found.items()}


warm_up()
before = kernels()
loaded = load_case(Path(sys.argv[1]), role_tables=catalogue.role_tables())
anatomy_of(loaded.case, loaded.images, setup_of(loaded.case))
assert len(before) > 5
print([name for name, known in kernels().items() if known != before.get(name)])
"""


def test_understanding_a_case_compiles_nothing_more(data_dir: Path) -> None:
    command = [sys.executable, "-c", _SCRIPT, str(data_dir / "pelvis")]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "[]"
