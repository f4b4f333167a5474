// SPDX-License-Identifier: Apache-2.0
//
// A small HTTP/2 server over TLS with a certificate of its own making. Speaks to its test as http_fixture.py does: one line
// of JSON when it listens, a journal for every line on its standard input, and it ends when that does. `/gather/N` answers
// once N such requests wait for it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http2 from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = mkdtempSync(join(tmpdir(), "http2-fixture-"));
const certificate = join(folder, "certificate.pem");
const key = join(folder, "key.pem");
execFileSync("openssl", [
  "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
  "-subj", "/CN=fixture", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
], { stdio: "ignore" });

const journal = { accepted: 0, resumed: 0, gone: 0, requests: [], tunnels: [] };
const server = http2.createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) });
let gathered = [];

server.on("session", () => { journal.accepted += 1; });
server.on("stream", (stream, headers) => {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => {
    journal.requests.push(`${headers[":method"]} ${headers[":path"]}`);
    const answer = () => {
      stream.respond({ ":status": 200 });
      stream.end(`2.0 ${Buffer.concat(chunks)}`);
    };
    const gather = /^\/gather\/(\d+)$/.exec(headers[":path"]);
    if (!gather) {
      answer();
      return;
    }
    gathered.push(answer);
    if (gathered.length === Number(gather[1])) {
      for (const waiting of gathered) waiting();
      gathered = [];
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port, certificate }));
  const input = createInterface({ input: process.stdin });
  input.on("line", () => console.log(JSON.stringify(journal)));
  input.on("close", () => {
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
});
