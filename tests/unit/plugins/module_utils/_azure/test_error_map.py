# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

import json

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import (
    failed_operation,
    inactive_instance,
    read_fault,
    refusal,
    stale_page,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import ArmFault

LINKED = (
    "The client has permission to perform action 'Microsoft.Compute/virtualMachineScaleSets/write' on scope '/s/web'; "
    "however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' "
    "on the linked scope(s) '/s/subnets/default' (respectively) or the linked scope(s) are invalid."
)


def test_the_fault_of_a_refusal() -> None:
    body = {"error": {"message": "m", "code": "c", "target": "t", "extra": 1}}
    assert read_fault(json.dumps(body), status=400, request_id="r") == ArmFault(400, "c", "m", "t", "r")


def test_a_throttled_request_names_the_bucket_in_the_details() -> None:
    details = [{"code": "TooManyRequests", "target": "HighCostGetVMScaleSet3Min"}]
    body = {"error": {"code": "OperationNotAllowed", "message": "m", "details": details}}
    assert read_fault(json.dumps(body), status=429, request_id=None).target == "HighCostGetVMScaleSet3Min"
    assert read_fault(json.dumps(body), status=409, request_id=None).target is None


@pytest.mark.parametrize("body", ["", "<html/>", "[]", "null", '{"error": "invalid_client"}'])
def test_bodies_that_say_nothing(body: str) -> None:
    assert read_fault(body, status=503, request_id=None) == ArmFault(503)


def test_a_cancelled_operation_without_an_error() -> None:
    fault = read_fault('{"status": "Canceled", "name": "x"}', status=200, request_id=None)
    assert failed_operation(fault, "upgrade").kind == "preempted"


def test_a_linked_refusal_names_what_is_missing_and_not_what_is_there() -> None:
    error = refusal(ArmFault(403, "LinkedAuthorizationFailed", LINKED), "write the model")
    assert error.kind == "forbidden"
    assert "subnets/join/action on /s/subnets/default" in error.message
    assert "virtualMachineScaleSets/write" not in error.message


def test_a_refusal_in_unknown_words_is_still_one() -> None:
    assert refusal(ArmFault(403, "Whatever", "no"), "read").message == "Could not read: Azure forbids it"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (ArmFault(401, "ExpiredAuthenticationToken", "expired"), "credentials"),
        (ArmFault(404, "NotFound", "gone"), "not_found"),
        (ArmFault(404, "GalleryImageNotFound", "gone", "imageReference"), "image_not_found"),
        (ArmFault(409, "OperationNotAllowed", "marked for deletion"), "conflict"),
        (ArmFault(412, "PreconditionFailed", "etag"), "conflict"),
        (ArmFault(429, "OperationNotAllowed", "too many"), "throttled"),
        (ArmFault(400, "BadRequest", "no"), "service_error"),
        (ArmFault(500, None, None), "unavailable"),
        (ArmFault(None, None, None), "service_error"),
    ],
)
def test_every_refusal_has_a_kind_and_advice(fault: ArmFault, kind: str) -> None:
    error = refusal(fault, "read the model")
    assert error.kind == kind
    assert error.advice
    assert error.attempted == "read the model"
    assert "Could not read the model" in str(error)


@pytest.mark.parametrize(
    ("status", "message", "instance"),
    [
        (400, "The provided instanceId 14 is not an active Virtual Machine Scale Set VM instanceId.", "14"),
        (
            400,
            "The provided instanceId web_0a1b2c3d is not an active Virtual Machine Scale Set VM instanceId.",
            "web_0a1b2c3d",
        ),
        (409, "The provided instanceId 14 is not an active Virtual Machine Scale Set VM instanceId.", None),
        (400, "Something else", None),
        (400, None, None),
    ],
)
def test_an_instance_that_is_gone(status: int, message: str | None, instance: str | None) -> None:
    assert inactive_instance(ArmFault(status, "InvalidParameter", message)) == instance


def test_a_stale_page() -> None:
    assert stale_page(ArmFault(400, "InvalidParameter", "m", "$skipToken"))
    assert not stale_page(ArmFault(400, "InvalidParameter", "m", "instanceIds"))
    assert not stale_page(ArmFault(400, "InvalidParameter", "m"))
