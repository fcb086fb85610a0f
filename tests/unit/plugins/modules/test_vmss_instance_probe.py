# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    SUBSCRIPTION_ID,
    WEB,
    Exchange,
    error,
    get,
    get_instances,
    get_model,
    model,
    vm,
)

MODULE = "vmss_instance_probe"
STATUSES = {"127.0.0.1": 200, "127.0.0.2": 503, "127.0.0.3": 302}


@pytest.fixture
def port() -> Iterator[int]:
    """A site on all addresses of the loop, which answers by the address that it is asked at."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(STATUSES[self.connection.getsockname()[0]])
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Not to the terminal."""

    server = ThreadingHTTPServer(("", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def interface(number: int | str, *addresses: str, machines: str = WEB, primary: bool = True) -> dict[str, Any]:
    """As recorded, without what nobody reads; the first address is not the primary one."""
    configurations = [
        {"name": f"c{place}", "properties": {"privateIPAddress": one, "primary": place == len(addresses) - 1}}
        for place, one in enumerate(addresses)
    ]
    machine = {"id": f"{machines}/virtualMachines/{number}"}
    return {"properties": {"primary": primary, "ipConfigurations": configurations, "virtualMachine": machine}}


def get_interfaces(*entries: dict[str, Any], **more: Any) -> Exchange:
    return get(f"{WEB}/networkInterfaces", {"value": list(entries)}, **{"api": "2023-09-01", **more})


def test_each_instance_is_asked_at_its_own_primary_address(run: Run, port: int) -> None:
    script = [
        get_model(),
        get_instances(vm(10), vm(2), vm(3, state="Deleting"), vm(4, power="deallocated"), vm(5)),
        get_interfaces(
            interface(2, "127.0.0.9", primary=False),
            interface(2, "127.0.0.9", "127.0.0.1"),
            interface(10, "127.0.0.3"),
            interface(5, "127.0.0.2"),
            {"properties": {}},
        ),
    ]
    url = f"http://{{address}}:{port}/health"
    result = run(MODULE, script, url=url, status_code=[200, 302], unhealthy_before=["5"], check_mode=True)
    assert set(result) == {"changed", "msg", "error", "answers"}
    assert result["answers"] == [
        {"instance_id": "2", "address": "127.0.0.1", "status": 200, "trouble": None},
        {"instance_id": "10", "address": "127.0.0.3", "status": 302, "trouble": None},
    ]
    assert result["msg"] == "2 instances of web answered well."


def test_whoever_does_not_answer_well_is_named(run: Run, port: int) -> None:
    script = [
        get_model(),
        get_instances(*[vm(number) for number in range(5)]),
        get_interfaces(
            interface(0, "127.0.0.1"), interface(1, "127.0.0.2"), interface(2, "127.0.0.3"), interface(3, "::1")
        ),
    ]
    url = f"http://{{address}}:{port}/health"
    result = run(MODULE, script, url=url, instance_ids=["1", "2", "3", "4", "99"], timeout=2)
    assert result["failed"]
    assert (result["error"]["kind"], result["error"]["instances"]) == ("operation_failed", ["1", "2", "3", "4"])
    assert "4 of 4 instances of web did not answer well: 1 (127.0.0.2: status 503), 2 (127.0.0.3: stat" in result["msg"]
    assert "3 (::1: " in result["msg"]
    assert "4 (no address)" in result["msg"]
    assert [one["status"] for one in result["answers"]] == [503, 302, None, None]
    assert all(one["trouble"] for one in result["answers"][2:])


def test_the_interfaces_of_a_flexible_set_are_those_of_its_group(run: Run, port: int) -> None:
    group = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-shop/providers"
    machines = f"{group}/Microsoft.Compute"
    one = {key: value for key, value in {**vm(0), "name": "web_1a2b"}.items() if key != "instanceId"}
    listed = get(
        f"{machines}/virtualMachines",
        {"value": [one]},
        query={"$expand": "instanceView", "$filter": f"'virtualMachineScaleSet/id' eq '{WEB}'"},
    )
    entries = [
        interface("other", "127.0.0.2", machines=machines),
        interface("WEB_1A2B", "127.0.0.1", machines=machines),
    ]
    own = get(f"{group}/Microsoft.Network/networkInterfaces", {"value": entries}, api="2023-09-01")
    body = model(orchestrationMode="Flexible")
    result = run(MODULE, [get_model(body), listed, own], url=f"http://{{address}}:{port}/")
    assert [(one["instance_id"], one["status"]) for one in result["answers"]] == [("web_1a2b", 200)]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"url": "http://10.0.0.4/"}, "url has no {address}"),
        ({"url": "{address}"}, "url"),
        ({"url": "http://{address}/", "status_code": [20]}, "status_code"),
        ({"url": "http://{address}/", "timeout": 0}, "timeout"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_request(run: Run, options: dict[str, Any], word: str) -> None:
    result = run(MODULE, [], **options)
    assert result["error"]["kind"] == "bad_input"
    assert word in result["msg"]


def test_a_missing_permission_is_named(run: Run) -> None:
    action = "Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read"
    refused = get_interfaces(status=403)
    refused.body = error("AuthorizationFailed", f"The client 'c' may not perform action '{action}' over scope '/x'.")
    result = run(MODULE, [get_model(), get_instances(vm(0)), refused], url="http://{address}/")
    assert result["error"]["kind"] == "forbidden"
    assert action in result["msg"]
