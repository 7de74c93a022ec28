"""What our commits say of themselves in trailers: the system that wrote them, the peers behind them."""

import re
from typing import Final, NamedTuple

SYSTEM_TRAILER: Final = "Fedlearn-System"
PEER_TRAILER: Final = "Fedlearn-Peer"

_SYSTEM: Final = re.compile(rf"^{SYSTEM_TRAILER}: (\S+)$", re.MULTILINE)
_PEER: Final = re.compile(rf"^{PEER_TRAILER}: (\S+) ", re.MULTILINE)


class Trailers(NamedTuple):
    """`system` is empty for a commit that was made by hand."""

    system: str
    peers: tuple[str, ...]


def read_trailers(message: str) -> Trailers:
    """The trailers of a commit message."""
    system = _SYSTEM.search(message)
    return Trailers(system[1] if system else "", tuple(_PEER.findall(message)))
