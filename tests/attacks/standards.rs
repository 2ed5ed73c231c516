//! `docs/standards.md` has an answer for every listed paragraph of the standards.

use std::collections::BTreeSet;
use std::fs;

use super::table::{Documented, documented, is_right, root};

const PAGE: &str = "docs/standards.md";

/// Sections, and the number of paragraphs in each: the sections of OWASP's ASVS 5.0 that apply to this project, and the
/// recommendations of the RFCs.
const PARAGRAPHS: [(&str, u32); 28] = [
    ("3.3", 5),
    ("3.5", 8),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 3),
    ("7.6", 2),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 3),
    ("10.5", 5),
    ("11.1", 4),
    ("11.2", 5),
    ("11.3", 5),
    ("11.4", 4),
    ("11.5", 2),
    ("11.6", 2),
    ("11.7", 2),
    ("16.1", 1),
    ("16.2", 5),
    ("16.3", 4),
    ("16.4", 3),
    ("16.5", 4),
    ("RFC 9700 2", 6),
    ("RFC 9700 4", 17),
    ("RFC 6265bis 8", 8),
];

/// Returns the paragraphs of a standard that a test names.
fn paragraphs<'a>(test: &'a Documented, standard: &'a str) -> impl Iterator<Item = &'a str> {
    let cited = test.standards.split("; ").filter_map(move |part| part.strip_prefix(standard)?.strip_prefix(' '));
    cited.flat_map(|list| list.split(", "))
}

/// Returns whether `paragraph` is `row` or a part of it.
fn is_in(paragraph: &str, row: &str) -> bool {
    paragraph.strip_prefix(row).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns the rows of the page: for each one, its standard and its four cells.
fn rows(page: &str) -> Vec<(&str, [&str; 4])> {
    let mut standard = "";
    let mut rows = Vec::new();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            standard = name;
        }
        if let Some(cells) = cells(line) {
            rows.push((standard, cells));
        }
    }
    rows
}

/// Returns the cells of a line that is about a paragraph.
fn cells(line: &str) -> Option<[&str; 4]> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    cells.try_into().ok().filter(|[row, ..]: &[&str; 4]| row.starts_with(|first: char| first.is_ascii_digit()))
}

#[test]
fn every_row_of_the_standards_has_an_answer() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let (rows, tests) = (rows(&page), documented());
    let mut links: Vec<Vec<String>> = rows.iter().map(|_| Vec::new()).collect();
    for test in &tests {
        for standard in ["RFC 9700", "RFC 6265bis", "ASVS"] {
            for cited in paragraphs(test, standard) {
                let fits = |(_, (of, [row, ..])): &(usize, &(&str, [&str; 4]))| *of == standard && is_in(cited, row);
                match rows.iter().enumerate().filter(fits).max_by_key(|(_, (_, [row, ..]))| row.len()) {
                    Some((at, _)) => links[at].push(test.link("../")),
                    // Only some chapters of ASVS are answered.
                    None => assert_eq!(standard, "ASVS", "{} cites {standard} {cited}", test.link("")),
                }
            }
        }
    }
    let mut named = BTreeSet::new();
    let mut right = String::new();
    let mut links = links.iter();
    for line in page.lines() {
        match cells(line) {
            Some([row, asked, answer, _]) => {
                let links = links.next().unwrap().join(", ");
                assert!(!answer.is_empty() || !links.is_empty(), "{row} has no answer: {asked}");
                right.push_str(&format!("| {row} | {asked} | {answer} | {links} |\n"));
            }
            None => right.extend([line, "\n"]),
        }
    }
    for (standard, [row, ..]) in &rows {
        let name = if *standard == "ASVS" { (*row).to_owned() } else { format!("{standard} {row}") };
        assert!(named.insert(name), "{standard} {row} is there twice");
    }
    for (section, count) in PARAGRAPHS {
        for number in 1..=count {
            let row = format!("{section}.{number}");
            // Section 8.1 of RFC 6265bis is only an overview.
            assert!(named.contains(&row) || row == "RFC 6265bis 8.1" || has_parts(&named, &row), "{row} is missing");
        }
    }
    assert!(is_right(PAGE, &right), "{PAGE} is stale: it names the command that writes it");
}

/// Returns whether the page answers this section in several rows, one for each part.
fn has_parts(rows: &BTreeSet<String>, row: &str) -> bool {
    rows.iter().any(|found| found.strip_prefix(row).is_some_and(|rest| rest.starts_with('.')))
}
