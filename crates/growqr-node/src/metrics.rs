//! The measurements of this node, in Prometheus' text format.

use prometheus::{Encoder, Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// The counters of a node.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    /// Agents that are awake here.
    pub awake: IntGauge,
    /// Profiles that are open here.
    pub profiles: IntGauge,
    /// Inputs that this node has sent to agents, by what came of them.
    pub inputs: IntCounterVec,
    /// From sending an input until it is recorded.
    pub input_seconds: Histogram,
}

impl Metrics {
    /// Counters that are all zero.
    ///
    /// # Errors
    /// Never, unless two of them have the same name.
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let registry = Registry::new();
        let awake = IntGauge::new("growqr_agents_awake", "Agents that are awake on this node.")?;
        let profiles = IntGauge::new("growqr_profiles_open", "Profiles that are open on this node.")?;
        let inputs = Opts::new("growqr_inputs_total", "Inputs that this node has sent to agents, by what came of them.");
        let inputs = IntCounterVec::new(inputs, &["outcome"])?;
        let seconds = HistogramOpts::new("growqr_input_seconds", "From sending an input until it is recorded.");
        let input_seconds = Histogram::with_opts(seconds)?;
        registry.register(Box::new(awake.clone()))?;
        registry.register(Box::new(profiles.clone()))?;
        registry.register(Box::new(inputs.clone()))?;
        registry.register(Box::new(input_seconds.clone()))?;
        Ok(Metrics { registry, awake, profiles, inputs, input_seconds })
    }

    /// The measurements as text.
    ///
    /// # Errors
    /// Never, unless a name is invalid.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_each_measurement_with_its_value() {
        let metrics = Metrics::new().unwrap();
        metrics.awake.set(3);
        metrics.inputs.with_label_values(&["recorded"]).inc_by(2);
        metrics.input_seconds.observe(0.02);
        let text = metrics.text().unwrap();
        for line in [
            "growqr_agents_awake 3",
            "growqr_profiles_open 0",
            "growqr_inputs_total{outcome=\"recorded\"} 2",
            "growqr_input_seconds_count 1",
            "# TYPE growqr_input_seconds histogram",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
