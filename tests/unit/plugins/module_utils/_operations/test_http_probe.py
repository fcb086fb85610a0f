# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Instances are asked at once, each at its own address and nowhere else, and whatever comes of it is an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast
from urllib.error import URLError

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.addresses import Answer
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._operations import http_probe
from ansible_collections.azroll.vmss.plugins.module_utils._operations.http_probe import ask_instance, ask_instances
from ansible_collections.azroll.vmss.tests.unit.builders import instance, scale_set


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    """A site of the loop, for as long as it is needed."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Site(ThreadingHTTPServer):
    """Answers on all addresses of the loop: the status by the path, once `together` are there."""

    # All may knock before the first is let in.
    request_queue_size = 64

    def __init__(self, together: int = 1) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.meeting = threading.Barrier(together, timeout=20)
        super().__init__(("", 0), _Handler)

    def url(self, status: int, address: str = "{address}") -> str:
        return f"http://{address}:{self.server_port}/{status}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        at = self.connection.getsockname()[0]
        self.server.asked.append((at, self.path, self.headers["User-Agent"]))
        self.server.meeting.wait()
        self.send_response(int(self.path[1:]))
        self.send_header("Location", self.server.url(200, "127.0.0.9"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Not to the terminal."""


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as server:
        yield server


@pytest.mark.parametrize("status", [200, 204, 301, 302, 401, 404, 500, 503])
def test_every_status_is_an_answer_by_itself(site: Site, status: int) -> None:
    answer = ask_instance("3", "127.0.0.3", url=site.url(status), timeout=20)
    assert answer == Answer("3", "127.0.0.3", status=status)
    assert site.asked == [("127.0.0.3", f"/{status}", "ansible-azroll.vmss")], "a redirect leads to nobody else"


def test_an_instance_is_asked_past_every_proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask_instance("3", "127.0.0.3", url=site.url(200), timeout=20).status == 200


def test_without_an_address_nobody_is_asked(site: Site) -> None:
    assert ask_instance("3", None, url=site.url(200), timeout=20) == Answer("3", None, trouble="it has no address")
    assert site.asked == []


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_who_refuses_is_quoted() -> None:
    answer = ask_instance("3", "127.0.0.1", url=f"http://{{address}}:{closed_port()}/", timeout=20)
    assert (answer.status, answer.address) == (None, "127.0.0.1")
    assert "refused" in str(answer.trouble)


def test_who_is_silent_is_waited_for_no_longer_than_the_timeout() -> None:
    # It takes the connection, and never answers.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        answer = ask_instance("3", "127.0.0.1", url=f"http://{{address}}:{deaf.getsockname()[1]}/", timeout=0.05)
    assert answer.status is None
    assert "timed out" in str(answer.trouble)


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 many OK\r\n\r\n"])
def test_who_speaks_no_http_is_in_trouble(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def speak() -> None:
            connection = other.accept()[0]
            with connection:
                connection.recv(4096)
                connection.sendall(said)

        thread = threading.Thread(target=speak)
        thread.start()
        answer = ask_instance("3", "127.0.0.1", url=f"http://{{address}}:{other.getsockname()[1]}/", timeout=20)
        thread.join()
    assert answer.status is None
    assert answer.trouble, "an empty reason says nothing"


def test_an_error_without_words_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_handlers: object, **_more: object) -> Any:
        raise URLError(TimeoutError())

    monkeypatch.setattr(http_probe, "build_opener", lambda *_handlers: SimpleNamespace(open=opened))
    answer = ask_instance("3", "127.0.0.3", url="http://{address}/", timeout=20)
    assert answer == Answer("3", "127.0.0.3", trouble="TimeoutError")


class Azure:
    """A set with these instances, and an interface for each of the addresses; `asked` is what was read."""

    def __init__(self, *instances: Instance, **addresses: str) -> None:
        self.instances, self.asked = instances, list[str]()
        self.interfaces = [
            {
                "properties": {
                    "virtualMachine": {"id": f"/virtualMachines/{number.removeprefix('i')}"},
                    "ipConfigurations": [{"properties": {"privateIPAddress": address}}],
                }
            }
            for number, address in addresses.items()
        ]

    def get_scale_set(self, resource_group: str, name: str) -> Any:
        self.asked.append(f"{resource_group}/{name}")
        return scale_set(name=name)

    def list_instances(self, of: Any) -> list[Instance]:
        self.asked.append(f"instances of {of.name}")
        return list(self.instances)

    def network_interfaces(self, of: Any) -> list[dict[str, Any]]:
        self.asked.append(f"interfaces of {of.name}")
        return self.interfaces


def ask(azure: Azure, url: str, **more: Any) -> list[Answer]:
    options = {"instance_ids": None, "unhealthy": (), "timeout": 20, **more}
    return ask_instances(cast(Any, azure), "web-rg", "web", url, **options)


def test_the_answers_come_in_the_order_of_the_ids(site: Site) -> None:
    azure = Azure(*map(instance, (10, 9, 2)), i2="127.0.0.2", i10="127.0.0.10")
    assert ask(azure, site.url(200)) == [
        Answer("2", "127.0.0.2", status=200),
        Answer("9", None, trouble="it has no address"),
        Answer("10", "127.0.0.10", status=200),
    ]
    assert azure.asked == ["web-rg/web", "instances of web", "interfaces of web"]


def test_all_are_asked_at_once() -> None:
    addresses = {f"i{number}": f"127.0.1.{number}" for number in range(40)}
    # Nobody gets an answer before all have asked.
    with serving(Site(together=len(addresses))) as site:
        answers = ask(Azure(*map(instance, range(40)), **addresses), site.url(200))
    assert [one.status for one in answers] == [200] * 40


def test_only_those_who_are_to_answer_are_asked(site: Site) -> None:
    azure = Azure(
        *map(instance, range(3)),
        instance(3, provisioning_state="Deleting"),
        instance(4, power="deallocated"),
        **{f"i{number}": f"127.0.0.{number + 1}" for number in range(5)},
    )
    assert [one.instance_id for one in ask(azure, site.url(503), unhealthy=["1"])] == ["0", "2"]
    assert [one.instance_id for one in ask(azure, site.url(503), instance_ids=["2", "4", "99"])] == ["2"]
    assert {at for at, _path, _agent in site.asked} == {"127.0.0.1", "127.0.0.3"}


@pytest.mark.parametrize("options", [{"unhealthy": ["0"]}, {"instance_ids": []}, {"instance_ids": ["99"]}])
def test_no_interface_is_read_where_nobody_is_to_answer(options: dict[str, Any]) -> None:
    azure = Azure(instance(0))
    assert ask(azure, "http://{address}/", **options) == []
    assert azure.asked == ["web-rg/web", "instances of web"]
