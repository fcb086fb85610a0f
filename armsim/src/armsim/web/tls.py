# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The certificate authority made at start, and the server's certificate under it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import trustme

NAMES = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Tls:
    """What the server needs, and what its clients must trust (PEM)."""

    context: ssl.SSLContext
    ca_bundle: bytes


def make() -> Tls:
    """A new authority and a certificate for the loopback names; they die with the process."""
    authority = trustme.CA(organization_name="armsim", organization_unit_name="simulated Azure")
    certificate = authority.issue_cert(*NAMES)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return Tls(context, authority.cert_pem.bytes())
