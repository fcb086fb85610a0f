# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.
"""Names that lead to a resource: nothing else may become part of an address."""

from __future__ import annotations

import re

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, CredentialError

# Documented ("Naming rules and restrictions for Azure resources"). Of scale sets the page forbids underscores and
# periods, and then says where they must not stand: they pass here, for Azure has the last word.
_GROUP = re.compile(r"[-\w.()]{0,89}[-\w()]")
_SCALE_SET = re.compile(r"(?!_)[-\w.]{1,64}(?<![-.])")
_SUBSCRIPTION = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# The id of a tenant, one of its domains, or `common` and the like.
_TENANT = re.compile(r"(?!\.)[0-9A-Za-z.-]{1,253}(?<!\.)")


def check_resource_group(text: str, option: str = "resource_group") -> None:
    """Raise BadInput where no resource group can have that name."""
    if not _GROUP.fullmatch(text):
        raise BadInput(
            f"{option} is {shown(text)}, which is not a valid name of a resource group",
            advice="Give its name alone: 1 to 90 letters, digits, underscores, hyphens, periods and parentheses, with "
            "no period at the end.",
        )


def check_scale_set(text: str, option: str = "name") -> None:
    """Raise BadInput where no scale set can have that name."""
    if not _SCALE_SET.fullmatch(text):
        raise BadInput(
            f"{option} is {shown(text)}, which is not a valid name of a scale set",
            advice="Give its name alone: 1 to 64 letters, digits, hyphens, underscores and periods, with no underscore "
            "at the beginning and no hyphen or period at the end.",
        )


def check_subscription(text: str) -> None:
    """Raise BadInput for anything but the id of a subscription."""
    if not _SUBSCRIPTION.fullmatch(text):
        raise BadInput(
            f"subscription_id is {shown(text)}, which is not a valid id of a subscription",
            advice="Give the id, 32 hexadecimal digits in five groups, and not the name: 'az account show' prints it.",
        )


def check_tenant(text: str) -> None:
    """Raise CredentialError for anything but a tenant's id or domain."""
    if not _TENANT.fullmatch(text):
        raise CredentialError(
            f"tenant is {shown(text)}, which is neither the id nor a domain of a tenant",
            advice="Give the id of the directory ('az account show' prints it as tenantId), or one of its domains.",
        )


def shown(value: object) -> str:
    """A value in an error, cut short; control characters are written out."""
    text = str(value)
    return repr(text if len(text) <= 40 else text[:40] + "...")
