//! The page: files that the binary carries. Nothing of it is fetched from anywhere else.

/// A file of the page.
pub(super) struct Asset {
    pub(super) media: &'static str,
    pub(super) body: &'static str,
}

/// The file under that path.
pub(super) fn asset(path: &str) -> Option<Asset> {
    const HTML: &str = "text/html; charset=utf-8";
    const CSS: &str = "text/css; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    const SVG: &str = "image/svg+xml";
    let (media, body) = match path {
        "/" => (HTML, include_str!("../../assets/playground/index.html")),
        "/style.css" => (CSS, include_str!("../../assets/playground/style.css")),
        "/icon.svg" => (SVG, include_str!("../../assets/playground/icon.svg")),
        "/app.js" => (SCRIPT, include_str!("../../assets/playground/app.js")),
        "/dom.js" => (SCRIPT, include_str!("../../assets/playground/dom.js")),
        "/editor.js" => (SCRIPT, include_str!("../../assets/playground/editor.js")),
        "/inputs.js" => (SCRIPT, include_str!("../../assets/playground/inputs.js")),
        "/json.js" => (SCRIPT, include_str!("../../assets/playground/json.js")),
        "/lineage.js" => (SCRIPT, include_str!("../../assets/playground/lineage.js")),
        "/link.js" => (SCRIPT, include_str!("../../assets/playground/link.js")),
        "/result.js" => (SCRIPT, include_str!("../../assets/playground/result.js")),
        _ => return None,
    };
    Some(Asset { media, body })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_served_and_names_no_other_place() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/playground");
        for entry in fs::read_dir(folder).expect("the files") {
            let entry = entry.expect("a file");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if name == "index.html" { "/".to_owned() } else { format!("/{name}") };
            let text = fs::read_to_string(entry.path()).expect("text");
            assert!(asset(&path).is_some_and(|asset| asset.body == text), "{name}");
            // Namespaces are names, and fetched by nobody.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("//cdn"), "{name}");
        }
    }
}
