# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations


class ModuleDocFragment:
    """The options by which the collection reaches Azure. Private to the collection."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.10
  - azure-mgmt-compute >= 33.0.0, < 40
  - azure-identity >= 1.16.1, < 2
options:
  subscription_id:
    description:
      - The subscription.
      - If not set, the environment variable E(AZURE_SUBSCRIPTION_ID) is used, then, with the login of the Azure CLI,
        the subscription that the CLI works with.
    type: str
  tenant:
    description:
      - The tenant of the service principal. V(adfs) where Azure Stack logs in by AD FS.
      - If not set, the environment variable E(AZURE_TENANT) or E(AZURE_TENANT_ID) is used.
    type: str
  client_id:
    description:
      - The client id of the service principal or of a user-assigned managed identity.
      - If not set, the environment variable E(AZURE_CLIENT_ID) is used.
    type: str
  secret:
    description:
      - The secret of the service principal.
      - If not set, the environment variable E(AZURE_SECRET) or E(AZURE_CLIENT_SECRET) is used.
    type: str
  profile:
    description:
      - The section of C(~/.azure/credentials) to read, with keys named like these options. What the section does not
        hold comes from the other options.
      - If not set, the environment variable E(AZURE_PROFILE) is used.
    type: str
  auth_source:
    description:
      - Where the credentials come from.
      - V(auto) takes the first that is there of the profile that O(profile) names, O(secret), a workload identity
        (E(AZURE_FEDERATED_TOKEN_FILE)), the profile C(default), a managed identity that the environment announces
        (E(IDENTITY_ENDPOINT), E(MSI_ENDPOINT)), and the login of the Azure CLI.
      - V(env) takes O(tenant), O(client_id) and O(secret), or a workload identity, and looks no further.
      - V(credential_file) reads O(profile), or the profile C(default).
      - V(cli) uses the login of the Azure CLI.
      - V(msi) uses the managed identity of the machine; O(client_id) names a user-assigned one.
      - If not set, the environment variable E(ANSIBLE_AZURE_AUTH_SOURCE) is used, then V(auto).
    type: str
    choices: [auto, cli, credential_file, env, msi]
  cloud_environment:
    description:
      - The cloud, V(AzureCloud), V(AzureUSGovernment) or V(AzureChinaCloud), or the https address of the metadata
        endpoint of a private one (Azure Stack). The address of its Resource Manager alone will do.
      - If not set, the environment variable E(AZURE_CLOUD_ENVIRONMENT) is used, then V(AzureCloud).
    type: str
  cert_validation_mode:
    description:
      - Whether TLS certificates are checked. Better than V(ignore) is to name the file of a private authority's
        certificate in the environment variable E(REQUESTS_CA_BUNDLE).
      - If not set, the environment variable E(AZURE_CERT_VALIDATION_MODE) is used, then V(validate).
    type: str
    choices: [ignore, validate]
  token_cache:
    description:
      - The path of a file in which the module keeps its access token for the next call, so that only one call in about
        an hour logs in. It is for plays with many calls, and for logins that are slow or limited, such as those of the
        Azure CLI and of a managed identity.
      - The module creates the file, readable for its own user alone. A file that another user owns or may read is not
        used. Whoever can read it acts as the login of the play until the token expires, so it belongs into a
        folder that is private to the run, and is to be removed at its end.
      - The token of another login is not used, and a file that cannot be read or written costs a login.
      - If not set, each call logs in.
    type: path
seealso:
  - name: Sign in with the Azure CLI
    description: How to log in for O(auth_source=cli).
    link: https://learn.microsoft.com/cli/azure/authenticate-azure-cli
notes:
  - The module runs wherever the Azure SDK for Python is installed, usually on the control node with
    C(ansible_connection=local).
"""

    SCALE_SET = r"""
options:
  resource_group:
    description:
      - The resource group of the scale set.
    type: str
    required: true
  name:
    description:
      - The name of the scale set.
    type: str
    required: true
"""
