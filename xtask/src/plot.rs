//! Bar charts as SVG, in the reader's light or dark theme.

use std::fmt::Write as _;

/// A bar.
pub(crate) struct Bar {
    label: String,
    value: f64,
    ours: bool,
}

impl Bar {
    /// Creates a bar of this library.
    pub(crate) fn ours(label: &str, value: f64) -> Self {
        Self { label: label.to_owned(), value, ours: true }
    }

    /// Creates a bar of something that the library is compared with.
    pub(crate) fn beside(label: &str, value: f64) -> Self {
        Self { ours: false, ..Self::ours(label, value) }
    }
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 270.0;
/// The space for the number after the longest bar.
const RIGHT: f64 = 90.0;
const TOP: f64 = 52.0;
const ROW: f64 = 30.0;
const THICKNESS: f64 = 18.0;

const STYLE: &str = "text{font:14px system-ui,sans-serif;fill:#1d1930}.title{font-weight:600;font-size:15px}\
    .bar{fill:#b9b3cf}.ours{fill:#5b3df5}.ground{fill:#faf9fd}\
    @media(prefers-color-scheme:dark){text{fill:#eeecf6}.bar{fill:#5a5570}.ours{fill:#a797ff}.ground{fill:#121118}}";

/// Returns a bar chart as SVG. All bars start at zero, and each number has `decimals` digits after the point.
pub(crate) fn bars(title: &str, decimals: usize, bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let height = TOP + ROW * bars.len() as f64 + 10.0;
    let spoken: Vec<String> = bars.iter().map(|bar| format!("{}, {:.decimals$}", bar.label, bar.value)).collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n\
         <style>{STYLE}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"12\"/>\n\
         <text class=\"title\" x=\"20\" y=\"32\">{}</text>\n",
        escape(&format!("{title}. {}", spoken.join("; "))),
        escape(title),
    );
    for (row, bar) in bars.iter().enumerate() {
        let top = TOP + ROW * row as f64;
        let baseline = top + 14.0;
        let length = (WIDTH - LEFT - RIGHT) * bar.value / longest;
        let class = if bar.ours { "ours" } else { "bar" };
        // Writing to a string can't fail.
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{baseline}\" text-anchor=\"end\">{label}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{length:.1}\" height=\"{THICKNESS}\" rx=\"3\"/>\
             <text x=\"{end:.1}\" y=\"{baseline}\">{value:.decimals$}</text>",
            x = LEFT - 12.0,
            label = escape(&bar.label),
            end = LEFT + length + 8.0,
            value = bar.value,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
