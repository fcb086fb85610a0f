# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    CODES,
    NEEDS_ACCEPTANCE,
    WARNING,
    Finding,
    accepted,
    check_codes,
    describe,
    ready,
    summarize,
)

PAGE = Path(__file__).resolve().parents[5] / "docs" / "docsite" / "rst" / "guide_preflight.rst"
_kinds = [(code, severity) for code, one in CODES.items() for severity in one.severities]
findings = st.lists(st.sampled_from(_kinds).map(lambda kind: Finding(*kind, "It is so", "Do something.")), max_size=8)
codes = st.sets(st.sampled_from(sorted(CODES)))


@given(findings, codes)
def test_accepting_turns_only_what_may_be_accepted(found, accept):
    after = accepted(found, accept)
    assert {one.code for one in after if one.accepted} == {
        one.code for one in found if one.severity == NEEDS_ACCEPTANCE and one.code in accept
    }
    assert ready(after) == all(
        one.severity == WARNING or (one.severity == NEEDS_ACCEPTANCE and one.code in accept) for one in found
    )
    assert sorted((one.code, one.severity) for one in after) == sorted((one.code, one.severity) for one in found)
    # What stops comes first.
    assert [one.stops for one in after] == sorted((one.stops for one in after), reverse=True)
    assert len(describe(after)) == len(found)
    assert ("is not ready" in summarize("web", "image", after)) != ready(after)


def test_lines_say_how_to_go_on():
    lines = describe(
        [
            Finding("health_source_missing", "needs_acceptance", "There is none", "Add one."),
            Finding("health_source_missing", "needs_acceptance", "There is none", "Add one.", accepted=True),
            Finding("rolling_upgrade", "refusal", "One runs", "Wait."),
            Finding("instances_failed", "warning", "2 failed.", "See why.", ("1", "2")),
        ]
    )
    assert lines == [
        "needs acceptance: health_source_missing: There is none. Add one. "
        "To go on in spite of it, accept health_source_missing in O(accept).",
        "accepted: health_source_missing: There is none. Add one.",
        "refusal: rolling_upgrade: One runs. Wait. This cannot be accepted.",
        "warning: instances_failed: 2 failed (1, 2). See why.",
    ]


def test_readiness_is_said_with_what_is_left():
    warning, accepted_one = (
        Finding("autoscale", WARNING, "", ""),
        Finding("managed", NEEDS_ACCEPTANCE, "", "", (), True),
    )
    assert summarize("web", "image", []) == "web is ready for image."
    assert summarize("web", "image", [warning]) == "web is ready for image (1 warning)."
    assert summarize("web", "image", [warning, warning, accepted_one]) == (
        "web is ready for image (2 warnings, 1 accepted)."
    )


def test_an_unknown_code_is_a_mistake_that_names_the_codes():
    assert check_codes(["managed", "managed"]) == {"managed"}
    with pytest.raises(BadInput, match="healthsource") as caught:
        check_codes(["healthsource", "managed"])
    acceptable = {code for code, one in CODES.items() if NEEDS_ACCEPTANCE in one.severities}
    assert set(caught.value.advice.rstrip(".").partition(": ")[2].split(", ")) == acceptable


@pytest.mark.parametrize(("code", "severity"), [("managed", "refusal"), ("lease", "needs_acceptance")])
def test_a_code_keeps_to_its_severities(code, severity):
    with pytest.raises(ValueError, match=f"{code} is never a {severity}"):
        Finding(code, severity, "", "")


def test_the_page_has_the_codes_of_the_code():
    rows = re.findall(r"^   \* - ``(\w+)``\n     - (.+)\n     - (.+)$", PAGE.read_text(), re.MULTILINE)
    assert rows == [(code, ", ".join(one.severities).replace("_", " "), one.meaning) for code, one in CODES.items()]
