# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""An error says what was wrong, what Azure said, and what to do."""

from __future__ import annotations

import json

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    BadInput,
    NotFound,
    OperationFailed,
    Refused,
    VmssError,
)

FAULT = ArmFault(404, "ResourceNotFound", "The Resource 'web' was not found.", request_id="9c5d")


def test_the_text_holds_trouble_azures_words_and_the_way_out_in_this_order():
    error = NotFound("There is no scale set web", advice="Check the name.", fault=FAULT)
    assert str(error) == (
        "There is no scale set web. Azure said: ResourceNotFound: The Resource 'web' was not found. Check the name."
    )


def test_sentences_end_with_one_stop():
    assert str(BadInput("Is that so?")) == "Is that so?"
    assert str(VmssError("It broke.", fault=ArmFault(code="Boom"))) == "It broke. Azure said: Boom."
    assert str(VmssError("It broke", fault=ArmFault(message="No!"))) == "It broke. Azure said: No!"


def test_what_azure_did_not_say_is_not_quoted():
    assert "Azure" not in str(VmssError("It broke", fault=ArmFault(status=503)))


def test_the_result_key_is_plain_data_with_everything_a_program_needs():
    error = OperationFailed("It failed", advice="Look.", attempted="upgrade", fault=FAULT, instances=["3", "7"])
    assert json.loads(json.dumps(error.to_dict())) == {
        "kind": "operation_failed",
        "transient": False,
        "waited_out": False,
        "no_answer": False,
        "unseen": False,
        "retry_instances": True,
        "denied": False,
        "blocks_rollback": "",
        "message": "It failed",
        "advice": "Look.",
        "attempted": "upgrade",
        "instances": ["3", "7"],
        "arm": {
            "status": 404,
            "code": "ResourceNotFound",
            "message": "The Resource 'web' was not found.",
            "target": None,
            "request_id": "9c5d",
            "detail_codes": [],
            "policies": [],
        },
    }


def test_a_refusal_is_named_after_its_guard_alone():
    assert Refused("service_fabric", "No", advice="").to_dict()["kind"] == "service_fabric"
    assert Refused("managed", "No", advice="").kind == "managed"


def test_every_kind_of_error_has_a_name_of_its_own():
    kinds = [each.kind for each in VmssError.__subclasses__() if each is not Refused]
    assert len(set(kinds)) == len(kinds)
    assert VmssError.kind not in kinds


def everything_below(kind: type[VmssError]) -> list[type[VmssError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in everything_below(below))]


@pytest.mark.parametrize("kind", everything_below(VmssError), ids=lambda kind: kind.__name__)
def test_the_reason_that_blocks_a_rollback_can_be_printed(kind):
    assert kind.blocks_rollback.isprintable()
