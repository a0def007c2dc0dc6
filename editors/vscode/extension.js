// Starts the language server, and hands it what is open. All that is known of rules is known there.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

async function activate() {
  const settings = workspace.getConfiguration("enrich");
  const server = { command: settings.get("path", "enrich"), args: ["lsp"], transport: TransportKind.stdio };
  client = new LanguageClient("enrich", "Enrich rules", server, {
    documentSelector: [{ scheme: "file", language: "enrich" }],
    initializationOptions: { codePages: settings.get("codePages", "") },
  });
  await client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
