"""Peers from npm: Apollo Server and Mercurius, on the same schema, database and checks of rights.

They are installed into a folder beside this file, when they are asked for, and nowhere else.
"""

import shutil
import subprocess
from pathlib import Path

from benchmarks.contestants import Start, program

FOLDER = Path(__file__).parent / "node"
APOLLO, MERCURIUS = "Apollo Server", "Mercurius, JIT"
SERVERS = {APOLLO: "apollo.mjs", MERCURIUS: "mercurius.mjs"}


def starts() -> dict[str, Start]:
    """Install the peers if they are not yet, and return how to start each.

    Raises:
        SystemExit: there is no Node.

    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SystemExit("The peers need Node 20 or newer, with npm.")
    if not (FOLDER / "node_modules").exists():
        install = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(install, cwd=FOLDER, check=True)
    production = ("env", "NODE_ENV=production", node)
    return {name: program(name, *production, file, cwd=FOLDER) for name, file in SERVERS.items()}
