# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The table of Azure's refusals: what status, code, message and target mean together.

A status alone means little: 409 is a race, a quota, a lock, a disabled subscription or a wrong state, and 403 is a
missing permission, a policy or a lock. Only a race passes when the same is asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    Conflict,
    CredentialError,
    FeatureNotRegistered,
    Forbidden,
    ImageChangeRefused,
    ImageNotFound,
    Locked,
    ModelLimit,
    NoCapacity,
    NotFound,
    PolicyViolation,
    QuotaExceeded,
    Rejected,
    RollingUpgradeRuns,
    SubscriptionBlocked,
    VmssError,
)


@dataclass(frozen=True)
class Refusal:
    """What one kind of answer means: `what` completes "Could not ...: ".

    It is meant where one of the `codes` is that of the error or of its details, and where statuses, message and target
    are as given, if they are.
    """

    error: type[VmssError]
    what: str
    advice: str
    codes: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    message: str = ""
    target: str = ""

    def fits(self, fault: ArmFault) -> bool:
        """Whether this is what Azure means."""
        codes = {code.lower() for code in (fault.code, *fault.detail_codes) if code}
        return (
            (not self.codes or not codes.isdisjoint(self.codes))
            and (not self.statuses or fault.status in self.statuses)
            and (not self.message or bool(re.search(self.message, fault.message or "", re.IGNORECASE)))
            and (not self.target or bool(re.match(self.target, fault.target or "", re.IGNORECASE)))
        )


_IMAGE = "imageReference"
_CHANGE = "Stay with the kind, publisher, offer and sku of the present image, or make a new scale set."
_SPELLING = "Check the image's fields, and that it exists in the region of the scale set."
_ACTIVITY = "See who else changes the scale set (activity log), then run again."
_SUBSCRIPTION = "Check O(subscription_id) (AZURE_SUBSCRIPTION_ID), O(tenant) and O(cloud_environment)."
_REGISTER = (
    "Register it for the subscription ('az provider register' or 'az feature register'), wait until its state is "
)
_REGISTER += "Registered, then run again."
_LATER = "Nothing is wrong with the rollout: run again later, or choose another size or region for the scale set."

# From the particular to the general: the first that fits is meant. Behind each, where it comes from.
_TABLE: tuple[Refusal, ...] = (
    # Reported (Azure/azure-cli 26880 and others): Entra ID has revoked the session, or wants another factor or network.
    Refusal(
        CredentialError,
        "Entra ID demands a new login (continuous access evaluation, conditional access)",
        "Log in again, from a network and with the factors that the tenant's conditional access allows; for jobs "
        "without an operator use a service principal or a managed identity.",
        statuses=(401,),
        message=r"continuous access evaluation|InteractionRequired|conditional access|\bclaims\b|AADSTS5007\d|revo[ck]",
    ),
    # Recorded by users, and what the simulator answers.
    Refusal(
        CredentialError,
        "the access token has expired",
        "Run again, which logs in anew; renew a token that comes from elsewhere (az login, workload identity) there.",
        codes=("expiredauthenticationtoken",),
    ),
    # Reported: the message names both tenants.
    Refusal(
        CredentialError,
        "the login is for another tenant than that of the subscription",
        "Set O(tenant) (AZURE_TENANT) to the tenant of the subscription, which Azure names; or choose the "
        "O(subscription_id) that belongs to the tenant of the login.",
        codes=("invalidauthenticationtokentenant",),
    ),
    Refusal(
        CredentialError,
        "the access token is for another service or cloud",
        "Check O(cloud_environment): the login must be for the same cloud.",
        codes=("invalidauthenticationtokenaudience",),
    ),
    Refusal(
        CredentialError,
        "Azure does not accept the credentials",
        "Check O(tenant), O(client_id) and O(secret), that the subscription belongs to that tenant, and "
        "O(cloud_environment).",
        statuses=(401,),
    ),
    # Documented: the subscription is disabled, with 409 or 403.
    Refusal(
        SubscriptionBlocked,
        "the subscription is disabled, and Azure takes no writes",
        "Have the owner of the subscription enable it again (billing, spending limit), then run again.",
        codes=("readonlydisabledsubscription", "disabledsubscription", "subscriptiondisabled"),
    ),
    # Documented.
    Refusal(
        FeatureNotRegistered,
        "the subscription is not registered for a preview feature that this takes",
        _REGISTER,
        codes=("subscriptionnotregisteredforfeature", "featurenotregistered", "featurenotregisteredforsubscription"),
    ),
    Refusal(
        FeatureNotRegistered,
        "the subscription is not registered for a preview feature that this takes",
        _REGISTER,
        statuses=(400, 403, 409),
        message=r"not registered for (?:the )?(?:feature|preview)|feature [^.]* is not (?:registered|enabled) for",
    ),
    Refusal(
        SubscriptionBlocked,
        "the subscription is not registered for the resource provider",
        _REGISTER,
        codes=("missingsubscriptionregistration", "subscriptionnotregistered"),
    ),
    # Documented: 409, in some services 403.
    Refusal(
        Locked,
        "a lock forbids it",
        "Remove the lock that Azure names for the time of the rollout (a ReadOnly lock forbids every write), then run "
        "again.",
        codes=("scopelocked",),
    ),
    # Documented.
    Refusal(
        PolicyViolation,
        "a policy of Azure Policy denies it",
        "Have the policy's owner exempt the scale set, or make the change as the policy wants it. Where it denies or "
        "demands tags, roll without a lease (O(minutes=0)), which writes none.",
        codes=("requestdisallowedbypolicy", "policyviolation"),
    ),
    Refusal(
        PolicyViolation,
        "Azure itself denies it (region, size, or a login without a second factor)",
        "Do as Azure's message says.",
        codes=("requestdisallowedbyazure",),
    ),
    Refusal(
        PolicyViolation,
        "a policy of Azure Policy denies it",
        "Have the policy's owner exempt the scale set, or make the change as the policy wants it. Where it denies or "
        "demands tags, roll without a lease (O(minutes=0)), which writes none.",
        statuses=(400, 403, 409),
        message=r"disallowed by policy|policy violation",
    ),
    # Reported (Databricks, managed applications).
    Refusal(
        Forbidden,
        "a deny assignment forbids it, whatever roles the principal has",
        "The service or the application that owns the resource made the deny assignment: let that service roll the "
        "image, or ask its owner.",
        codes=("denyassignmentauthorizationfailed",),
    ),
    # Recorded, and reported for images in other tenants.
    Refusal(
        Forbidden,
        "the principal lacks a permission on something that the scale set refers to",
        "Assign a role that holds the action on the linked resource, in its own subscription and tenant; a new "
        "assignment takes some minutes to be seen.",
        codes=("linkedauthorizationfailed",),
    ),
    Refusal(
        Forbidden,
        "the principal lacks the permission",
        "Assign a role that holds the action; a new assignment takes some minutes to be seen.",
        codes=("authorizationfailed",),
    ),
    # Reported (Azure/azure-rest-api-specs and recorded with 429): something that is referred to is being changed.
    Refusal(
        Conflict,
        "something that it needs is being changed",
        _ACTIVITY,
        codes=("retryableerror", "referencedresourcenotprovisioned"),
    ),
    Refusal(
        ImageChangeRefused,
        "Azure does not let this scale set change to such an image",
        _CHANGE,
        codes=("propertychangenotallowed",),
        target=_IMAGE,
    ),
    # Documented.
    Refusal(
        ImageNotFound,
        "the publisher has deprecated the image, and Azure makes no instances of it any more",
        "Choose a newer version, or another image.",
        codes=("imageversiondeprecated",),
    ),
    # Reported, and recorded for wrong publishers.
    Refusal(
        ImageNotFound,
        "Azure does not find the image",
        _SPELLING,
        codes=("platformimagenotfound", "galleryimagenotfound", "imagenotfound"),
    ),
    Refusal(ImageNotFound, "Azure does not find the image", _SPELLING, target=_IMAGE),
    Refusal(
        ImageNotFound,
        "Azure does not accept the image's id",
        _SPELLING,
        codes=("linkedinvalidpropertyid", "invalidresourcereference", "invalidresourceid"),
        message=r"imageReference",
    ),
    Refusal(
        ImageChangeRefused,
        "Azure does not let this scale set change so",
        _CHANGE,
        codes=("propertychangenotallowed",),
    ),
    Refusal(
        ImageChangeRefused,
        "Azure does not let this scale set change to such an image",
        _CHANGE,
        message=r"image type for a virtual machine scale set may not be changed",
    ),
    # Documented: a plan can be set when the scale set is made, and not afterwards; code as users report it.
    Refusal(
        ImageChangeRefused,
        "the purchase plan of a scale set cannot be changed, and the image has another one",
        "Stay with images of the plan that the scale set has, or make a new scale set for this image.",
        codes=("cannotupdateplan",),
    ),
    # Documented.
    Refusal(
        ModelLimit,
        "the instances refer to ten different models already",
        "Bring the instances left behind to the latest model first (azroll.vmss.vmss_domain_upgrade with "
        "all_instances), then set the image again.",
        message=r"limit of \d+ models",
    ),
    # Documented: errors of the Marketplace; codes as users report them.
    Refusal(
        Rejected,
        "the image comes from the Marketplace, and its plan or its terms are not in order",
        "Accept the terms of the image ('az vm image terms accept'), and see that the plan of the scale set is that of "
        "the image.",
        codes=("marketplacepurchaseeligibilityfailed", "resourcepurchasevalidationfailed", "vmmarketplaceinvalidinput"),
    ),
    # Reported with 409 OperationNotAllowed (onefuzz 605, karpenter-provider-azure 192), documented as QuotaExceeded.
    Refusal(
        QuotaExceeded,
        "the quota of the subscription does not allow it",
        "Raise the quota that Azure names, or free some of it, then run again.",
        codes=("quotaexceeded", "resourcequotaexceeded", "coresquotaexceeded"),
    ),
    Refusal(
        QuotaExceeded,
        "the quota of the subscription does not allow it",
        "Raise the quota that Azure names, or free some of it, then run again.",
        statuses=(400, 403, 409),
        message=r"\bquota\b",
    ),
    # Documented.
    Refusal(
        NoCapacity,
        "Azure does not offer the size of the scale set in its region or zone, or not to this subscription",
        "Choose another size or zone, or ask Azure's support for access.",
        codes=("skunotavailable", "notavailableforsubscription"),
    ),
    Refusal(
        NoCapacity,
        "Azure has no capacity for the scale set at the moment",
        _LATER,
        codes=(
            "allocationfailed",
            "zonalallocationfailed",
            "overconstrainedallocationrequest",
            "overconstrainedzonalallocationrequest",
        ),
    ),
    # Reported: Azure lets nothing be changed while its own upgrade runs.
    Refusal(
        RollingUpgradeRuns,
        "a rolling upgrade of Azure's own is running",
        "Wait until it has ended, or cancel it, then run again.",
        statuses=(400, 409),
        message=r"rolling upgrade[^.]*in progress|ongoing rolling upgrade(?! to cancel)",
    ),
    # Reported (kubernetes/kops 18350, cloud-provider-azure 2386): races, which pass.
    Refusal(
        Conflict,
        "it is being deleted",
        "See who deletes it (activity log), then run again.",
        codes=("resourcegroupbeingdeleted",),
    ),
    Refusal(
        Conflict,
        "it is being deleted",
        "See who deletes it (activity log), then run again.",
        statuses=(400, 409),
        message=r"marked for deletion|is being deleted",
    ),
    Refusal(
        Conflict,
        "another write is in the way",
        _ACTIVITY,
        codes=(
            "conflict",
            "conflictingoperation",
            "conflictingconcurrentwritenotallowed",
            "conflictingserveroperation",
            "anotheroperationinprogress",
            "operationinprogress",
            "operationpreempted",
            "preconditionfailed",
        ),
    ),
    Refusal(
        Conflict,
        "another write is in the way",
        _ACTIVITY,
        statuses=(409,),
        message=r"concurrent request|another operation|operation(?: \S+)? is (?:already )?in progress|pre-?empted"
        r"|is being (?:updated|modified|created)",
    ),
    Refusal(Conflict, "another write is in the way", _ACTIVITY, statuses=(412,)),
    # Documented: the gateway's, of subscriptions and groups.
    Refusal(
        NotFound,
        "there is no such subscription, or the principal cannot see it",
        _SUBSCRIPTION,
        codes=("subscriptionnotfound", "invalidsubscriptionid"),
    ),
    Refusal(
        NotFound,
        "there is no such resource group",
        "Check O(resource_group) and O(subscription_id).",
        codes=("resourcegroupnotfound",),
    ),
    # Reported of Azure Stack Hub, whose releases know older versions only.
    Refusal(
        Rejected,
        "this cloud does not know the version of the API",
        "Check O(cloud_environment); an Azure Stack of an old release cannot be worked with.",
        codes=("noregisteredproviderfound", "invalidapiversionparameter", "invalidresourcetype"),
    ),
    Refusal(
        NotFound,
        "there is no such resource",
        "Check O(name), O(resource_group) and O(subscription_id).",
        statuses=(404, 410),
    ),
    # Documented: what a write refers to has an id that cannot be one.
    Refusal(
        Rejected,
        "the scale set refers to something whose id Azure does not accept",
        "Fix the reference that Azure names, then run again.",
        codes=("linkedinvalidpropertyid", "invalidresourcereference", "invalidresourceid"),
    ),
    Refusal(
        Rejected,
        "Azure does not accept the tags",
        "Remove tags that nobody needs, or roll without a lease (O(minutes=0)), which writes none.",
        statuses=(400, 409),
        message=r"\btags?\b.*\b(?:limit|maximum|exceed|invalid|not allowed|characters)|too many tags",
    ),
    # Reported: quota apart, it is the state of the set or of the instance that does not allow it.
    Refusal(
        Rejected,
        "Azure does not allow it in the present state",
        "See the state of the scale set and of the instances that Azure names, change that, then run again.",
        codes=("operationnotallowed",),
        statuses=(400, 403, 409),
    ),
    Refusal(Forbidden, "Azure forbids it", "Change what Azure names, then run again.", statuses=(403,)),
)
# An answer without a code, as of something that stands before the service: there is only the status to go by.
_BARE = Refusal(Conflict, "another write is in the way", _ACTIVITY)

# Plain ("perform action 'X' over scope 'Y'") and linked ("perform action(s) 'X' on the linked scope(s) 'Y'").
_ACTION = re.compile(
    r"perform action(?:\(s\))? '(?P<action>[^']+)' (?:over|on the linked) scope(?:\(s\))? '(?P<scope>[^']+)'"
)
# Of another tenant (reported): "the current tenant 'X' is not authorized to access linked subscription 'Y'".
_TENANT = re.compile(r"tenant '(?P<tenant>[^']+)' is not authorized to access linked subscription '(?P<linked>[^']+)'")


def meaning(fault: ArmFault) -> Refusal | None:
    """What Azure's answer from 400 to 499, or the error of a failed operation, means; None where that is not known."""
    if fault.status == 409 and not fault.code:
        return _BARE
    return next((one for one in _TABLE if one.fits(fault)), None)


def particulars(fault: ArmFault) -> str:
    """What the answer names: permissions, linked scopes and policies; empty where it names nothing."""
    return " and ".join(_particulars(fault))


def _particulars(fault: ArmFault) -> Iterator[str]:
    said = fault.message or ""
    yield from fault.policies
    for match in _ACTION.finditer(said):
        yield f"{match['action']} on {match['scope']}"
    for match in _TENANT.finditer(said):
        yield f"tenant {match['tenant']} may not use subscription {match['linked']}"
