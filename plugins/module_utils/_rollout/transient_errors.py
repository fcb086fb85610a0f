# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Which errors of one instance are known to pass when it is retried, and which are known to stay."""

from __future__ import annotations

# Codes in lower case, with where it was seen: documented by Azure, reported by users, or guessed from the code's name.
_PASS = {
    # Documented: resilient create of scale sets tries these two again, and nothing else.
    "osprovisioningtimedout": "documented",
    "vmstarttimedout": "documented",
    # Documented: named transient platform errors, which resilient delete tries again.
    "internalexecutionerror": "documented",
    "internaloperationerror": "documented",
    "transientfailure": "documented",
    # Reported: capacity comes back, sometimes within minutes, sometimes not for hours
    # (cloudfoundry/bosh-azure-cpi-release 443).
    "allocationfailed": "reported",
    "zonalallocationfailed": "reported",
    "networkinginternaloperationerror": "guessed",
    "retryableerror": "guessed",
    "operationpreempted": "guessed",
    "conflict": "guessed",
}
# These are of the image, the model or the subscription: the next try ends alike.
_STAY = (
    "vmextension",
    "image",
    "galleryimage",
    "platformimage",
    "osprovisioningclienterror",
    "osprovisioninginternalerror",
    "operationnotallowed",
    "marketplacepurchase",
    "plan",
    "skunotavailable",
    "overconstrained",
    "authorization",
    "keyvault",
    "diskencryption",
)


def passes(code: str) -> bool | None:
    """Whether an error with this code of Azure's is known to pass with one more try; None where nothing is known.

    That a code is in the first list does not mean that the cause is not the image: a bad one may let every instance
    time out. So it is a reason for one more try, never for two.
    """
    known = code.lower()
    if known in _PASS:
        return True
    return False if known.startswith(_STAY) or "quota" in known else None
