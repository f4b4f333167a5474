// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import Functions

@Suite("function archives")
struct FunctionArchiveTests {
  private static let sources = [
    "shared/b.py": "B = 1\n", "shared/a.py": "", "health/handler.py": "def handle(event, context):\n    return \"ä\"\n",
    "healthy/handler.py": "another function\n",
  ]

  @Test("the same sources make the same bytes, whatever their order")
  func deterministic() {
    let pairs = Self.sources.sorted { $0.key < $1.key }
    let first = FunctionArchive("health", in: Dictionary(uniqueKeysWithValues: pairs))
    for seed in 0..<20 {
      let turned = Array(pairs[(seed % pairs.count)...] + pairs[..<(seed % pairs.count)])
      var sources = [String: String](minimumCapacity: 1 << (seed % 7))
      for (path, text) in turned { sources[path] = text }
      #expect(FunctionArchive("health", in: sources).bytes == first.bytes)
    }
    // From here on for ever: another hash is another deployment of every function everywhere.
    #expect(first.sha256 == "swizpOjmBy4JfHcgqnUIwr071wSND4zH8KnrdsLSAMw=")
  }

  @Test("a changed source makes another hash, a source of another function does not")
  func hash() {
    let first = FunctionArchive("health", in: Self.sources)
    let changed = Self.sources.merging(["shared/a.py": "A = 1\n"]) { $1 }
    let others = Self.sources.merging(["healthy/handler.py": "changed\n"]) { $1 }
    #expect(FunctionArchive("health", in: changed).sha256 != first.sha256)
    #expect(FunctionArchive("health", in: others).sha256 == first.sha256)
  }

  @Test("Python reads the archive: the function and what is shared, readable by all, with their text")
  func readable() throws {
    let archive = FunctionArchive("health", in: Self.sources)
    let script = """
      import io, json, sys, zipfile
      file = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
      assert file.testzip() is None
      print(json.dumps([[i.filename, oct(i.external_attr >> 16), i.compress_type, i.date_time[0], file.read(i).decode()]
                        for i in file.infolist()]))
      """
    let listed = try JSON(parsing: Array(try python(script, input: archive.bytes)))
    let entry = { (path: String) -> JSON in
      [.string(path), "0o100644", 0, 1980, .string(Self.sources[path] ?? "")]
    }
    #expect(listed == [entry("health/handler.py"), entry("shared/a.py"), entry("shared/b.py")])
  }

  @Test("every function of the stack can be imported where its archive was unpacked", arguments: FunctionName.allCases)
  func importable(_ function: FunctionName) throws {
    let archive = FunctionArchive(function)
    let script = """
      import importlib, io, sys, tempfile, zipfile
      folder = tempfile.TemporaryDirectory()
      zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())).extractall(folder.name)
      sys.path.insert(0, folder.name)
      module, name = "\(archive.handler)".rsplit(".", 1)
      assert callable(getattr(importlib.import_module(module), name))
      print("callable")
      """
    #expect(String(decoding: try python(script, input: archive.bytes), as: UTF8.self) == "callable\n")
  }

  @Test("authorities of the spec are packed where the function that logs in trusts them, and them alone")
  func authorities() throws {
    let made = """
      import pathlib, subprocess, sys, tempfile
      folder = pathlib.Path(tempfile.mkdtemp())
      subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-subj", "/CN=ours", "-keyout", folder / "key", "-out", folder / "pem"], check=True, capture_output=True)
      print((folder / "pem").read_text(), end="")
      """
    let authority = String(decoding: try python(made, input: []), as: UTF8.self)
    let archive = FunctionArchive(.probe, authorities: authority)
    #expect(archive.sha256 != FunctionArchive(.probe).sha256)
    #expect(FunctionArchive(.probe, authorities: nil) == FunctionArchive(.probe))
    let script = """
      import io, sys, tempfile, zipfile
      folder = tempfile.TemporaryDirectory()
      zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())).extractall(folder.name)
      sys.path.insert(0, folder.name)
      from shared.postgres import trusted
      print([dict(part[0] for part in found["subject"]) for found in trusted().get_ca_certs()])
      """
    #expect(
      String(decoding: try python(script, input: archive.bytes), as: UTF8.self) == "[{'commonName': 'ours'}]\n")
  }

  @Test("the checksum is that of zip files")
  func checksum() {
    #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.checksum([]) == 0)
  }

  /// What a script prints.
  private func python(_ script: String, input: [UInt8]) throws -> Data {
    let process = Process()
    let (stdin, stdout) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [ProcessInfo.processInfo.environment["PYTHON"] ?? "python3", "-I", "-B", "-c", script]
    process.standardInput = stdin
    process.standardOutput = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try stdin.fileHandleForWriting.close()
    let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return output
  }
}
