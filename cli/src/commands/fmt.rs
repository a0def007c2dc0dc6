//! `enrich fmt`: rule files in the one layout.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use enrich_dsl::diagnostic::render;
use enrich_dsl::format::format;
use enrich_dsl::source::Sources;
use enrich_lambda::rule_files::{
    RuleFile, find_rules, find_tests, read_rule_file, read_rule_file_from, read_rules,
};
use similar::TextDiff;

use super::CommandError;
use super::check::STDIN;
use crate::args::{Color, FmtArgs, is_standard_input};
use crate::rules;
use crate::summary::count;
use crate::{Exit, Shell};

/// Lines shown around a change.
const CONTEXT: usize = 2;

/// A diff that takes longer to make small is shown larger.
const DIFF_TIME: Duration = Duration::from_millis(500);

pub(super) fn fmt(args: &FmtArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let color = Color::Auto.wanted(shell.stderr_is_terminal, shell.no_color);
    let (files, stdin) = read(&args.paths, &mut shell.stdin)?;
    let mut counts = Counts::default();
    for file in &files {
        let Some(text) = laid_out(file, color, shell.stderr, &mut counts) else { continue };
        if text == file.text {
            continue;
        }
        counts.changed += 1;
        if args.check {
            diff(file, &text, shell.stdout)?;
        } else {
            replace(&file.path, &text)
                .map_err(|source| CommandError::Unwritable { path: file.path.clone(), source })?;
            let _ = writeln!(shell.stderr, "laid out: {}", file.path.display());
        }
    }
    if let Some(file) = &stdin
        && let Some(text) = laid_out(file, color, shell.stderr, &mut counts)
    {
        counts.changed += usize::from(text != file.text);
        match args.check {
            true => diff(file, &text, shell.stdout)?,
            false => shell.stdout.write_all(text.as_bytes())?,
        }
    }
    // What goes to a pipe is followed by no remark.
    if !files.is_empty() {
        let _ =
            writeln!(shell.stderr, "{}", counts.told(files.len() + usize::from(stdin.is_some()), args.check));
    }
    let refused = counts.broken > 0 || args.check && counts.changed > 0;
    Ok(if refused { Exit::Findings } else { Exit::Ok })
}

/// How many files were not as they should be.
#[derive(Debug, Default)]
struct Counts {
    changed: usize,
    broken: usize,
}

impl Counts {
    fn told(&self, files: usize, check: bool) -> String {
        let changed = if check { "would be changed" } else { "changed" };
        let mut told = format!("{}: {} {changed}", count(files as u64, "file"), self.changed);
        if self.broken > 0 {
            told.push_str(&format!(", {} with errors left alone", self.broken));
        }
        told
    }
}

/// The files that the paths name, and standard input if it is among them.
fn read(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<(Vec<RuleFile>, Option<RuleFile>), CommandError> {
    let files: Vec<_> = paths.iter().filter(|path| !is_standard_input(path)).cloned().collect();
    let from_stdin = files.len() < paths.len();
    let mut read = Vec::new();
    if !files.is_empty() {
        let tests = find_tests(&files)?;
        // A file of tests alone is no rule set, and can be laid out all the same.
        if tests.is_empty() || !find_rules(&files)?.is_empty() {
            read.extend(read_rules(&files)?);
        }
        for path in tests {
            read.push(read_rule_file(path)?);
        }
    }
    Ok((read, if from_stdin { Some(read_rule_file_from(stdin, STDIN)?) } else { None }))
}

/// The file's text in the one layout; `None` after saying why it has none.
fn laid_out(file: &RuleFile, color: bool, stderr: &mut dyn Write, counts: &mut Counts) -> Option<String> {
    let mut sources = Sources::new();
    let id = sources.add(file.path.display().to_string(), file.text.as_str());
    match format(&sources, id) {
        Ok(text) => Some(text),
        Err(findings) => {
            counts.broken += 1;
            let mut draw = |finding| rules::draw(&render::full(finding, &sources, color), stderr);
            // There is nowhere left to say that standard error is closed.
            let _ = findings.iter().try_for_each(&mut draw);
            None
        }
    }
}

/// What would be changed, so that `patch` could do it.
fn diff(file: &RuleFile, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let name = file.path.display().to_string();
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(file.text.as_str(), text);
    write!(out, "{}", diff.unified_diff().context_radius(CONTEXT).header(&name, &name))
}

/// Puts a text in the place of a file, at once and with the file's permissions. A link stays one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".enrich-fmt-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    fs::set_permissions(file.path(), fs::metadata(&path)?.permissions())?;
    file.persist(&path)?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_file_keeps_its_permissions_and_a_link_stays_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("real.enrich"), folder.path().join("link.enrich"));
        fs::write(&file, "before").expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("permissions");
        symlink(&file, &link).expect("a link");
        replace(&link, "after").expect("a file can be replaced");
        assert_eq!(fs::read_to_string(&file).expect("the file"), "after");
        assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2);
    }
}
