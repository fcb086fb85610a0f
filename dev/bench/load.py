# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Load on the simulator: 1,000 instances, 50 clients, 10,000 requests over real HTTPS connections that are kept alive.

Every client asks its next question as soon as the last one is answered, without a pause: the time of an answer contains
the wait for the questions of the 49 others. p99 is the time within which 99 of 100 answers were complete, body and all.
Where the machine has other work, too, the processor time of a request says more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import ssl
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from armsim.launch import Simulator, running
from bench.process import cpu_of

VERSION = "2024-07-01"
# Weights of a roll by several tools at once: mostly polls and looks at single instances, now and then a whole list.
MIX = {
    "poll": 30,
    "instance": 30,
    "model": 15,
    "instance view": 8,
    "view of the set": 5,
    "list": 5,
    "list with views": 5,
    "upgrade": 2,
}


@dataclass
class Measured:
    """Seconds of every answer by kind, and what was wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def all(self) -> list[float]:
        return [value for values in self.seconds.values() for value in values]


class Connection:
    """A connection that is kept alive, with just enough HTTP to talk to the simulator."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: str) -> None:
        self._reader, self._writer, self._headers = reader, writer, headers

    @classmethod
    async def open(cls, base_url: str, ca_file: str, token: str | None = None) -> Connection:
        address = urlsplit(base_url)
        context = ssl.create_default_context(cafile=ca_file)
        reader, writer = await asyncio.open_connection(address.hostname, address.port, ssl=context, limit=1 << 22)
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        return cls(reader, writer, f"Host: {address.netloc}\r\n{authorization}")

    async def ask(
        self, method: str, target: str, body: bytes = b"", media_type: str = "application/json"
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers with names in lower case, and body."""
        content = f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n" if body else ""
        self._writer.write(f"{method} {target} HTTP/1.1\r\n{self._headers}{content}\r\n".encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in head[1:] if line)}
        length = int(headers.get("content-length", "0"))
        return int(head[0].split(" ")[1]), headers, await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


@dataclass
class Work:
    """What the clients ask about: the set, its instances, and the operations started so far."""

    web: str
    ids: list[str]
    operations: list[str]

    def question(self, kind: str, rng: random.Random) -> tuple[str, str, bytes]:
        one = f"{self.web}/virtualMachines/{rng.choice(self.ids)}"
        path = {
            "instance": one,
            "model": self.web,
            "instance view": f"{one}/instanceView",
            "view of the set": f"{self.web}/instanceView",
            "list": f"{self.web}/virtualMachines",
            "list with views": f"{self.web}/virtualMachines",
            "upgrade": f"{self.web}/manualupgrade",
        }.get(kind)
        if path is None:
            return "GET", rng.choice(self.operations), b""
        expand = f"{quote('$expand')}=instanceView&" if kind == "list with views" else ""
        target = f"{path}?{expand}api-version={VERSION}"
        if kind != "upgrade":
            return "GET", target, b""
        return "POST", target, json.dumps({"instanceIds": rng.sample(self.ids, 2)}).encode()


async def client(number: int, connection: Connection, work: Work, requests: int, measured: Measured) -> None:
    rng = random.Random(number)
    for kind in rng.choices(list(MIX), list(MIX.values()), k=requests):
        method, target, body = work.question(kind, rng)
        begun = time.perf_counter()
        status, headers, content = await connection.ask(method, target, body)
        measured.seconds[kind].append(time.perf_counter() - begun)
        if status != (202 if kind == "upgrade" else 200):
            measured.errors.append(f"{kind}: {status} {content[:200].decode(errors='replace')}")
        elif kind == "upgrade":
            work.operations.append(_target(headers["azure-asyncoperation"]))
        elif kind.startswith("list") and len(json.loads(content)["value"]) != 120:
            measured.errors.append(f"{kind}: not 120 instances")


async def load(ready: dict[str, Any], clients: int, requests: int) -> Measured:
    """Everything that the clients ask, spread evenly over them."""
    door = await Connection.open(ready["base_url"], ready["ca_file"])
    form = {
        "grant_type": "client_credentials",
        "client_id": ready["client_id"],
        "client_secret": ready["client_secret"],
        "scope": f"{ready['base_url']}/.default",
    }
    login = await door.ask(
        "POST",
        f"/{ready['tenant_id']}/oauth2/v2.0/token",
        urlencode(form).encode(),
        "application/x-www-form-urlencoded",
    )
    token = json.loads(login[2])["access_token"]
    connections = [await Connection.open(ready["base_url"], ready["ca_file"], token) for _ in range(clients)]
    work = await _work(connections[0], ready["scale_sets"][0]["id"])
    measured = Measured()
    tasks = (client(number, item, work, requests // clients, measured) for number, item in enumerate(connections))
    await asyncio.gather(*tasks)
    for connection in [door, *connections]:
        connection.close()
    return measured


async def _work(connection: Connection, web: str) -> Work:
    ids: list[str] = []
    target = f"{web}/virtualMachines?api-version={VERSION}"
    while target:
        body = json.loads((await connection.ask("GET", target))[2])
        ids += [item["instanceId"] for item in body["value"]]
        target = _target(body["nextLink"]) if "nextLink" in body else ""
    image = {"version": "24.04.202511100"}
    patch = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": image}}}}
    answer = await connection.ask("PATCH", f"{web}?api-version={VERSION}", json.dumps(patch).encode())
    return Work(web, ids, [_target(answer[1]["azure-asyncoperation"])])


def _target(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def resident_megabytes(simulator: Simulator) -> float:
    """Memory that the simulator holds now."""
    status = Path(f"/proc/{simulator.process.pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 where an answer was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args(arguments)
    with running("thousand", speed=60) as simulator:
        # Caches fill first.
        asyncio.run(load(simulator.ready, options.clients, options.clients * 60))
        before, used = resident_megabytes(simulator), cpu_of(simulator.process.pid) or 0.0
        begun = time.perf_counter()
        measured = asyncio.run(load(simulator.ready, options.clients, options.requests))
        took = time.perf_counter() - begun
        after, used = resident_megabytes(simulator), (cpu_of(simulator.process.pid) or 0.0) - used
    times = measured.all()
    print(f"{len(times)} requests of {options.clients} clients in {took:.1f} s: {len(times) / took:.0f} a second")
    print(f"errors: {len(measured.errors)}")
    for error in measured.errors[:5]:
        print(f"  {error}")
    print(f"{'kind':<16} {'share':>6} {'p50 ms':>8} {'p99 ms':>8} {'worst':>8}")
    for kind, values in [*sorted(measured.seconds.items()), ("all", times)]:
        row = (statistics.median(values) * 1000, _percentile(values, 0.99), max(values) * 1000)
        print(f"{kind:<16} {len(values) / len(times):>6.0%} " + " ".join(f"{value:>8.1f}" for value in row))
    each = used / len(times) * 1000
    print(f"processor time of the simulator: {each:.2f} ms a request, {used / took:.0%} of a processor")
    print(f"memory of the simulator: {before:.0f} MB before, {after:.0f} MB after ({after / before:.2f} times)")
    return 1 if measured.errors else 0


if __name__ == "__main__":
    sys.exit(main())
