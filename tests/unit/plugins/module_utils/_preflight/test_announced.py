# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Whatever a rollout may be refused for, preflight finds beforehand, or the table says why that cannot be known."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.azroll.vmss.plugins.module_utils._preflight import findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import CODES

SOURCES = Path(findings.__file__).parents[1]
RAISED = re.compile(
    r'(?:Refused|Reason|super\(\)\.__init__)\(\s*(?:"(?P<name>[a-z_]+)"|(?P<constant>[A-Z][A-Z_]+|reason\.guard)),'
)
KINDS = re.compile(r'^    kind = "(?P<kind>[a-z_]+)"$', re.MULTILINE)
BY_FINDINGS = {
    "automatic_os_upgrade": ["automatic_os_upgrade"],
    "forbidden": ["permission_missing", "permissions_unreadable", "image_unreadable", "autoscale_unreadable"],
    "image_change_refused": [
        "image_kind_change",
        "image_os_type",
        "image_os_state",
        "image_generation",
        "image_security_type",
        "image_disk_size",
        "image_disk_controller",
        "image_plan",
    ],
    "image_kind_change": ["image_kind_change"],
    "image_not_found": ["image_not_found", "image_not_replicated", "image_deprecated"],
    "lease": ["lease"],
    "managed": ["managed"],
    "max_unavailable": ["max_unavailable", "below_minimum"],
    "model_limit": ["model_limit"],
    "profile_missing": ["profile_missing"],
    "rolling_upgrade": ["rolling_upgrade"],
    "service_fabric": ["service_fabric"],
    "tag_limit": ["tag_limit"],
    "upgrade_policy": ["upgrade_policy"],
    "concurrent_change": ["scaled_by_others", "autoscale"],
    "lease_lost": ["scaled_by_others"],
    "timeout": ["instances_in_progress"],
}
UNKNOWN = {
    "bad_input": "options are checked by the role before anything is asked of Azure",
    "conflict": "a race with another write; it is tried again",
    "connection": "the network fails later as well",
    "error": "the base of the tree, which nothing raises",
    "flexible": "only of instance protection; a rollout asks for none on Flexible sets",
    "lease_expired": "the role refuses options whose waits are longer than the lease; tasks of the site may be",
    "missing_library": "preflight itself needs the library",
    "not_found": "preflight itself reads the set and fails so; what vanishes later cannot be known",
    "no_effect": "that an operation changes nothing shows when it has been run",
    "operation_failed": "what the image does to an instance only shows when it runs there",
    "preempted": "another client's later write",
    "credentials": "preflight itself logs in and fails so",
    "capacity": "whether Azure has machines of a size shows when one is made; an upgrade keeps those that there are",
    "feature_not_registered": "no answer tells which features an upgrade takes; the error names it",
    "locked": "the principal need not be allowed to read locks; the error names the lock",
    "policy": "no request tells what a policy would deny; the error names the policy and what to do",
    "quota": "an upgrade makes no further machines; what a scale-out takes is not the rollout's",
    "rejected": "whatever else Azure refuses",
    "wait_state": "only of a play that gives a wait what no wait returned",
    "subscription": "preflight itself is answered by the subscription; whether it takes writes shows with the first",
    "service_error": "whatever else Azure answers",
    "throttled": "how many others call the service later cannot be known",
    "unavailable": "how the service will fare later cannot be known",
}


def raised() -> set[str]:
    """The guards of all refusals, and the kinds of all errors, that the source has."""
    found = set()
    for file in SOURCES.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        constants = dict(re.findall(r'^([A-Z][A-Z_]+) = "([a-z_]+)"$', text, re.MULTILINE))
        for match in RAISED.finditer(text):
            if match["constant"] != "reason.guard":
                found.add(match["name"] or constants[match["constant"]])
        if "VmssError" in text:
            found |= {match["kind"] for match in KINDS.finditer(text)}
    return found


def test_every_refusal_is_announced_by_a_finding_or_cannot_be_known() -> None:
    assert raised() == set(BY_FINDINGS) | set(UNKNOWN)


def test_the_findings_that_announce_are_there() -> None:
    assert {code for codes in BY_FINDINGS.values() for code in codes} <= set(CODES)
