"""Real servers on loopback, each connection handled as soon as the socket listens: nothing to wait for."""

import base64
import os
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    """Serve in a thread; gives the port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[index,misc]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Inetd(socketserver.ThreadingTCPServer):
    """Gives each connection to a program as its standard input and output, as inetd does."""

    request_queue_size = 128

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                subprocess.run(
                    command,
                    stdin=self.request,
                    stdout=self.request,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    check=False,
                )

        super().__init__(("127.0.0.1", 0), Handler)


def git_daemon(folder: Path, environment: Mapping[str, str]) -> Inetd:
    """git://127.0.0.1:PORT/name.git for the repositories in a folder."""
    return Inetd(["git", "daemon", "--inetd", "--export-all", f"--base-path={folder}"], environment)


def sshd(folder: Path, sshd_path: str, public_key: Path) -> Inetd:
    """An SSH server that lets one key in."""
    host_key = folder / "host_key"
    make_key(host_key)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    settings = {
        "HostKey": host_key,
        "AuthorizedKeysFile": public_key,
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PidFile": "none",
    }
    config = folder / "sshd_config"
    config.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    return Inetd([sshd_path, "-i", "-f", str(config)], dict(os.environ))


def make_key(path: Path) -> None:
    """An SSH key pair without a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)


class HttpBackend(ThreadingHTTPServer):
    """git-http-backend(1) as a CGI program, behind basic authentication when a user is named."""

    def __init__(self, folder: Path, environment: Mapping[str, str], credentials: str = "") -> None:
        self.folder, self.environment = folder, environment
        self.wanted = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
        super().__init__(("127.0.0.1", 0), _Backend)


class _Backend(BaseHTTPRequestHandler):
    server: HttpBackend

    def do_GET(self) -> None:
        if self.server.wanted and self.headers.get("Authorization") != self.server.wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="lessons"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        length = int(self.headers.get("Content-Length") or 0)
        done = subprocess.run(
            ["git", "http-backend"],
            input=self.rfile.read(length),
            env={**self.server.environment, **self._variables()},
            capture_output=True,
            check=False,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((int(value.split()[0]) for key, value in fields if key == "Status"), 200)
        self.send_response(status)
        for key, value in (field for field in fields if field[0] != "Status"):
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  http.server calls it so

    def _variables(self) -> dict[str, str]:
        path, _, query = self.path.partition("?")
        return {
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class says so
        """Keep quiet."""
