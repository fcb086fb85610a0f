# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How recordings are played to the simulator and compared: with recordings made up here."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.mirror import figures
from conformance.mirror.__main__ import main
from conformance.mirror.accepted import Accepted, Judge
from conformance.mirror.accepted import read as read_accepted
from conformance.mirror.compare import Difference, differences
from conformance.mirror.kinds import kind_of
from conformance.mirror.play import Outcome, play
from conformance.mirror.recordings import Answer, load, parse
from conformance.mirror.report import PARTS, Report, part_of
from conformance.mirror.steps import Steps
from conformance.mirror.uncompared import Entry, Uncompared

SITE = "https://management.azure.com"
COMPUTE = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Compute"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shop"
WEB = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/web"
VERSION = "2024-07-01"
OPERATION = f"{SITE}{COMPUTE}/locations/westus/operations/11111111-2222-4333-8444-555555555555"
IMAGE = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
NOTHING: Uncompared = Uncompared([])


def exchange(
    method: str, path: str, status: int, body: Any = None, sent: Any = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """One recorded exchange; of its headers only those given."""
    url = path if path.startswith("https") else f"{SITE}{path}?api-version={VERSION}"
    request = {"method": method, "url": url, "headers": {}, "body": sent}
    return {"request": request, "response": {"status": status, "headers": headers or {}, "body": body}}


def model(state: str = "Succeeded", **more: Any) -> dict[str, Any]:
    profile = {"storageProfile": {"imageReference": IMAGE}}
    return {
        "name": "web",
        "id": WEB,
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "location": "westus",
        "sku": {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2},
        "properties": {
            "upgradePolicy": {"mode": "Manual"},
            "provisioningState": state,
            "virtualMachineProfile": profile,
        },
        **more,
    }


def instance(number: int, state: str = "Succeeded") -> dict[str, Any]:
    name = {"name": f"web_{number}", "id": f"{WEB}/virtualMachines/{number}", "instanceId": str(number)}
    return {**name, "location": "westus", "properties": {"latestModelApplied": True, "provisioningState": state}}


def played(*exchanges: dict[str, Any]) -> list[Outcome]:
    return list(play(parse("made-up", {"exchanges": list(exchanges)}), NOTHING))


def in_body(outcome: Outcome) -> dict[str, str]:
    """Differences of status and states: what made-up bodies lack is none of them."""
    return {found.where: found.what for found in outcome.differences if "instead of" in found.what}


def started() -> dict[str, str]:
    return {"Azure-AsyncOperation": f"{OPERATION}?api-version={VERSION}"}


def poll(state: str, **more: Any) -> dict[str, Any]:
    body = {"startTime": "2025-01-01T00:00:00+00:00", "status": state, "name": OPERATION[-36:], **more}
    return exchange("GET", f"{OPERATION}?api-version={VERSION}", 200, body)


# --- playing --------------------------------------------------------------------------------------------------------


def test_a_set_is_there_from_the_first_answer_that_shows_it():
    first, again = played(exchange("GET", WEB, 200, model()), exchange("GET", WEB, 200, model()))
    assert first.seeded
    assert not again.seeded
    assert in_body(again) == {}


def test_a_set_that_is_not_there_is_not_seeded():
    missing = exchange("GET", WEB, 404, {"error": {"code": "ResourceNotFound", "message": "It is not there."}})
    answers = played(missing, exchange("PUT", WEB, 201, model("Creating"), sent=model()))
    assert [outcome.simulated.status for outcome in answers if outcome.simulated] == [404, 201]
    assert [in_body(outcome) for outcome in answers] == [{}, {}]


def test_a_resource_group_comes_and_goes_as_recorded():
    gone = {"error": {"code": "ResourceGroupNotFound", "message": "Resource group 'shop' could not be found."}}
    answers = played(exchange("GET", WEB, 200, model()), exchange("GET", WEB, 404, gone))
    assert in_body(answers[1]) == {}


def test_polls_go_to_the_operation_that_the_same_request_started():
    answers = played(
        exchange("GET", WEB, 200, model()),
        exchange("PUT", WEB, 200, model("Updating"), sent={**model(), "tags": {}}, headers=started()),
        poll("InProgress"),
        poll("Succeeded", endTime="2025-01-01T00:00:01+00:00"),
        exchange("GET", WEB, 200, model()),
    )
    assert [in_body(outcome) for outcome in answers[1:]] == [{}, {}, {}, {}]


def test_time_stands_until_the_recording_shows_an_end():
    in_progress = [poll("InProgress") for _ in range(50)]
    grown = {**model(), "sku": {**model()["sku"], "capacity": 5}}
    answers = played(
        exchange("GET", WEB, 200, model()),
        exchange("PUT", WEB, 200, model("Updating"), sent=grown, headers=started()),
        *in_progress,
        exchange("GET", WEB, 200, model("Updating")),
        exchange("GET", WEB, 200, model()),
    )
    assert all(in_body(outcome) == {} for outcome in answers[1:])


def test_an_operation_fails_as_recorded():
    error = {"code": "OSProvisioningTimedOut", "message": "It took too long."}
    answers = played(
        exchange("GET", WEB, 200, model()),
        exchange("POST", f"{WEB}/manualupgrade", 202, sent={"instanceIds": ["*"]}, headers=started()),
        poll("Failed", error=error, endTime="2025-01-01T00:00:01+00:00"),
    )
    assert answers[2].differences == () or in_body(answers[2]) == {}
    assert answers[2].simulated is not None
    assert answers[2].simulated.body["error"] == error


def test_instances_go_by_the_simulators_own_ids():
    answers = played(
        exchange("PUT", WEB, 201, model("Creating"), sent=model()),
        exchange("GET", f"{WEB}/virtualMachines/7", 200, instance(7)),
        exchange("POST", f"{WEB}/manualupgrade", 202, sent={"instanceIds": ["7", "9"]}, headers=started()),
    )
    assert [in_body(outcome) for outcome in answers] == [{}, {}, {}]


def test_operations_that_something_else_started_are_not_compared():
    (answer,) = played(poll("InProgress"))
    assert not answer.compared


def test_exchanges_are_played_in_the_order_of_their_dates():
    late = exchange("GET", WEB, 200, model(), headers={"Date": "Wed, 01 Jan 2025 00:00:02 GMT"})
    early = exchange(
        "PUT", WEB, 201, model("Creating"), sent=model(), headers={"Date": "Wed, 01 Jan 2025 00:00:01 GMT"}
    )
    recording = parse("made-up", {"exchanges": [late, early]})
    assert [item.method for item in recording.exchanges] == ["PUT", "GET"]


# --- kinds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "name", "served"),
    [
        ("GET", WEB.lower(), "GET virtualMachineScaleSets/{} 200", True),
        ("POST", f"{WEB}/manualUpgrade", "POST virtualMachineScaleSets/{}/manualupgrade 200", True),
        ("GET", f"{WEB}/rollingUpgrades/latest", "GET virtualMachineScaleSets/{}/rollingUpgrades/latest 200", True),
        ("GET", f"{WEB}/networkInterfaces", "GET virtualMachineScaleSets/{}/networkInterfaces 200", False),
        ("GET", f"{COMPUTE}/locations/westus/publishers", "GET publishers 200", True),
        (
            "GET",
            f"{GROUP}/providers/Microsoft.Network/loadBalancers/lb",
            "GET Microsoft.Network/loadbalancers 200",
            False,
        ),
    ],
)
def test_kinds(method, path, name, served):
    kind = kind_of(parse("made-up", {"exchanges": [exchange(method, path, 200)]}).exchanges[0])
    assert (kind.name, kind.served) == (name, served)


# --- comparing ------------------------------------------------------------------------------------------------------


def found(recorded: Any, simulated: Any) -> list[str]:
    return [str(item) for item in differences(Answer(200, {}, recorded), Answer(200, {}, simulated))]


def test_values_do_not_count_and_states_do():
    real = {"name": "a", "properties": {"provisioningState": "Updating"}}
    ours = {"name": "b", "properties": {"provisioningState": "Succeeded"}}
    assert found(real, ours) == ["body.properties.provisioningState: Succeeded instead of Updating"]


def test_of_missing_and_extra_keys_the_uppermost_is_reported():
    assert found({"a": {"b": {"c": 1}}}, {"a": {"d": []}}) == ["body.a.b: missing", "body.a.d: extra"]


def test_lists_count_by_what_is_in_them_and_not_by_their_length():
    assert found({"value": [{"a": 1}, {"a": 2}]}, {"value": [{"a": 3}]}) == []
    assert found({"value": []}, {"value": [{"a": 3}]}) == []
    assert found({"value": [{"a": 1}]}, {"value": [{"a": 1, "b": 1}]}) == ["body.value[].b: extra"]


def test_statuses_count_in_their_order():
    codes = [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/running"}]
    assert len(found({"statuses": codes}, {"statuses": codes[::-1]})) == 2


def test_types_count():
    assert found({"a": "1"}, {"a": 1}) == ["body.a: number instead of string"]


def test_values_that_decide_something_count():
    assert found({"latestModelApplied": True}, {"latestModelApplied": False}) == [
        "body.latestModelApplied: false instead of true"
    ]
    protection = {"value": [{"protectFromScaleIn": True}, {"protectFromScaleIn": False}]}
    turned = {"value": protection["value"][::-1]}
    assert found(protection, turned) == ["body.value[].protectFromScaleIn: another order of false, true"]
    assert found(protection, {"value": [*protection["value"], {"protectFromScaleIn": False}]}) == []


def test_charges_and_the_names_of_limits_count_and_how_much_is_left_does_not():
    limits, charge = "x-ms-ratelimit-remaining-resource", "x-ms-request-charge"
    real = Answer(200, {limits: "Microsoft.Compute/A;10,Microsoft.Compute/B;20", charge: "1"}, None)
    same = Answer(200, {limits: "Microsoft.Compute/A;7,Microsoft.Compute/B;1", charge: "1"}, None)
    other = Answer(200, {limits: "Microsoft.Compute/A;7", charge: "2"}, None)
    assert differences(real, same) == []
    assert [str(item) for item in differences(real, other)] == [
        f"header {charge}: 2 instead of 1",
        f"header {limits}: Microsoft.Compute/A instead of Microsoft.Compute/A,Microsoft.Compute/B",
    ]


def test_what_stays_and_what_changes_counts_between_answers_about_one_resource():
    steps = Steps()
    first = {"etag": '"1"', "properties": {"vmId": "a", "instanceView": {"platformUpdateDomain": 1}}}
    moved = {"etag": '"3"', "properties": {"vmId": "a", "instanceView": {"platformUpdateDomain": 2}}}
    stayed = {"etag": '"8"', "properties": {"vmId": "x", "instanceView": {"platformUpdateDomain": 4}}}
    ours = {"etag": '"7"', "properties": {"vmId": "x", "instanceView": {"platformUpdateDomain": 4}}}
    assert steps.differences("one", first, ours) == ()
    assert steps.differences("other", moved, stayed) == ()
    assert {str(item) for item in steps.differences("one", moved, stayed)} == {
        "step of etag: +1 instead of +2",
        "step of platformUpdateDomain: the same instead of another",
    }


def test_another_status_is_told_with_its_code_and_nothing_else():
    refused = Answer(409, {"x": "1"}, {"error": {"code": "Conflict", "message": "No."}})
    assert differences(Answer(200, {}, {"a": 1}), refused) == [Difference("status", "409 Conflict instead of 200")]


def test_header_names_count():
    assert differences(Answer(200, {"etag": "1"}, None), Answer(200, {"date": "now"}, None)) == [
        Difference("header date", "extra"),
        Difference("header etag", "missing"),
    ]


# --- what is not compared, what is accepted -------------------------------------------------------------------------


def test_what_came_later_is_not_held_against_the_simulator():
    later = Uncompared([Entry(("header x-new",), "It is new.", before=date(2020, 1, 1), extra=True)])
    extra, missing = Difference("header x-new", "extra"), Difference("header x-new", "missing")
    assert later.compared([extra], suite="a", kind="GET", day=date(2019, 12, 31)) == ()
    assert later.compared([extra], suite="a", kind="GET", day=date(2020, 1, 1)) == (extra,)
    assert later.compared([extra], suite="a", kind="GET", day=None) == (extra,)
    assert later.compared([missing], suite="a", kind="GET", day=date(2019, 12, 31)) == (missing,)


def test_what_a_suite_drops_is_not_compared_in_its_recordings():
    dropped = Uncompared([Entry(("header date",), "It drops it.", suites=("aso",))])
    difference = Difference("header date", "extra")
    assert dropped.compared([difference], suite="aso2024-Test", kind="GET", day=None) == ()
    assert dropped.compared([difference], suite="azcli2025-test", kind="GET", day=None) == (difference,)


def test_other_values_may_be_of_their_time():
    renamed = Uncompared([Entry(("header limits",), "They were renamed.", before=date(2024, 1, 1), value=True)])
    other, extra = Difference("header limits", "A instead of B"), Difference("header limits", "extra")
    assert renamed.compared([other, extra], suite="a", kind="GET", day=date(2023, 1, 1)) == (extra,)
    assert renamed.compared([other], suite="a", kind="GET", day=date(2024, 1, 1)) == (other,)


def test_an_accepted_difference_is_one_of_a_kind_and_a_place_in_the_recordings_it_names():
    entry = Accepted("GET sets 200", "body.value[].etag", "missing", "A reason.", ("one", "two-*"))
    assert entry.covers("two-three", "GET sets 200", Difference("body.value[].etag", "missing"))
    assert not entry.covers("two", "GET sets 200", Difference("body.value[].etag", "missing"))
    assert not entry.covers("one", "GET sets 200", Difference("body.value[].etag", "extra"))
    assert not entry.covers("one", "GET set 200", Difference("body.value[].etag", "missing"))


def report_of(entries: list[Accepted]) -> Report:
    report = Report(Judge(entries))
    for outcome in played(exchange("GET", WEB, 200, model()), exchange("GET", f"{WEB}/skus", 200, {"nothing": 1})):
        report.add(outcome)
    return report


def test_what_is_accepted_does_not_count_as_agreement_and_what_is_not_needed_fails():
    unknown = report_of([])
    assert unknown.passes(0)
    everything = [Accepted("*", difference.where, "*", "Made up.", ("made-up",)) for _, difference in unknown.new]
    accepted = report_of(everything)
    assert (accepted.total.agreed, accepted.total.accepted, accepted.new) == (0, 2, {})
    assert accepted.judge.reasons["Made up."] >= 2
    assert accepted.passes(0)
    assert not accepted.passes(95)
    idle = Accepted("*", "body.never", "*", "Gone.", ("made-up",))
    assert not report_of([*everything, idle]).passes(0)
    elsewhere = Accepted("*", "body.never", "*", "Gone.", ("made-up", "not-played"))
    assert report_of([*everything, elsewhere]).passes(0)


def test_a_recording_is_in_the_same_part_whatever_else_there_is():
    parts = {name: part_of(name) for name in map(str, range(200))}
    assert set(parts.values()) == set(range(1, PARTS + 1))
    assert part_of("made-up") == part_of("made-up") == report_of([]).parts.popitem()[0]


def test_the_figures_tell_what_is_modern_and_what_shows_instances():
    new, old = ({"Date": f"Wed, 01 Jan {year} 00:00:00 GMT"} for year in (2025, 2018))
    report = Report(Judge([]))
    for headers in (new, old):
        for outcome in played(
            exchange("GET", WEB, 200, model(), headers=headers),
            exchange("GET", f"{WEB}/virtualMachines/0", 200, instance(0), headers=headers),
            exchange("GET", f"{COMPUTE}/locations/westus/publishers", 200, [], headers=headers),
        ):
            report.add(outcome)
    assert [row.total for row in report.groups.values()] == [6, 3, 2, 4]


def test_the_figures_are_written_between_the_markers_and_do_not_sink(tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text(f"Before.\n{figures.BEGIN}\n{figures.END}\nAfter.\n", encoding="utf-8")
    report = report_of([])
    assert figures.write(readme, {"first": report}) == []
    assert figures.write(readme, {"second": report}) == []
    text = readme.read_text(encoding="utf-8")
    assert "| `first` | 1 | 0.0 % of 2 |" in text
    assert "| `second` | 1 | 0.0 % of 2 |" in text
    readme.write_text(text.replace("| `first` | 1 | 0.0 %", "| `first` | 1 | 50.0 %"), encoding="utf-8")
    assert len(figures.write(readme, {"first": report, "second": report})) == 1
    assert "| `first` | 1 | 50.0 % of 2 |" in readme.read_text(encoding="utf-8")


def test_a_machine_of_a_flexible_set_is_compared_and_another_is_not():
    flexible = model()
    flexible["properties"] |= {"orchestrationMode": "Flexible", "platformFaultDomainCount": 1}
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web_1a2b3c4d"
    shown = {"name": "web_1a2b3c4d", "id": machine, "properties": {"virtualMachineScaleSet": {"id": WEB}}}
    alone = {**shown, "properties": {}}
    answers = played(
        exchange("GET", WEB, 200, flexible), exchange("GET", machine, 200, shown), exchange("GET", machine, 200, alone)
    )
    assert [outcome.compared for outcome in answers] == [True, True, False]
    assert [outcome.simulated and outcome.simulated.status for outcome in answers[:2]] == [200, 200]


def test_a_gallery_may_tell_no_location():
    gallery = f"{GROUP}/providers/Microsoft.Compute/galleries/shelf"
    (answer,) = played(exchange("GET", gallery, 200, {"name": "shelf", "id": gallery}))
    assert answer.compared


def test_the_report_names_kinds_others_and_differences(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    recording = {"exchanges": [exchange("GET", WEB, 200, model()), exchange("GET", f"{GROUP}/providers/A.B/c/d", 200)]}
    (tmp_path / "made-up.json").write_text(json.dumps(recording), encoding="utf-8")
    (tmp_path / "INDEX.json").write_text("[]", encoding="utf-8")
    assert [item.name for item in load(tmp_path)] == ["made-up"]
    assert main(["--recordings", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "GET virtualMachineScaleSets/{} 200 (the seed)" in printed
    assert "GET A.B/c 200" in printed
    assert "header cache-control: extra" in printed


def test_every_entry_of_the_lists_has_a_reason_and_names_recordings():
    assert all(entry.reason.strip().endswith(".") for entry in read_accepted())
    assert all(name.strip("*") for entry in read_accepted() for name in entry.recordings)
    assert Uncompared.read()
