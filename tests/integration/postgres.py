"""A PostgreSQL of the tests' own, reached by a socket in its folder only."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")


class Postgres:
    """A cluster with a database for each who asks."""

    def __init__(self) -> None:
        # A socket's path is short, and another user must reach it.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="skerry-pg-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup",
                             "--clear-groups", "--"]
        self._count = 0
        self._run("initdb", "--auth=trust", "--username=skerry",
                  "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata",
                  self.folder / "data")
        self._run("pg_ctl", "--wait", "--pgdata", self.folder / "data", "--log",
                  self.folder / "log", "--options",
                  "-c listen_addresses='' -c fsync=off -c max_connections=200 "
                  f"-c unix_socket_directories={self.folder}", "start")

    def _run(self, program: str, *arguments) -> None:
        subprocess.run(
            [str(word) for word in (*self._as_user, PROGRAMS / program,
                                    *arguments)],
            check=True, timeout=60, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)

    def url(self, name: str) -> str:
        return f"postgresql://skerry@/{name}?host={self.folder}"

    def new_database(self) -> str:
        self._count += 1
        name = f"test{self._count}"
        self._run("psql", "--quiet", self.url("postgres"), "--command",
                  f"CREATE DATABASE {name}")
        return self.url(name)

    def stop(self) -> None:
        self._run("pg_ctl", "--wait", "--mode=immediate", "--pgdata",
                  self.folder / "data", "stop")
        shutil.rmtree(self.folder)
