//! Networks. Names are not unique in older engines, so they are found by label and used by id.

use crate::daemon::{Daemon, WORK};
use crate::error::StackError;
use crate::labels::{NetworkPart, PART, Scope};
use crate::observe::RealNetwork;
use bollard::models::NetworkCreateRequest;
use bollard::query_parameters::ListNetworksOptionsBuilder;
use std::collections::HashMap;
use std::net::IpAddr;

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
            }
        };
        let mut networks: Vec<_> = listed.into_iter().map(network).collect();
        networks.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(networks)
    }

    /// Creates a network. Not an internal one: there the daemon drops published ports without an error.
    pub(crate) async fn create_network(&self, scope: &Scope, part: NetworkPart) -> Result<(), StackError> {
        let name = scope.name(part.word());
        let request = NetworkCreateRequest {
            name: name.clone(),
            driver: Some("bridge".to_owned()),
            labels: Some(scope.labels(part.word())),
            ..NetworkCreateRequest::default()
        };
        let client = self.patient(WORK);
        self.work(WORK, self.call("create a network", "network", &name), client.create_network(request)).await.map(drop)
    }

    /// The address under which containers reach this computer as `host.docker.internal`, where the engine runs on it: the one
    /// of Docker's own bridge. In a virtual machine it is an address of that machine. `None` if there is no such bridge.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn host_gateway(&self) -> Result<Option<IpAddr>, StackError> {
        let call = self.call("inspect a network", "network", "bridge");
        match self.ask(call, self.docker().inspect_network("bridge", None)).await {
            Ok(network) => {
                let configs = network.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
                Ok(configs.into_iter().filter_map(|config| config.gateway?.parse().ok()).find(IpAddr::is_ipv4))
            }
            Err(StackError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a network. Removing a missing one succeeds.
    pub(crate) async fn remove_network(&self, id: &str) -> Result<(), StackError> {
        let client = self.patient(WORK);
        let removed = self.work(WORK, self.call("remove a network", "network", id), client.remove_network(id)).await;
        crate::volume::missing_is_done(removed)
    }
}
