//! Markdown of questions to HTML. Only paragraphs, emphasis, code and lists come out; raw HTML, images, links, headings and
//! whatever else a question may hold become plain text. What stands in the bank is read as hostile, here once more.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd, html::push_html};

/// A stem or an explanation: blocks. A listing can take the focus, so that the keyboard can scroll a wide one.
pub fn html(text: &str) -> String {
    let mut out = String::new();
    push_html(&mut out, events(text).into_iter());
    out.replace("<pre>", "<pre tabindex=\"0\">")
}

/// An option: one line, without blocks.
pub fn inline_html(text: &str) -> String {
    let mut out = String::new();
    let mut first = true;
    let inline = events(text).into_iter().filter_map(|event| match event {
        Event::Start(Tag::Paragraph | Tag::Item) => {
            let between = if first { None } else { Some(Event::Text(" ".into())) };
            first = false;
            between
        }
        Event::Start(Tag::Emphasis | Tag::Strong)
        | Event::End(TagEnd::Emphasis | TagEnd::Strong)
        | Event::Text(_)
        | Event::Code(_) => Some(event),
        _ => None,
    });
    push_html(&mut out, inline);
    out
}

/// A stem in a list: its words without markup, its listings left out.
pub fn line(text: &str) -> String {
    let (mut out, mut listing) = (String::new(), false);
    for event in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                listing = true;
                out.push_str(" … ");
            }
            Event::End(TagEnd::CodeBlock) => listing = false,
            Event::Start(Tag::Paragraph | Tag::Item) if !out.is_empty() && !out.ends_with(' ') => out.push(' '),
            Event::Text(words) | Event::Code(words) if !listing => out.push_str(&words),
            _ => {}
        }
    }
    out.trim().to_owned()
}

/// The events that may pass. A line break in the source between two Chinese characters is no space.
fn events(text: &str) -> Vec<Event<'_>> {
    let mut out: Vec<Event<'_>> = Vec::new();
    for event in Parser::new(text) {
        let passed = match event {
            Event::Start(Tag::CodeBlock(_)) => Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)),
            // An HTML block has no paragraph of its own.
            Event::Start(Tag::Heading { .. } | Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::Heading(_) | TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Paragraph | Tag::Strong | Tag::Emphasis | Tag::List(_) | Tag::Item)
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Strong
                | TagEnd::Emphasis
                | TagEnd::List(_)
                | TagEnd::Item
                | TagEnd::CodeBlock,
            )
            | Event::Text(_)
            | Event::Code(_) => event,
            Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
            Event::SoftBreak if ends_wide(out.last()) => continue,
            Event::SoftBreak | Event::HardBreak | Event::Rule => Event::Text(" ".into()),
            _ => continue,
        };
        out.push(passed);
    }
    out
}

fn ends_wide(event: Option<&Event<'_>>) -> bool {
    matches!(event, Some(Event::Text(text)) if text.chars().next_back().is_some_and(|c| c > '\u{2e80}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowed_markup_comes_out() {
        assert_eq!(html("某**不**支持 `ls`"), "<p>某<strong>不</strong>支持 <code>ls</code></p>\n");
        assert_eq!(html("```sh\n$ a < b\n```"), "<pre tabindex=\"0\"><code>$ a &lt; b\n</code></pre>\n");
        assert_eq!(html("1. 一\n2. 二"), "<ol>\n<li>一</li>\n<li>二</li>\n</ol>\n");
        assert_eq!(inline_html("用 `a` 与 *b*"), "用 <code>a</code> 与 <em>b</em>");
    }

    #[test]
    fn a_line_has_no_markup_and_no_listing() {
        assert_eq!(line("输出如下：\n\n```\n$ ls\n```\n\n**不**能用 `rm` 的是"), "输出如下： … 不能用 rm 的是");
    }

    #[test]
    fn nothing_else_does() {
        let hostile = [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[link](javascript:alert(1))",
            "![alt](http://example.com/a.png)",
            "<div style=\"x\">\n\n# heading",
            "```\"><script>\nx\n```",
            "<http://example.com>",
            "- <b onclick=x>",
            "> quote <iframe>",
        ];
        for text in hostile {
            for out in [html(text), inline_html(text)] {
                let mut rest = out.as_str();
                while let Some((_, after)) = rest.split_once('<') {
                    let tag = after.split_once('>').expect("tags are closed").0;
                    let allowed = ["p", "strong", "em", "code", "pre", "ul", "ol", "li"];
                    let tag = if tag == "pre tabindex=\"0\"" { "pre" } else { tag };
                    assert!(allowed.contains(&tag.trim_start_matches('/')), "{text:?} gave {out:?}");
                    rest = after;
                }
            }
        }
    }

    #[test]
    fn a_line_break_between_chinese_characters_is_no_space() {
        assert_eq!(html("一\n二"), "<p>一二</p>\n");
        assert_eq!(html("a\nb"), "<p>a b</p>\n");
    }
}
