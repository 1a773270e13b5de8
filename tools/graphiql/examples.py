"""The example operations of the repository, as the list that the explorer offers.

`python tools/graphiql/examples.py` writes them to where the explorer fetches them.
"""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples"
TARGET = ROOT / "app" / "web" / "static" / "graphiql" / "examples.json"


def collect(folder: Path) -> list[dict[str, Any]]:
    """Return the `.graphql` files of a folder, by name, each with its variables and headers.

    The comment lines that open a file are its title (the first) and its explanation (the others).
    Variables stand beside it in `<name>.json`, headers in `<name>.headers.json`, if it needs any.
    """
    return [_describe(path) for path in sorted(folder.glob("*.graphql"))]


def _describe(path: Path) -> dict[str, Any]:
    query = path.read_text(encoding="utf-8")
    title, *explanation = _opening_comments(query) or [path.stem]
    example: dict[str, Any] = {
        "name": path.stem,
        "group": path.stem.replace("_", "-").split("-")[0],
        "title": title,
        "explanation": " ".join(explanation),
        "query": query,
        "variables": _read_object(path.with_suffix(".json")),
    }
    headers = _read_object(path.with_suffix(".headers.json"))
    return example | ({"headers": headers} if headers else {})


def _opening_comments(query: str) -> list[str]:
    comments = []
    for line in query.lstrip("\ufeff\n").splitlines():
        if not line.startswith("#"):
            break
        comments.append(line.lstrip("#").strip())
    return [comment for comment in comments if comment]


def _read_object(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        message = f"{path} must hold a JSON object"
        raise TypeError(message)
    return content


def main() -> None:
    """Write the list."""
    examples = collect(FOLDER)
    TARGET.write_text(json.dumps(examples, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(examples)} examples written to {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
