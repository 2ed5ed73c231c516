//! The README's guide ends with the code of `examples/minimal`, which is built and tested in a browser.

#[test]
fn the_readme_s_guide_is_the_minimal_example() {
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

/// crates.io and docs.rs show the README too, where only absolute links work. The picture is shown in the repository.
#[test]
fn every_link_of_the_readme_is_absolute() {
    let readme = include_str!("../../README.md");
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative: Vec<&str> = links.filter(|link| !link.starts_with("https://")).collect();
    assert_eq!(relative, ["docs/screenshot.png"]);
}
