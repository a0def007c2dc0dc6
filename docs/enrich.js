// Colours rules in the book. The words are those of the grammar; a test compares them.
(function () {
  "use strict";
  if (typeof hljs === "undefined") {
    return;
  }

  function enrich() {
    var words = {
      keyword: "and as attributes by cache compression copy decode default drop each else except for from if in index instead into invalid key lookup no not object on one or output partition per prefix rejects remove required retry rule schema set source stream table then to when where within",
      literal: "false null true",
    };
    var name = '(?:[A-Za-z_]\\w*|"[^"\\n]*")';
    var inside = [
      // `.a.b` of the event, which is never a word of the language; `user.name` of an item.
      { className: "attr", begin: "\\." + name + "(?:\\." + name + ")*" },
      { begin: "\\b[A-Za-z_]\\w*(?:\\." + name + ")+" },
      { className: "built_in", begin: /\b[a-z][a-z0-9_]*(?=\()/ },
      { className: "number", begin: /\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/ },
    ];
    var plain = { className: "string", begin: /"/, end: /"/, contains: [{ begin: /\\./ }] };
    var hole = { className: "subst", begin: /\{/, end: /\}/, keywords: words, contains: inside.concat(plain) };
    var variable = { className: "variable", begin: /\$\{/, end: /\}/ };
    var text = { className: "string", begin: /"/, end: /"/, contains: [{ begin: /\\./ }, variable, hole] };
    var comment = { className: "comment", begin: /#/, end: /$/ };
    return { name: "enrich", keywords: words, contains: [comment, text].concat(inside) };
  }

  // Tests of rules: JSON, with `*` for anything.
  function test() {
    var words = {
      keyword: "dropped event expect failed fails given now record rejected stream test text variable",
      literal: "false null true",
    };
    var text = { className: "string", begin: /"/, end: /"/, contains: [{ begin: /\\./ }] };
    var member = { className: "attr", begin: /"(?:\\.|[^"\\\n])*"(?=\s*:)/ };
    var number = { className: "number", begin: /-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/ };
    var any = { className: "meta", begin: /\*/ };
    return { name: "enrich-test", keywords: words, contains: [{ className: "comment", begin: /#/, end: /$/ }, member, text, number, any] };
  }

  // Events and what becomes of them, and what a table holds.
  function events() {
    return { name: "events", subLanguage: "json", contains: [{ className: "meta", begin: /^→ ?/ }] };
  }

  hljs.registerLanguage("enrich", enrich);
  hljs.registerLanguage("enrich-wrong", enrich);
  hljs.registerLanguage("enrich-test", test);
  hljs.registerLanguage("events", events);
  hljs.registerAliases(["ndjson", "tables"], { languageName: "json" });
  ["enrich", "enrich-wrong", "enrich-test", "events", "ndjson", "tables"].forEach(function (language) {
    Array.prototype.forEach.call(document.querySelectorAll("code.language-" + language), hljs.highlightBlock);
  });

  // The name of a file stands over it.
  Array.prototype.forEach.call(document.querySelectorAll("pre code[class*='language-']"), function (block) {
    var name = Array.prototype.find.call(block.classList, function (word) {
      return word.indexOf(".") > 0;
    });
    if (name) {
      var caption = document.createElement("div");
      caption.className = "file-name";
      caption.textContent = name;
      block.parentElement.insertBefore(caption, block);
    }
  });
})();
