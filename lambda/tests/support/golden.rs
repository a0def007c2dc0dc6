//! Cases that are files, and beside each what is seen of it: `NAME.txt`.
#![expect(clippy::disallowed_methods, reason = "the cases are files")]

use std::path::Path;

/// Holds every file of a folder of the tests, `*.txt` aside, against the one beside it; with `UPDATE_GOLDEN` set
/// it writes that. There must be at least so many of them.
pub(crate) fn hold(folder: &str, least: usize, told: impl Fn(&str, &[u8]) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let bless = std::env::var_os("UPDATE_GOLDEN").is_some();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for entry in std::fs::read_dir(&folder).expect("the cases") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension == "txt" || extension == "enrich") {
            continue;
        }
        count += 1;
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let seen = told(name, &std::fs::read(&path).expect("a case"));
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &seen).expect("a file");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != seen {
            wrong.push(format!("{}:\n{seen}", path.display()));
        }
    }
    assert!(count >= least, "only {count} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
