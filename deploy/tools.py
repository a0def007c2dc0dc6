"""Python environments below `target/`, for what checks the template and its modules."""

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def environment(name: str, pins: Path) -> Path:
    """The Python of an environment with these requirements. Its directory is named by what it holds, and is whole once
    `complete` is there."""
    key = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home = ROOT / "target" / name / key
    if not (home / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--requirement", pins], check=True)
        (home / "complete").touch()
    return home / "bin" / "python"
