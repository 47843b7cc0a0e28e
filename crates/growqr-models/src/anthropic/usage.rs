//! Token counts of a streamed reply, and their cost.

use super::table;
use crate::lenient::{count, scalar};
use growqr_core::model::Usage;
use growqr_core::money::Money;
use serde_json::Value;

/// Token counts as an event carries them. A missing field leaves the earlier value unchanged; so does one that is no count.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_creation: Option<Creation>,
    iterations: Option<Vec<Counts>>,
    model: Option<String>,
    /// Searches of the web that the service has made for the model.
    web_searches: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Creation {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

impl Counts {
    /// Reads the fields one by one.
    pub fn read(usage: &Value) -> Counts {
        let creation = &usage["cache_creation"];
        Counts {
            input_tokens: count(&usage["input_tokens"]),
            output_tokens: count(&usage["output_tokens"]),
            cache_read_input_tokens: count(&usage["cache_read_input_tokens"]),
            cache_creation_input_tokens: count(&usage["cache_creation_input_tokens"]),
            cache_creation: creation.is_object().then(|| Creation {
                ephemeral_5m_input_tokens: count(&creation["ephemeral_5m_input_tokens"]),
                ephemeral_1h_input_tokens: count(&creation["ephemeral_1h_input_tokens"]),
            }),
            iterations: usage["iterations"].as_array().map(|passes| passes.iter().map(Counts::read).collect()),
            model: scalar(&usage["model"]),
            web_searches: count(&usage["server_tool_use"]["web_search_requests"]),
        }
    }

    /// Whether it has the count of the output.
    pub fn has_output(&self) -> bool {
        self.output_tokens.is_some()
    }

    /// Whether prompt and output are counted, in each pass if there are several. No prompt is empty: zero was not counted.
    pub fn are_whole(&self, is_output_final: bool) -> bool {
        match self.iterations.as_deref() {
            None | Some([]) => self.is_pass_counted() && is_output_final,
            Some(passes) => passes.iter().all(Counts::is_pass_counted),
        }
    }

    fn is_pass_counted(&self) -> bool {
        self.input_tokens.is_some() && self.output_tokens.is_some() && self.one().prompt_tokens() > 0
    }

    /// Takes what the service did not count from `estimate`. Returns whether anything was missing.
    pub fn fill(&mut self, estimate: &Usage, is_output_final: bool) -> bool {
        if self.iterations.as_ref().is_some_and(|passes| !passes.is_empty()) {
            if self.are_whole(is_output_final) {
                return false;
            }
            // Passes that are not counted say less than the counts of the whole call.
            self.iterations = None;
            self.fill(estimate, is_output_final);
            return true;
        }
        let is_input_missing = self.input_tokens.is_none();
        if is_input_missing {
            let cached = self.cache_read_input_tokens.unwrap_or(0) + self.cache_creation_input_tokens.unwrap_or(0);
            self.input_tokens = Some(estimate.input_tokens.saturating_sub(cached));
        }
        if !is_output_final {
            self.output_tokens = self.output_tokens.max(Some(estimate.output_tokens));
        }
        is_input_missing || !is_output_final
    }

    /// Applies the counts of a later event. They are cumulative: they replace the earlier values.
    pub fn update(&mut self, later: Counts) {
        fn take<T>(into: &mut Option<T>, from: Option<T>) {
            if from.is_some() {
                *into = from;
            }
        }
        take(&mut self.input_tokens, later.input_tokens);
        take(&mut self.output_tokens, later.output_tokens);
        take(&mut self.cache_read_input_tokens, later.cache_read_input_tokens);
        take(&mut self.cache_creation_input_tokens, later.cache_creation_input_tokens);
        take(&mut self.cache_creation, later.cache_creation);
        take(&mut self.iterations, later.iterations);
        take(&mut self.web_searches, later.web_searches);
    }

    /// The counts of one pass. Without a split by lifetime all cache writes count as five-minute writes, which is what
    /// requests ask for.
    fn one(&self) -> Usage {
        let written = self.cache_creation_input_tokens.unwrap_or(0);
        let one_hour = self.cache_creation.as_ref().and_then(|split| split.ephemeral_1h_input_tokens).unwrap_or(0);
        let five_minutes = match &self.cache_creation {
            Some(split) => split.ephemeral_5m_input_tokens.unwrap_or(written.saturating_sub(one_hour)),
            None => written,
        };
        Usage {
            input_tokens: self.input_tokens.unwrap_or(0),
            output_tokens: self.output_tokens.unwrap_or(0),
            cache_read_tokens: self.cache_read_input_tokens.unwrap_or(0),
            cache_write_5m_tokens: five_minutes,
            cache_write_1h_tokens: one_hour,
            is_estimate: false,
        }
    }

    /// Usage and cost of the whole call. A call may consist of several passes of the model (`iterations`). If the service
    /// lists them, they are added up, each at the prices of its own model, because the top-level counts may omit some.
    pub fn usage_and_cost(&self, model: &str) -> (Usage, Option<Money>) {
        let passes = match self.iterations.as_deref() {
            None | Some([]) => std::slice::from_ref(self),
            Some(passes) => passes,
        };
        let mut total = Usage::default();
        let mut cost = Some(Money::ZERO);
        for pass in passes {
            let usage = pass.one();
            total.input_tokens += usage.input_tokens;
            total.output_tokens += usage.output_tokens;
            total.cache_read_tokens += usage.cache_read_tokens;
            total.cache_write_5m_tokens += usage.cache_write_5m_tokens;
            total.cache_write_1h_tokens += usage.cache_write_1h_tokens;
            let prices = table::card(pass.model.as_deref().unwrap_or(model)).prices;
            cost = cost.zip(prices.and_then(|prices| prices.cost(&usage))).map(|(sum, more)| sum + more);
        }
        // The passes do not list them.
        let searches = Money(table::WEB_SEARCH.0.saturating_mul(self.web_searches.unwrap_or(0)));
        cost = cost.map(|sum| sum + searches);
        (total, cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(json: &str) -> Counts {
        Counts::read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn later_counts_replace_earlier_ones_and_null_replaces_nothing() {
        let mut all =
            counts(r#"{"input_tokens":10,"output_tokens":1,"cache_read_input_tokens":5,"cache_creation_input_tokens":7}"#);
        all.update(counts(r#"{"output_tokens":20}"#));
        all.update(counts(r#"{"output_tokens":30,"input_tokens":null}"#));
        let (usage, _) = all.usage_and_cost("claude-opus-4-7");
        let expected =
            Usage { input_tokens: 10, output_tokens: 30, cache_read_tokens: 5, cache_write_5m_tokens: 7, ..Usage::default() };
        assert_eq!(usage, expected);
    }

    #[test]
    fn writes_are_split_by_their_lifetime() {
        let all = counts(
            r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":5}}"#,
        );
        let (usage, _) = all.usage_and_cost("claude-opus-4-7");
        assert_eq!((usage.cache_write_5m_tokens, usage.cache_write_1h_tokens), (4, 5));
    }

    #[test]
    fn passes_without_counts_are_estimated() {
        let estimate = Usage { input_tokens: 9, output_tokens: 5, ..Usage::default() };
        let mut all = counts(r#"{"output_tokens":2,"iterations":[{"input_tokens":null,"output_tokens":2}]}"#);
        assert!(all.fill(&estimate, true));
        let (usage, _) = all.usage_and_cost("claude-opus-4-7");
        assert_eq!((usage.input_tokens, usage.output_tokens), (9, 2));
    }

    #[test]
    fn each_search_of_the_web_costs_a_cent() {
        let mut all =
            counts(r#"{"input_tokens":0,"output_tokens":0,"server_tool_use":{"web_search_requests":1,"web_fetch_requests":4}}"#);
        all.update(counts(r#"{"output_tokens":0,"server_tool_use":{"web_search_requests":3}}"#));
        all.update(counts(r#"{"server_tool_use":null}"#));
        assert_eq!(all.usage_and_cost("claude-opus-5-5").1, Some(Money(3_000_000)));
    }

    #[test]
    fn passes_are_summed_each_at_its_own_price() {
        let all = counts(
            r#"{"input_tokens":1,"output_tokens":1,"iterations":[
                {"input_tokens":1000000,"output_tokens":0,"model":"claude-opus-5-5"},
                {"input_tokens":1000000,"output_tokens":0}]}"#,
        );
        let (usage, cost) = all.usage_and_cost("claude-sonnet-5-5");
        assert_eq!(usage.input_tokens, 2_000_000);
        assert_eq!(cost, Some(Money::usd(6)));
        assert_eq!(all.usage_and_cost("claude-unknown").1, None);
    }
}
