# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A set is read once and in one order, and what can be done without is none of its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    BadInput,
    ConnectionFailed,
    CredentialError,
    NotFound,
    ServiceError,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._operations.read_facts import (
    OptionalReads,
    answered,
    gather,
    readable,
)
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
from ansible_collections.azroll.vmss.tests.unit.wire import (
    GROUP,
    NOW,
    WEB,
    Exchange,
    error,
    get,
    get_instances,
    get_model,
    get_rolling,
    model,
    vm,
)

FORBIDDEN = error("AuthorizationFailed", "does not have authorization to perform action 'x/read' over scope '/s'")
RUNS = {"orchestrationServices": [{"serviceName": "AutomaticRepairs", "serviceState": "Running"}]}
COMPLETED = {"properties": {"runningStatus": {"code": "Completed"}}}
# No such thing here; not for you; and what another try may answer.
ABSENT, DENIED, BROKEN = (400, 404, 409), (401, 403, 405, 410, 412), (408, 429, 500, 503)


def get_view(body: Any = None, **more: Any) -> Exchange:
    return get(f"{WEB}/instanceView", RUNS if body is None else body, **more)


def failing(status: int | None) -> Callable[[], str]:
    def read() -> str:
        raise ServiceError("no", fault=ArmFault(status))

    return read


def test_a_set_is_read_once_in_one_order(play: Play) -> None:
    later = NOW.replace("10:15", "10:20")
    arm, _deadline = play(
        get_model(),
        get_instances(vm(10), vm(2)),
        get_rolling(200, COMPLETED),
        get_view(headers={"Date": later}),
    )
    found = gather(arm, "rg-shop", "web")
    assert (found.scale_set.name, found.scale_set.resource_group) == ("web", "rg-shop")
    assert [one.instance_id for one in found.instances] == ["10", "2"]
    assert (found.rolling_upgrade, found.repairs_state) == ("Completed", "Running")
    assert found.gathered_at == "2026-11-22T10:15:00+00:00", "health is as old as the list, not as what came after it"


def test_the_documents_are_those_that_the_rest_was_made_from(play: Play) -> None:
    arm, _deadline = play(get_model(), get_instances(vm(1)), get_rolling(), get_view())
    documents = gather(arm, "rg-shop", "web").documents
    assert documents is not None
    assert (documents.scale_set, documents.instances) == (model(), (vm(1),))


@pytest.mark.parametrize("status", [401, 403])
def test_what_may_not_be_read_beside_is_not_known(play: Play, status: int) -> None:
    # A login that is refused is renewed once.
    times = 2 if status == 401 else 1
    script = [*[get_rolling(status, FORBIDDEN)] * times, *[get_view(FORBIDDEN, status=status)] * times]
    arm, _deadline = play(get_model(), get_instances(vm(0)), *script)
    found = gather(arm, "rg-shop", "web")
    assert (found.rolling_upgrade, found.repairs_state) == (None, None)
    assert len(found.instances) == 1


def get_machines(*entries: dict[str, Any]) -> Exchange:
    query = {"$filter": f"'virtualMachineScaleSet/id' eq '{WEB}'", "$expand": "instanceView"}
    return get(f"{GROUP}/virtualMachines", {"value": list(entries)}, query=query)


def test_flexible_sets_know_neither_repairs_nor_rolling_upgrades(play: Play) -> None:
    refusal = error("OperationNotAllowed", "Operation is not allowed on Virtual Machine Scale Set")
    arm, _deadline = play(
        get_model(model(orchestrationMode="Flexible")),
        get_machines(),
        get_rolling(409, refusal),
        get_view(refusal, status=400),
    )
    found = gather(arm, "rg-shop", "web")
    assert (found.rolling_upgrade, found.repairs_state, found.instances) == (None, None, ())


@pytest.mark.parametrize(
    "script",
    [
        [get_model(FORBIDDEN, status=403)],
        [get_model(), get_instances(status=403)],
        [get_model(), get_instances(vm(0)), *[get_rolling(503, error("Whatever", "No."))] * 5],
    ],
)
def test_without_model_and_list_and_while_azure_does_nothing_there_is_no_set(
    play: Play, script: list[Exchange]
) -> None:
    arm, _deadline = play(*script)
    with pytest.raises(VmssError):
        gather(arm, "rg-shop", "web")


def gather_flexible(arm: Arm, *include: str) -> Snapshot:
    return gather(arm, "rg-shop", "web", include=include)


def test_what_was_not_made_from_the_model_is_included_by_name(play: Play) -> None:
    machine = {**vm(0), "name": "web_0a1b2c3d"}
    del machine["instanceId"]
    body = model(orchestrationMode="Flexible")
    body["properties"]["virtualMachineProfile"]["timeCreated"] = "2026-11-20T08:00:05.123+00:00"
    beside = [get_rolling(), get_view({})]
    for include, attached in (((), True), (("WEB_0a1b2c3d",), False)):
        arm, _deadline = play(get_model(body), get_machines(machine), *beside)
        assert [bool(one.attached) for one in gather_flexible(arm, *include).instances] == [attached]
    del machine["properties"]["storageProfile"]["imageReference"]
    arm, _deadline = play(get_model(body), get_machines(machine))
    with pytest.raises(BadInput, match="cannot be included"):
        gather_flexible(arm, "web_0a1b2c3d")


@pytest.mark.parametrize("read", [readable, OptionalReads()])
def test_what_is_read_is_given_back_and_absent_is_not_denied(read: Any) -> None:
    assert read(lambda: "found", "nothing") == "found"
    assert [read(failing(status), "nothing") for status in ABSENT] == ["nothing"] * 3
    assert [read(failing(status)) for status in ABSENT] == [None] * 3
    assert [read(failing(status), "nothing") for status in DENIED] == [None] * 5


@pytest.mark.parametrize("status", [*BROKEN, None])
def test_no_refusal_is_an_error_where_the_facts_are_asked_for(status: int | None) -> None:
    with pytest.raises(ServiceError):
        readable(failing(status), "nothing")


@pytest.mark.parametrize("report", [False, True])
@pytest.mark.parametrize("status", BROKEN)
def test_preflight_goes_on_where_azure_is_broken_and_says_so(status: int, report: bool) -> None:
    read = OptionalReads()
    assert read(failing(status), "nothing", report=report) is None
    assert [error.fault.status for error in read.trouble] == [status]


def test_a_refusal_is_reported_only_where_nothing_else_shows_it() -> None:
    read = OptionalReads()
    for status in (*ABSENT, *DENIED):
        read(failing(status))
    assert read.trouble == []
    for status in (*ABSENT, *DENIED):
        read(failing(status), report=True)
    assert [error.fault.status for error in read.trouble] == [*DENIED]


@pytest.mark.parametrize("silence", [ConnectionFailed("no answer"), CredentialError("no login")])
def test_silence_and_a_login_that_fails_end_everything(silence: VmssError) -> None:
    def read() -> str:
        raise silence

    optional = OptionalReads()
    for reader in (readable, optional):
        with pytest.raises(type(silence)):
            reader(read, "nothing")
    assert optional.trouble == [], "it is the error of the whole, and no remark"
    assert not answered(silence)
    assert answered(NotFound("no", fault=ArmFault(404)))


def test_the_reader_of_preflight_reads_what_stands_beside_the_set(play: Play) -> None:
    arm, _deadline = play(
        get_model(), get_instances(vm(0)), *[get_rolling(503, error("Whatever", "No."))] * 5, get_view()
    )
    optional = OptionalReads()
    found = gather(arm, "rg-shop", "web", optional)
    assert (found.rolling_upgrade, found.repairs_state) == (None, "Running")
    assert [error.fault.status for error in optional.trouble] == [503]
