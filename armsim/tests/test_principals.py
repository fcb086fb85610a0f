# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Roles, audiences and assertions: who may do what, and whose tokens count."""

from __future__ import annotations

import time

import jwt
import pytest

from armsim import scenario
from armsim.identity.aadsts import LoginError
from armsim.identity.directory import Directory
from armsim.identity.federation import AUDIENCE, ISSUER, Federation
from armsim.identity.principal import Principal
from armsim.identity.tokens import Signer
from armsim.protocol.errors import ArmError

BASE = "https://127.0.0.1:8443"
READ, WRITE, UPGRADE = (
    f"Microsoft.Compute/virtualMachineScaleSets/{verb}" for verb in ("read", "write", "manualUpgrade/action")
)
GALLERY = "Microsoft.Compute/galleries/read"


def principal(**fields):
    return Principal(scenario.Principal(**fields), "5e5e5e5e-0000-4000-8000-000000000001")


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({}, {READ, WRITE, UPGRADE, GALLERY}),
        ({"role": "Contributor"}, {READ, WRITE, UPGRADE, GALLERY}),
        ({"role": "Reader"}, {READ, GALLERY}),
        ({"role": "Virtual Machine Contributor"}, {READ, WRITE, UPGRADE}),
        ({"actions": ["*/read", "microsoft.compute/*/write"]}, {READ, WRITE, GALLERY}),
        ({"actions": ["*"], "not_actions": [UPGRADE.upper()]}, {READ, WRITE, GALLERY}),
        ({"not_actions": ["*/action"]}, {READ, WRITE, GALLERY}),
        ({"role": "Reader", "denied_actions": ["*/galleries/*"]}, {READ}),
        ({"actions": []}, set()),
    ],
)
def test_a_role_allows_what_it_contains(fields, allowed):
    judge = principal(**fields)
    assert {action for action in (READ, WRITE, UPGRADE, GALLERY) if judge.may(action)} == allowed


def test_a_contributor_may_not_change_roles():
    assert not principal(role="Contributor").may("Microsoft.Authorization/roleAssignments/write")
    assert principal(role="Owner").may("Microsoft.Authorization/roleAssignments/write")


def test_principals_that_cannot_be_told_apart_are_refused():
    document = {"version": 1, "principals": [scenario.Principal().model_dump()]}
    with pytest.raises(scenario.ScenarioError, match=r"principals.*client_id.* is given twice"):
        scenario.check(document)


def directory(**options):
    return Directory(scenario.Scenario(version=1), **options)


def judged(strict, audience):
    judge = directory(strict=strict)
    token = judge.issue(judge.default, audience, BASE)
    return judge.authenticate(f"Bearer {token}", BASE).principal


@pytest.mark.parametrize(
    "audience",
    [
        "https://management.azure.com",
        "https://management.azure.com/",
        "https://management.core.windows.net/",
        BASE,
        f"{BASE}/",
        f"{BASE}//",
    ],
)
def test_a_strict_directory_takes_tokens_for_resource_manager_and_for_the_endpoint(audience):
    assert judged(True, audience).spec.name == "armsim"


def test_other_audiences_are_for_a_lenient_directory_only():
    assert judged(False, "https://graph.microsoft.com").spec.name == "armsim"
    with pytest.raises(ArmError) as refused:
        judged(True, "https://graph.microsoft.com")
    assert (refused.value.status, refused.value.code) == (401, "InvalidAuthenticationTokenAudience")
    assert "'https://graph.microsoft.com'" in refused.value.message


def test_a_token_says_who_it_is_for_and_from():
    judge = directory()
    token = judge.issue(judge.default, "https://management.azure.com", BASE, managed=True)
    key = jwt.PyJWKSet.from_dict(judge.key_set()).keys[0]
    claims = jwt.decode(token, key, audience="https://management.azure.com")
    assert claims["tid"] == judge.tenant_id
    assert claims["oid"] == judge.default.spec.object_id
    assert claims["xms_mirid"] == judge.default.resource_id
    assert claims["exp"] - claims["iat"] >= 3599


def test_a_token_of_another_run_is_invalid():
    judge, other = directory(), directory()
    token = other.issue(other.default, "https://management.azure.com", BASE)
    with pytest.raises(ArmError) as refused:
        judge.authenticate(f"Bearer {token}", BASE)
    assert refused.value.code == "InvalidAuthenticationToken"


def test_a_token_expires_in_real_time(monkeypatch):
    judge = directory()
    token = judge.issue(judge.default, "https://management.azure.com", BASE)
    lifetime = judge.default.spec.token_lifetime
    started = time.time()
    monkeypatch.setattr("armsim.identity.directory.time.time", lambda: started + lifetime - 1)
    assert judge.authenticate(f"Bearer {token}", BASE).principal is judge.default
    monkeypatch.setattr("armsim.identity.directory.time.time", lambda: started + lifetime + 2)
    with pytest.raises(ArmError) as refused:
        judge.authenticate(f"Bearer {token}", BASE)
    assert refused.value.code == "ExpiredAuthenticationToken"
    assert "WWW-Authenticate" in refused.value.headers


def number(federation, assertion):
    with pytest.raises(LoginError) as refused:
        federation.check(principal(), assertion)
    return refused.value.number


def test_a_federated_token_is_as_good_as_a_secret_for_its_own_principal():
    federation = Federation()
    federation.check(principal(), federation.token(principal()))
    assert number(federation, federation.token(principal(name="other"))) == 700213


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iss": "https://elsewhere/"}, 700211),
        ({"aud": "api://else"}, 700212),
        ({"sub": "system:serviceaccount:default:x"}, 700213),
        ({}, 700027),
    ],
)
def test_an_assertion_that_is_not_ours_is_refused_for_its_reason(claims, expected):
    right = {"iss": ISSUER, "aud": AUDIENCE, "sub": "system:serviceaccount:armsim:armsim"}
    assert number(Federation(), Signer().sign(60, **{**right, **claims})) == expected


def test_an_expired_and_a_malformed_assertion_are_refused(monkeypatch):
    federation = Federation()
    token = federation.token(principal())
    monkeypatch.setattr("armsim.identity.federation.time.time", lambda: 4e9)
    assert number(federation, token) == 700024
    assert number(federation, "not.a.token") == 50027
