pub fn html(text: &str) -> String { text.to_owned() }
pub fn inline_html(text: &str) -> String { text.to_owned() }
