# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What makes the service refuse every write, and how it is seen: locks, and the state of the subscription."""

from __future__ import annotations

import pytest

from .in_process import Site

LOCKS = "providers/Microsoft.Authorization/locks"
SET = "resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachineScaleSets/web"
TAGS = {"tags": {"team": "web"}}


@pytest.fixture
def site():
    return Site.bundled()


def scopes(site):
    subscription = f"/subscriptions/{site.web.split('/')[2]}"
    return {"subscription": subscription, "group": site.web.partition("/providers/")[0], "set": site.web}


def names(site, scope, condition=""):
    answer = site.get(f"{scope}/{LOCKS}", f"$filter={condition}" if condition else "")
    assert answer.status == 200, answer.json()
    return [entry["name"] for entry in answer.json()["value"]]


def lock(site, scope, name="stop", level="ReadOnly"):
    return site.call("PUT", f"{scope}/{LOCKS}/{name}", document={"properties": {"level": level}})


@pytest.mark.parametrize("place", ["subscription", "group", "set"])
@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("PATCH", "", TAGS),
        ("POST", "/manualupgrade", {"instanceIds": ["0"]}),
        ("DELETE", "", None),
    ],
)
def test_a_read_only_lock_forbids_writes_of_all_below_it(site, place, method, path, document):
    locked = scopes(site)[place]
    assert lock(site, locked).status == 201
    answer = site.call(method, site.web + path, document=document)
    error = answer.json()["error"]
    verb = "delete" if method == "DELETE" else "write"
    assert (answer.status, error["code"]) == (409, "ScopeLocked")
    assert error["message"] == (
        f"The scope '{site.web}' cannot perform {verb} operation because following scope(s) are locked: '{locked}'. "
        "Please remove the lock and try again."
    )
    assert site.get(site.web).status == 200
    assert site.call("DELETE", f"{locked}/{LOCKS}/STOP").status == 200
    assert site.call("PATCH", site.web, document=TAGS).status == 200


def test_a_lock_against_deletion_forbids_nothing_else(site):
    lock(site, scopes(site)["group"], level="CanNotDelete")
    assert site.call("PATCH", site.web, document=TAGS).status == 200
    one = next(iter(site.host.simulation.scale_sets()[0].instances))
    assert site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": [one]}).status == 202
    assert site.call("DELETE", site.web).json()["error"]["code"] == "ScopeLocked"


def test_locks_are_listed_with_those_above_and_below(site):
    places = scopes(site)
    assert [names(site, scope) for scope in places.values()] == [[], [], []]
    for place, scope in places.items():
        lock(site, scope, place, "CanNotDelete")
    lock(site, places["group"] + "-other", "elsewhere")
    assert names(site, places["set"]) == ["subscription", "group", "set"]
    assert names(site, places["group"].upper().replace("/SUBSCRIPTIONS", "/subscriptions")) == [
        "subscription",
        "group",
        "set",
    ]
    assert names(site, places["group"], "atScope()") == ["subscription", "group"]
    assert names(site, places["subscription"]) == ["subscription", "group", "set", "elsewhere"]


def test_a_lock_is_listed_changed_and_taken_away(site):
    path = f"{site.web}/{LOCKS}/stop"
    assert site.get(path).status == 404
    assert site.call("PUT", path, document={"properties": {"level": "Never"}}).status == 400
    body = {"properties": {"level": "CanNotDelete", "notes": "ask ops"}}
    assert site.call("PUT", path, document=body).status == 201
    listed = {"id": path, "name": "stop", "type": "Microsoft.Authorization/locks", **body}
    assert site.get(path).json() == listed
    assert lock(site, site.web).status == 200
    assert site.get(path).json()["properties"] == {"level": "ReadOnly"}
    assert [site.call("DELETE", path).status for _ in range(2)] == [200, 204]


def test_a_scenario_has_locks_and_an_operator_sets_one():
    site = Site.bundled(locks=[{"name": "freeze", "level": "ReadOnly", "scope": SET}])
    assert site.call("PATCH", site.web, document=TAGS).status == 409
    assert names(site, site.web) == ["freeze"]
    site.admin("POST", "change", {"read_only": True})
    assert names(site, site.web) == ["freeze", "read-only"]
    site.admin("POST", "change", {"read_only": False})
    assert names(site, site.web) == ["freeze"]


def test_the_proof_of_check_mode_is_no_lock_that_a_client_could_see(site):
    site.admin("POST", "read-only", {"enabled": True})
    assert names(site, site.web) == []
    assert site.call("PATCH", site.web, document=TAGS).json()["error"]["code"] == "ScopeLocked"


@pytest.mark.parametrize(("state", "status"), [("Enabled", 200), ("Warned", 200), ("PastDue", 200), ("Disabled", 409)])
def test_a_disabled_subscription_says_so_and_takes_no_writes(state, status):
    site = Site.bundled(subscription={"state": state})
    assert site.get(scopes(site)["subscription"]).json()["state"] == state
    answer = site.call("PATCH", site.web, document=TAGS)
    assert answer.status == status
    if status == 409:
        assert answer.json()["error"]["code"] == "ReadOnlyDisabledSubscription"
