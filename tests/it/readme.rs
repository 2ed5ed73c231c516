//! The README's guide ends with the code of `examples/minimal`, which is built and tested in a browser.

#[test]
fn the_guide_is_the_smallest_app() {
    let readme = include_str!("../../README.md");
    for file in [include_str!("../../examples/minimal/src/main.rs"), include_str!("../../examples/minimal/src/app.rs")]
    {
        let block = format!("```rust,ignore\n{}\n```", file.trim_end());
        assert!(readme.contains(&block), "the README does not show this as it is:\n{file}");
    }
    let lines = [
        include_str!("../../examples/minimal/src/main.rs"),
        include_str!("../../examples/minimal/src/app.rs"),
        include_str!("../../examples/minimal/src/lib.rs"),
    ];
    assert!(lines.iter().map(|file| file.lines().count()).sum::<usize>() < 80);
}
