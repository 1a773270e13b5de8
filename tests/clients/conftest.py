"""What foreign clients meet at a server, and the packages that some of them need."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.place import Place, Stage

NPM = Path(__file__).parent / "npm"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
async def stage(place: Place) -> Stage:
    """Return people and things of this test's own."""
    return await place.stage()


@pytest.fixture(scope="session")
def npm() -> Path:
    """Return the folder whose packages the JavaScript clients use, installing them if need be."""
    return _installed(NPM)


@pytest.fixture(scope="session")
def programs(npm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the examples in which JavaScript finds those packages."""
    folder = tmp_path_factory.mktemp("clients")
    left_out = shutil.ignore_patterns("node_modules", "generated", "dist")
    shutil.copytree(EXAMPLES, folder / "examples", ignore=left_out)
    shutil.copy(EXAMPLES.parent / "schema.graphql", folder)
    (folder / "node_modules").symlink_to(npm / "node_modules", target_is_directory=True)
    return folder / "examples"


@pytest.fixture(scope="session")
def typed_client(programs: Path) -> Path:
    """Return the TypeScript example, its types generated and checked, ready to run."""
    packages = _installed(EXAMPLES / "typescript") / "node_modules"
    folder = programs / "typescript"
    (folder / "node_modules").symlink_to(packages, target_is_directory=True)
    built = subprocess.run(
        ["npm", "run", "build"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "dist" / "watch-alerts.js"


def _installed(folder: Path) -> Path:
    """Return a folder with its npm packages in place."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js is not installed, and JavaScript clients need it.")
    if not (folder / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=folder, check=True, timeout=300)
    return folder
