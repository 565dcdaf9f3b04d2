//! Guides as pages: Markdown becomes HTML, and links between guides stay links.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::{PAGE_PATH, REFERENCE, REFERENCE_BODY};

const SHELL: &str = include_str!("shell.html");

/// A guide's name and its Markdown.
type Guide = (&'static str, &'static str);

/// Every guide's name and its page.
pub(super) fn pages(guides: &[Guide]) -> Vec<(&'static str, String)> {
    guides
        .iter()
        .map(|&(name, markdown)| {
            let body = if name == REFERENCE {
                REFERENCE_BODY.to_owned()
            } else {
                body(markdown, guides)
            };
            let page = SHELL
                .replace("{title}", title(markdown))
                .replace("{navigation}", &navigation(guides, name))
                .replace("{body}", &body);
            (name, page)
        })
        .collect()
}

/// The text of the first heading.
fn title(markdown: &str) -> &str {
    let first = markdown.lines().next().unwrap_or_default();
    first.trim_start_matches("# ")
}

fn navigation(guides: &[Guide], current: &str) -> String {
    let link = |&(name, markdown): &Guide| {
        let current = if name == current {
            " aria-current=\"page\""
        } else {
            ""
        };
        let title = title(markdown);
        format!("<a href=\"{PAGE_PATH}/{name}\"{current}>{title}</a>\n")
    };
    guides.iter().map(link).collect()
}

fn body(markdown: &str, guides: &[Guide]) -> String {
    let events: Vec<_> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let mut shown = Vec::with_capacity(events.len());
    // For each link that is open, whether it is shown as one.
    let mut links = Vec::new();
    for at in 0..events.len() {
        let mut event = events[at].clone();
        match &mut event {
            // Comments are for those who edit the page.
            Event::Html(_) | Event::InlineHtml(_) => continue,
            Event::Start(Tag::Heading { id, .. }) => {
                *id = Some(CowStr::from(anchor(&heading(&events[at..]))));
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let target = target(dest_url, guides);
                links.push(target.is_some());
                match target {
                    Some(target) => *dest_url = CowStr::from(target),
                    None => continue,
                }
            }
            Event::End(TagEnd::Link) if links.pop() == Some(false) => continue,
            _ => {}
        }
        shown.push(event);
    }
    let mut body = String::new();
    html::push_html(&mut body, shown.into_iter());
    body
}

/// Where a link leads to on the server; `None` for files of a checkout that it does not show.
fn target(link: &str, guides: &[Guide]) -> Option<String> {
    if link.starts_with('#') || link.starts_with("https://") {
        return Some(link.to_owned());
    }
    let (file, fragment) = link.split_at(link.find('#').unwrap_or(link.len()));
    let name = file.strip_suffix(".md")?;
    let known = guides.iter().any(|(guide, _)| *guide == name);
    known.then(|| format!("{PAGE_PATH}/{name}{fragment}"))
}

/// The text of the heading that begins here.
fn heading(events: &[Event<'_>]) -> String {
    events
        .iter()
        .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(&**text),
            _ => None,
        })
        .collect()
}

/// What the address of a heading is, as in a checkout that is looked at on the web.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|char| match char {
            ' ' => Some('-'),
            '-' | '_' => Some(char),
            _ => char.is_alphanumeric().then_some(char),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::GUIDES;
    use super::*;

    #[test]
    fn links_lead_to_pages_or_are_plain_text() {
        let guides = [
            ("a", "# A\n\n[b](b.md#it-s) [c](../c.rs) <!-- x -->\n"),
            ("b", "# It's `it`\n"),
        ];
        assert_eq!(
            body(guides[0].1, &guides),
            "<h1 id=\"a\">A</h1>\n<p><a href=\"/docs/b#it-s\">b</a> c </p>\n"
        );
        assert_eq!(
            body(guides[1].1, &guides),
            "<h1 id=\"its-it\">It's <code>it</code></h1>\n"
        );
    }

    #[test]
    fn every_link_between_guides_has_a_target() {
        let pages = pages(GUIDES);
        let mut places = HashSet::new();
        for (name, page) in &pages {
            places.insert(format!("{PAGE_PATH}/{name}"));
            for id in page
                .split(" id=\"")
                .skip(1)
                .filter_map(|it| it.split('"').next())
            {
                places.insert(format!("{PAGE_PATH}/{name}#{id}"));
            }
        }
        let mut links = 0;
        for (name, page) in &pages {
            for link in page
                .split(" href=\"")
                .skip(1)
                .filter_map(|it| it.split('"').next())
            {
                let whole = match link {
                    _ if link.starts_with('#') => format!("{PAGE_PATH}/{name}{link}"),
                    _ => link.to_owned(),
                };
                if whole.starts_with(PAGE_PATH) {
                    assert!(places.contains(&whole), "{name} links to {link}");
                    links += 1;
                }
            }
        }
        assert!(links > 200, "{links}");
    }

    #[test]
    fn pages_load_nothing_from_elsewhere() {
        for (name, page) in pages(GUIDES) {
            for loading in ["src=", "@import", "<link", "url(http"] {
                assert!(!page.contains(loading), "{name} has {loading}");
            }
        }
    }
}
