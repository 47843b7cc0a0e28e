//! Networks. Names are not unique in older engines, so they are found by label and used by id.

use crate::daemon::{Daemon, WORK};
use crate::error::StackError;
use crate::labels::{NetworkPart, PART, Scope};
use crate::observe::RealNetwork;
use bollard::models::{Ipam, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptionsBuilder;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

impl Daemon {
    /// The networks that carry the labels of the filter.
    pub(crate) async fn networks(&self, filter: &HashMap<String, Vec<String>>) -> Result<Vec<RealNetwork>, StackError> {
        let options = ListNetworksOptionsBuilder::new().filters(filter).build();
        let call = self.call("list networks", "network", "");
        let listed = self.ask(call, self.docker().list_networks(Some(options))).await?;
        let network = |network: bollard::models::Network| {
            let labels = network.labels.unwrap_or_default();
            RealNetwork {
                id: network.id.unwrap_or_default(),
                name: network.name.unwrap_or_default(),
                part: labels.get(PART).cloned().unwrap_or_default(),
                labels,
                gateway: network.ipam.and_then(gateway),
            }
        };
        let mut networks: Vec<_> = listed.into_iter().map(network).collect();
        networks.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(networks)
    }

    /// The address that `host.docker.internal` names in containers on Linux: the one of the default bridge. `None` without a
    /// default bridge. What listens on it is reachable from every container of the daemon.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn host_gateway(&self) -> Result<Option<IpAddr>, StackError> {
        let call = self.call("inspect the default network", "network", "bridge");
        match self.ask(call, self.docker().inspect_network("bridge", None)).await {
            Ok(network) => Ok(network.ipam.and_then(gateway)),
            Err(StackError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a network. Not an internal one: there the daemon drops published ports without an error.
    pub(crate) async fn create_network(&self, scope: &Scope, part: NetworkPart) -> Result<(), StackError> {
        let name = scope.name(part.word());
        let request = NetworkCreateRequest {
            name: name.clone(),
            driver: Some("bridge".to_owned()),
            labels: Some(scope.new_labels(part.word())),
            ..NetworkCreateRequest::default()
        };
        let client = self.patient(WORK);
        self.work(WORK, self.call("create a network", "network", &name), client.create_network(request)).await.map(drop)
    }

    /// Removes a network. Removing a missing one succeeds.
    pub(crate) async fn remove_network(&self, id: &str) -> Result<(), StackError> {
        let client = self.patient(WORK);
        let removed = self.work(WORK, self.call("remove a network", "network", id), client.remove_network(id)).await;
        crate::volume::missing_is_done(removed)
    }
}

/// Without a gateway of its own a network has the first address of its range.
fn gateway(ipam: Ipam) -> Option<IpAddr> {
    ipam.config?.into_iter().find_map(|config| match config.gateway {
        Some(gateway) if !gateway.is_empty() => gateway.parse().ok(),
        _ => first_address(&config.subnet?),
    })
}

fn first_address(subnet: &str) -> Option<IpAddr> {
    let base: Ipv4Addr = subnet.split('/').next()?.parse().ok()?;
    Some(Ipv4Addr::from(u32::from(base).checked_add(1)?).into())
}
