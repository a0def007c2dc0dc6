"""Follows every link inside a built book: to a page that is there, and to a heading that it has."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the anchors that it has."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.update(attrs[name] for name in ("id", "name") if attrs.get(name))
        target = attrs.get("href" if tag in ("a", "link") else "src")
        if target:
            self.links.append(target)


def broken(book):
    pages = {path.resolve(): Page(path) for path in sorted(book.rglob("*.html"))}
    seen = 0
    for path, page in pages.items():
        # This page stands wherever nothing else does: its links begin at the book's root.
        folder = book if path.name == "404.html" else path.parent
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            seen += 1
            target = (folder / unquote(url.path)).resolve() if url.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                yield f"{path.relative_to(book)}: {link}: no such file"
            elif url.fragment and target in pages and unquote(url.fragment) not in pages[target].anchors:
                yield f"{path.relative_to(book)}: {link}: no such heading"
    print(f"{len(pages)} pages, {seen} links")


def main():
    problems = list(broken(Path(sys.argv[1]).resolve()))
    print(*problems, sep="\n", end="\n" if problems else "")
    sys.exit(bool(problems))


main()
