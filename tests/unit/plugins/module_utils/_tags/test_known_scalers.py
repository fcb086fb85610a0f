# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Services that scale a set are known by the tags that they keep on it."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._tags.known_scalers import scaler_of


@pytest.mark.parametrize(
    ("tag", "name", "rewrites"),
    [
        ("__AzureDevOpsElasticPool", "an Azure DevOps agent pool", True),
        ("__azuredevopselasticpooltimestamp", "an Azure DevOps agent pool", True),
        ("cluster-autoscaler-enabled", "the Kubernetes cluster autoscaler", False),
        ("k8s.io_cluster-autoscaler_node-template_label_pool", "the Kubernetes cluster autoscaler", False),
        ("sigs.k8s.io_cluster-api-provider-azure_cluster_prod", "Cluster API", False),
    ],
)
def test_a_service_is_known_by_the_beginning_of_a_tag(tag, name, rewrites):
    found = scaler_of(["env", tag])
    assert found is not None
    assert (found.name, found.rewrites_tags) == (name, rewrites)


def test_tags_of_others_tell_of_none():
    assert scaler_of(["env", "team-cluster-autoscaler", "azroll-run"]) is None
