# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How recorded exchanges are put before the validator, and how its findings are judged; without the validator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.traffic.__main__ import gaps, is_served
from conformance.traffic.description import load, operation_of
from conformance.traffic.exchanges import Exchange, is_described, live_form, recorded, write
from conformance.traffic.findings import Accepted, Finding, ReportError, judge, load_accepted, read_report
from conformance.traffic.recorder import Recorder
from conformance.traffic.site import Site

from .conftest import Pool

SITE = "https://management.example"
COMPUTE = "/subscriptions/s/providers/Microsoft.Compute"
WEB = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/web"
REPORT = """specFilePath: >-
  /specs/2024-07-01/virtualMachineScaleSet.json
payloadFilePath: /traffic/list-1.json
errors:
  - code: OBJECT_ADDITIONAL_PROPERTIES
    message: 'Additional properties not allowed: colour'
    params:
      - colour
    jsonPathsInPayload:
      - $.value[0].colour
    source:
      jsonRef: '#/definitions/Disk'
    issueSource: response
runtimeExceptions: []
operationInfo:
  operationId: VirtualMachineScaleSetVMs_List

payloadFilePath: /traffic/broken-2.json
runtimeExceptions:
  - code: RUNTIME_ERROR
    message: >-
      It broke.
"""


def an_exchange(
    method: str = "GET", path: str = WEB, query: str = "api-version=2024-07-01", status: int = 200, body: Any = None
) -> Exchange:
    return {
        "request": {"method": method, "url": f"{SITE}{path}?{query}", "headers": {"Accept": "*/*"}, "body": None},
        "response": {"status": status, "headers": {"Content-Type": "application/json"}, "body": body},
    }


def a_finding(**fields: str) -> Finding:
    usual = {
        "name": "one",
        "operation": "VirtualMachineScaleSets_Get",
        "side": "response",
        "code": "OBJECT_ADDITIONAL_PROPERTIES",
        "subject": "colour",
        "definition": "Disk",
        "where": "$.colour",
        "message": "",
    }
    return Finding(**{**usual, **fields})


COLOUR = Accepted("OBJECT_ADDITIONAL_PROPERTIES", "colour", "Disk", "The service has it.")


def test_the_live_form() -> None:
    exchange = an_exchange(query="api-version=2024-07-01&%24expand=instanceView", body={"name": "web"})
    assert live_form(exchange) == {
        "liveRequest": {
            "method": "GET",
            "url": f"{SITE}{WEB}?api-version=2024-07-01&%24expand=instanceView",
            "headers": {"accept": "*/*"},
            "query": {"api-version": "2024-07-01", "$expand": "instanceView"},
        },
        "liveResponse": {
            "statusCode": "200",
            "headers": {"content-type": "application/json"},
            "body": {"name": "web"},
        },
    }


def test_an_empty_list_is_a_body() -> None:
    assert live_form(an_exchange(body=[]))["liveResponse"]["body"] == []
    assert "body" not in live_form(an_exchange(body=""))["liveResponse"]


@pytest.mark.parametrize(
    ("path", "query", "described"),
    [
        (WEB, "api-version=2024-07-01", True),
        (WEB.lower(), "api-version=2024-07-01", True),
        (WEB, "api-version=2024-11-01", False),
        (f"{COMPUTE}/locations/l/operations/1", "api-version=2024-07-01", False),
        ("/subscriptions/s/resourceGroups/g", "api-version=2024-07-01", False),
    ],
)
def test_what_the_description_knows(path: str, query: str, described: bool) -> None:
    assert is_described(an_exchange(path=path, query=query)) is described


def test_recordings_are_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "INDEX.json").write_text('{"files": []}', encoding="utf-8")
    old, new = an_exchange(query="api-version=2020-06-01"), an_exchange(body={"name": "web"})
    (tmp_path / "a.json").write_text(json.dumps({"exchanges": [old, new]}), encoding="utf-8")
    found = dict(recorded(tmp_path))
    assert found == {"a-001": new}
    write(found, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "a-001.json").read_text(encoding="utf-8")) == live_form(new)


def test_a_report() -> None:
    listed, broken = read_report(REPORT)
    assert listed == Finding(
        name="list-1",
        operation="VirtualMachineScaleSetVMs_List",
        side="response",
        code="OBJECT_ADDITIONAL_PROPERTIES",
        subject="colour",
        definition="Disk",
        where="$.value[0].colour",
        message="Additional properties not allowed: colour",
    )
    assert (broken.name, broken.code, broken.message) == ("broken-2", "RUNTIME_ERROR", "It broke.")


def test_a_finding_reported_for_two_files_is_one() -> None:
    first = REPORT.partition("\n\n")[0]
    assert len(read_report(f"{first}\n\n{first}\n")) == 1


@pytest.mark.parametrize("text", ["Cannot find module 'oav'", "FATAL ERROR: heap: out of memory", "- 1"])
def test_what_is_no_report(text: str) -> None:
    with pytest.raises(ReportError):
        read_report(text)


def test_nothing_said_is_nothing_found() -> None:
    assert read_report("\n") == []


def test_what_the_service_gets_as_well_is_accepted() -> None:
    verdict = judge([a_finding()], {"one": an_exchange()}, [COLOUR])
    assert not verdict.new
    assert verdict.accepted == {COLOUR: 1}
    assert not verdict.unproved


@pytest.mark.parametrize(
    "other",
    [
        {"subject": "size"},
        {"definition": "Image"},
        {"code": "INVALID_TYPE"},
        {"side": "request"},
        {"code": "RUNTIME_ERROR", "side": "", "subject": "", "definition": ""},
    ],
)
def test_anything_else_is_new(other: dict[str, str]) -> None:
    finding = a_finding(**other)
    verdict = judge([finding], {"one": an_exchange()}, [COLOUR])
    assert verdict.new == [finding]
    assert verdict.unproved == [COLOUR]


def test_an_option_of_the_request_can_be_the_condition() -> None:
    entry = Accepted(COLOUR.code, COLOUR.subject, COLOUR.definition, "Only there.", query="$select")
    exchanges = {"one": an_exchange(), "two": an_exchange(query="%24select=instanceView&api-version=2024-07-01")}
    verdict = judge([a_finding(), a_finding(name="two")], exchanges, [entry])
    assert [finding.name for finding in verdict.new] == ["one"]
    assert verdict.accepted[entry] == 1


@pytest.mark.parametrize(("status", "new"), [(200, 1), (400, 0)])
def test_a_wrong_request_counts_unless_it_was_refused(status: int, new: int) -> None:
    finding = a_finding(side="request", code="INVALID_TYPE")
    assert len(judge([finding], {"one": an_exchange(status=status)}, []).new) == new


def test_what_is_published_needs_no_recording() -> None:
    published = Accepted(COLOUR.code, COLOUR.subject, COLOUR.definition, "The service has it.", source="Its manual.")
    assert not judge([], {}, [published]).unproved


def test_the_list_of_accepted_findings() -> None:
    entries = load_accepted()
    assert len({str(entry) for entry in entries}) == len(entries) > 0
    assert all(entry.reason for entry in entries)


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A description of two operations, and an example that is none."""
    folder = tmp_path / "Microsoft.Compute" / "stable" / "2024-07-01"
    (folder / "examples").mkdir(parents=True)
    address = WEB.replace("/s/", "/{subscriptionId}/").replace("/g/", "/{group}/").replace("/web", "/{name}")
    paths = {address: {"get": {"operationId": "Sets_Get"}, "put": {"operationId": "Sets_Put"}, "parameters": []}}
    (folder / "virtualMachineScaleSet.json").write_text(json.dumps({"paths": paths}), encoding="utf-8")
    (folder / "examples" / "a.json").write_text(json.dumps({"paths": {"/": {"get": {}}}}), encoding="utf-8")
    return tmp_path


def test_operations_of_the_description(specs: Path) -> None:
    operations = load(specs)
    assert [one.name for one in operations] == ["Sets_Get", "Sets_Put"]
    assert operation_of(an_exchange(path=WEB.upper()), operations) == operations[0]
    assert operation_of(an_exchange(path=f"{WEB}/skus"), operations) is None


def test_gaps(specs: Path) -> None:
    operations = load(specs)
    refused = an_exchange(status=404, body={"error": {"code": "InvalidResourceType", "message": "No."}})
    assert not is_served(refused)
    assert gaps([refused], operations) == (["Sets_Get"], ["Sets_Put"])
    assert gaps([refused, an_exchange(), an_exchange("PUT")], operations) == ([], [])
    with pytest.raises(ReportError, match="POST"):
        gaps([an_exchange("POST")], operations)


@pytest.fixture
def site(simulator_of: Pool) -> Iterator[Site]:
    simulator = simulator_of("quickstart")
    recorder = Recorder(simulator)
    yield Site(simulator, recorder)
    recorder.close()


def statuses(recorder: Recorder) -> list[int]:
    return [exchange["response"]["status"] for exchange in recorder.exchanges]


def test_the_recorder_keeps_answers_and_tries_again_after_bad_weather(site: Site) -> None:
    site.recorder.exchanges.clear()
    site.simulator.faults({"kind": "status", "status": 503}, {"kind": "reset"})
    assert site.recorder.get(site.set).status_code == 200
    assert statuses(site.recorder) == [503, 200]
    kept = site.recorder.exchanges[-1]["request"]["headers"]
    assert "authorization" not in {name.lower() for name in kept}


def test_polls_are_no_part_of_the_traffic(site: Site) -> None:
    site.recorder.exchanges.clear()
    site.recorder.do("PATCH", site.set, {"tags": {"release": "next"}})
    assert statuses(site.recorder) == [200]
    assert site.model()["properties"]["provisioningState"] == "Succeeded"


def test_a_glance_is_at_what_was_not_met_before(site: Site) -> None:
    site.glance()
    site.recorder.exchanges.clear()
    site.glance()
    assert site.recorder.exchanges == []
    first = site.recorder.peek(f"{site.set}/virtualMachines")[0]["instanceId"]
    site.simulator.change(instances=first, protect=True)
    site.glance()
    (exchange,) = site.recorder.exchanges
    assert exchange["response"]["body"]["instanceId"] == first
