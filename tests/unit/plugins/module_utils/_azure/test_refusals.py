# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What Azure's refusals mean: the status alone says little, and only races are races."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import failed_operation, read_fault, refusal
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Forbidden, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE

SCOPE = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/web"
GALLERY = "/subscriptions/1/resourceGroups/img/providers/Microsoft.Compute/galleries/g/images/d/versions/1.0.0"
QUOTA = "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota."
LINKED = (
    f"The client has permission to perform action 'Microsoft.Compute/virtualMachineScaleSets/write' on scope '{SCOPE}';"
    " however, it does not have permission to perform action(s) 'Microsoft.Compute/galleries/images/versions/read' on "
    f"the linked scope(s) '{GALLERY}' (respectively) or the linked scope(s) are invalid."
)
TENANT = (
    f"The client has permission to perform action 'Microsoft.Compute/virtualMachineScaleSets/write' on scope '{SCOPE}';"
    " however, the current tenant 'tenant-a' is not authorized to access linked subscription 'subscription-b'."
)
CONCURRENT = "The request failed due to conflict with a concurrent request."
DELETING = "Operation 'manualupgrade' is not allowed on VM Scale Set 'web' since it is marked for deletion."
CHALLENGE = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: X"
IMAGE_PATH = "Property id 'x' at path 'properties.virtualMachineProfile.storageProfile.imageReference.id' is invalid."
SUBNET_PATH = "Property id 'x' at path 'properties.networkProfile.subnet.id' is invalid. Expect a resource Id."
HERE, FEATURE = (
    "in location 'westeurope'.",
    "Subscription 0 is not registered for feature Microsoft.Compute/X required.",
)

# Status, code, message, target; then the kind, whether it passes by itself, whether it blocks a rollback, and words.
TABLE: list[tuple[int, str | None, str, str | None, str, bool, bool, str]] = [
    # Races
    (409, "Conflict", CONCURRENT, None, "conflict", True, True, "another write is in the way"),
    (409, "AnotherOperationInProgress", "Another operation is in progress.", None, "conflict", True, True, "another"),
    (409, "OperationNotAllowed", CONCURRENT, None, "conflict", True, True, "another write"),
    (409, "OperationNotAllowed", DELETING, None, "conflict", True, True, "being deleted"),
    (409, "ResourceGroupBeingDeleted", "In deprovisioning state.", None, "conflict", True, True, "being deleted"),
    (409, "RetryableError", "A retryable error occurred.", None, "conflict", True, True, "is being changed"),
    (429, "RetryableError", "A retryable error occurred.", None, "conflict", True, True, "is being changed"),
    (409, "OperationPreempted", "Preempted by a more recent operation.", None, "conflict", True, True, "another"),
    (409, None, "", None, "conflict", True, True, "another write"),
    (412, "PreconditionFailed", "Etag does not match.", None, "conflict", True, True, "another write"),
    (409, "OperationNotAllowed", "A Rolling Upgrade is in progress.", None, "rolling_upgrade", False, True, "rolling"),
    # Quota, capacity, state, features
    (409, "OperationNotAllowed", QUOTA, None, "quota", False, False, "quota"),
    (409, "QuotaExceeded", "Exceeding quota limit of Core.", None, "quota", False, False, "quota"),
    (400, "QuotaExceeded", "Exceeding quota limit of Core.", None, "quota", False, False, "quota"),
    (409, "SkuNotAvailable", f"Size is not available {HERE}", "sku", "capacity", False, False, "does not offer"),
    (409, "AllocationFailed", "Allocation failed.", None, "capacity", False, False, "no capacity"),
    (409, "ZonalAllocationFailed", "Allocation failed.", None, "capacity", False, False, "no capacity"),
    (409, "OverconstrainedAllocationRequest", "Cannot be provisioned.", None, "capacity", False, False, "no capacity"),
    (409, "OperationNotAllowed", "Not allowed on VM 'web_3'.", None, "rejected", False, False, "present state"),
    (400, "OperationNotAllowed", "Not allowed on this set.", None, "rejected", False, False, "present state"),
    (409, "SomethingNew", "It cannot be.", None, "rejected", False, False, "answered 409"),
    (409, "SubscriptionNotRegisteredForFeature", FEATURE, None, "feature_not_registered", False, False, "feature"),
    (403, "OperationNotAllowed", FEATURE, None, "feature_not_registered", False, False, "feature"),
    # Locks, policies, subscriptions
    (409, "ScopeLocked", "The scope cannot perform write.", None, "locked", False, True, "a lock forbids it"),
    (403, "ScopeLocked", "The scope cannot perform write.", None, "locked", False, True, "a lock forbids it"),
    (403, "RequestDisallowedByPolicy", "Resource 'web' was disallowed.", "web", "policy", False, False, "Azure Policy"),
    (403, "RequestDisallowedByAzure", "Region not allowed.", "web", "policy", False, False, "Azure itself denies it"),
    (409, "ReadOnlyDisabledSubscription", "Marked as read only.", None, "subscription", False, True, "is disabled"),
    (409, "MissingSubscriptionRegistration", "Not registered.", None, "subscription", False, True, "not registered"),
    (400, "SubscriptionNotRegistered", "Not registered.", None, "subscription", False, True, "not registered"),
    # Logins and permissions
    (401, "ExpiredAuthenticationToken", "The access token expiry.", None, "credentials", False, True, "has expired"),
    (401, "InvalidAuthenticationTokenTenant", "Wrong issuer.", None, "credentials", False, True, "another tenant"),
    (401, "InvalidAuthenticationTokenAudience", "Wrong.", None, "credentials", False, True, "another service or cloud"),
    (401, "InvalidAuthenticationToken", CHALLENGE, None, "credentials", False, True, "demands a new login"),
    (401, "AuthenticationFailed", "Authentication failed.", None, "credentials", False, True, "does not accept"),
    (403, "AuthorizationFailed", "No permission.", None, "forbidden", False, True, "lacks the permission"),
    (403, "LinkedAuthorizationFailed", LINKED, None, "forbidden", False, True, f"versions/read on {GALLERY}"),
    (403, "LinkedAuthorizationFailed", TENANT, None, "forbidden", False, True, "tenant tenant-a may not use subscr"),
    (403, "DenyAssignmentAuthorizationFailed", "Denied.", None, "forbidden", False, True, "deny assignment"),
    (403, "Whatever", "no", None, "forbidden", False, True, "Azure forbids it"),
    # What does not exist, and what is wrong
    (400, "LinkedInvalidPropertyId", IMAGE_PATH, None, "image_not_found", False, False, "image's id"),
    (400, "LinkedInvalidPropertyId", SUBNET_PATH, None, "rejected", False, False, "refers to something"),
    (404, "ImageVersionDeprecated", "Deprecated.", None, "image_not_found", False, False, "deprecated"),
    (
        404,
        "PlatformImageNotFound",
        "None.",
        "imageReference",
        "image_not_found",
        False,
        False,
        "does not find the image",
    ),
    (
        400,
        "InvalidParameter",
        "Wrong.",
        "imageReference.sku",
        "image_not_found",
        False,
        False,
        "does not find the image",
    ),
    (
        409,
        "PropertyChangeNotAllowed",
        "No.",
        "imageReference.sku",
        "image_change_refused",
        False,
        False,
        "such an image",
    ),
    (404, "SubscriptionNotFound", "None.", None, "not_found", False, False, "no such subscription"),
    (400, "InvalidSubscriptionId", "None.", None, "not_found", False, False, "no such subscription"),
    (404, "ResourceGroupNotFound", "None.", None, "not_found", False, False, "no such resource group"),
    (404, "ResourceNotFound", "None.", None, "not_found", False, False, "no such resource"),
    (400, "NoRegisteredProviderFound", "None.", None, "rejected", False, False, "version of the API"),
    (
        400,
        "CannotUpdatePlan",
        "Resource plan can not be changed.",
        None,
        "image_change_refused",
        False,
        False,
        "plan of a",
    ),
    (400, "ResourcePurchaseValidationFailed", "Plan.", None, "rejected", False, False, "Marketplace"),
    (400, "BadRequest", "no", None, "rejected", False, False, "answered 400"),
    (429, "OperationNotAllowed", "Too many.", None, "throttled", True, True, "throttled"),
    (408, None, "", None, "unavailable", True, True, "answered 408"),
    (503, None, "", None, "unavailable", True, True, "answered 503"),
]


def answer(status: int, **error: Any) -> VmssError:
    """What a write that is answered so raises."""
    fault = read_fault(json.dumps({"error": error}), status=status, request_id=None)
    return refusal(fault, "write the model", write=True)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]} {row[7]}")
def test_every_answer_has_its_kind_its_words_and_its_consequences(row: Any) -> None:
    status, code, message, target, kind, transient, blocks, words = row
    error = answer(status, code=code, message=message, target=target)
    assert (error.kind, error.transient) == (kind, transient)
    assert words in error.message
    assert error.advice
    assert bool(error.blocks_rollback) == blocks


@pytest.mark.parametrize(("status", "code", "message"), [(row[0], row[1], row[2]) for row in TABLE])
def test_only_what_is_a_race_is_said_to_be_of_another_writer(status: int, code: str | None, message: str) -> None:
    error = answer(status, code=code, message=message)
    assert ("who else changes the scale set" in error.advice) <= (error.kind == "conflict")
    assert ("Assign a role" in error.advice) <= (code in ("AuthorizationFailed", "LinkedAuthorizationFailed"))


@pytest.mark.parametrize(("status", "kind"), [(400, "service_error"), (409, "service_error"), (403, "forbidden")])
def test_a_read_that_is_refused_in_unknown_words_leaves_the_state_unknown(status: int, kind: str) -> None:
    fault = read_fault('{"error": {"code": "SomethingNew", "message": "no"}}', status=status, request_id=None)
    error = refusal(fault, "read the model")
    assert error.kind == kind
    assert error.blocks_rollback


ASSIGNMENT = "/subscriptions/0/providers/Microsoft.Authorization/policyAssignments/no-new-tags"
INFO = {
    "type": "PolicyViolation",
    "info": {
        "policyDefinitionDisplayName": "Deny tags",
        "policyDefinitionName": "deny-tags",
        "policyAssignmentName": "no-new-tags",
        "policyAssignmentDisplayName": "No new tags",
        "policyAssignmentId": ASSIGNMENT,
    },
}
IDENTIFIERS = (
    "Resource 'web' was disallowed by policy. Policy identifiers: '"
    + json.dumps(
        [
            {
                "policyAssignment": {"name": "No new tags", "id": ASSIGNMENT},
                "policyDefinition": {"name": "Deny tags", "id": "/d", "version": "1.0.0"},
            }
        ]
    )
    + "'."
)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Resource 'web' was disallowed by policy.", "additionalInfo": [INFO]},
        {"message": "See details.", "details": [{"code": "RequestDisallowedByPolicy", "additionalInfo": [INFO]}]},
        {"message": IDENTIFIERS},
    ],
    ids=["additionalInfo", "details", "message"],
)
def test_a_policy_is_named_with_its_assignment_and_the_way_round(error: dict[str, Any]) -> None:
    refused = answer(403, code="RequestDisallowedByPolicy", target="web", **error)
    assert refused.kind == "policy"
    assert f"assignment No new tags ({ASSIGNMENT}) of policy Deny tags" in refused.message
    assert "exempt" in refused.advice
    assert "minutes: 0" in str(refused)
    assert "rollout_lease: 0" in refused.describe(ROLE)
    assert "role" not in refused.advice


def test_a_code_inside_of_the_error_counts_as_well() -> None:
    error = answer(400, code="InvalidTemplateDeployment", message="See inner.", details=[{"code": "QuotaExceeded"}])
    assert error.kind == "quota"
    assert error.to_dict()["arm"]["detail_codes"] == ["QuotaExceeded"]


def test_a_failed_operation_keeps_its_kind_and_says_what_to_do() -> None:
    fault = read_fault('{"error": {"code": "SkuNotAvailable", "message": "None left."}}', status=200, request_id=None)
    error = failed_operation(fault, "upgrade")
    assert (error.kind, error.advice) == (
        "operation_failed",
        "Choose another size or zone, or ask Azure's support for access.",
    )


WORDS = st.sampled_from([None, "", "Conflict", "quota", "imageReference", "tag", *(row[2] for row in TABLE)])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "target", "details", "additionalInfo", "info", "status", "x"])
            | st.text(max_size=4),
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(ANYTHING, st.integers(400, 599), st.booleans())
def test_no_answer_makes_an_exception_outside_of_the_tree(body: Any, status: int, write: bool) -> None:
    for text in (json.dumps(body), json.dumps({"error": body}), str(body), "[" * 100_000):
        fault = read_fault(text, status=status, request_id=None)
        for error in (refusal(fault, "read", write=write), failed_operation(fault, "upgrade")):
            assert isinstance(error, VmssError)
            assert json.dumps(error.to_dict())
            assert str(error)
            assert error.kind != "error"


def test_a_permission_is_named_once_and_not_what_is_there() -> None:
    error = answer(403, code="LinkedAuthorizationFailed", message=LINKED)
    assert isinstance(error, Forbidden)
    assert "virtualMachineScaleSets/write" not in error.message
