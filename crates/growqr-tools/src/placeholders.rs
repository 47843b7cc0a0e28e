//! `${VAR}` and its relatives in configurations of other programs.

/// A text with its placeholders replaced, the variables that were read for it, and the names of those without a value.
pub(crate) struct Expanded {
    pub text: String,
    pub read: Vec<String>,
    pub missing: Vec<String>,
}

/// Replaces `${VAR}`, `${VAR:-default}` and `${env:VAR}`. Others (`${input:…}`, `${workspaceFolder}`) belong to the program that
/// wrote the file: they have no value here and stay.
pub(crate) fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Expanded {
    let mut expanded = Expanded { text: String::new(), read: Vec::new(), missing: Vec::new() };
    let mut rest = text;
    while let Some(begin) = rest.find("${") {
        let Some(length) = rest[begin..].find('}') else { break };
        let inside = &rest[begin + 2..begin + length];
        expanded.text.push_str(&rest[..begin]);
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let name = name.strip_prefix("env:").unwrap_or(name);
        let is_variable = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let value = variable(name).filter(|value| is_variable && !value.is_empty());
        match (value, default) {
            (Some(value), _) => {
                expanded.text.push_str(&value);
                expanded.read.push(name.to_owned());
            }
            (None, Some(default)) => expanded.text.push_str(default),
            (None, None) => {
                expanded.missing.push(inside.to_owned());
                expanded.text.push_str(&rest[begin..=begin + length]);
            }
        }
        rest = &rest[begin + length + 1..];
    }
    expanded.text.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_others_are_named() {
        let variable = |name: &str| (name == "TOKEN").then(|| "t0k".to_owned());
        let expanded = expand("Bearer ${TOKEN} ${env:TOKEN} ${HOST:-localhost} ${input:key} ${workspaceFolder} ${", &variable);
        assert_eq!(expanded.text, "Bearer t0k t0k localhost ${input:key} ${workspaceFolder} ${");
        assert_eq!(expanded.missing, ["input:key", "workspaceFolder"]);
        assert_eq!(expanded.read, ["TOKEN", "TOKEN"]);
        assert_eq!(expand("ü${", &variable).text, "ü${");
    }
}
