// SPDX-License-Identifier: Apache-2.0

import Core
import Glibc
import Testing

@Suite("Durable files")
struct DurableFileTests {
  @Test("what is written is read back, and replaces what was there")
  func roundTrip() throws {
    try inFolder { folder in
      let path = "\(folder)/file"
      for content in [[], [1, 2, 3], [UInt8](repeating: 7, count: 300_000)] as [[UInt8]] {
        try DurableFile.write(content, to: path)
        #expect(try DurableFile.read(path, limit: 1 << 20) == content)
      }
    }
  }

  @Test("the file is its owner's alone, and nothing else is left in the folder")
  func clean() throws {
    try inFolder { folder in
      try DurableFile.write([1], to: "\(folder)/file")
      var status = stat()
      #expect(stat("\(folder)/file", &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      #expect(entries(folder) == ["file"])
    }
  }

  @Test("a file over the limit is not read")
  func limit() throws {
    try inFolder { folder in
      try DurableFile.write([UInt8](repeating: 0, count: 11), to: "\(folder)/file")
      #expect(throws: FileError(path: "\(folder)/file", message: "is larger than 10 bytes")) {
        try DurableFile.read("\(folder)/file", limit: 10)
      }
    }
  }

  @Test("a folder, a device and a place that is not there are refused, and nothing is left behind")
  func refused() throws {
    try inFolder { folder in
      #expect(throws: FileError(path: folder, message: "is not a regular file")) {
        try DurableFile.write([1], to: folder)
      }
      #expect(throws: FileError(path: "/dev/null", message: "is not a regular file")) {
        try DurableFile.write([1], to: "/dev/null")
      }
      #expect(throws: FileError.self) { try DurableFile.write([1], to: "\(folder)/no/file") }
      #expect(entries(folder).isEmpty)
    }
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/harecon-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileError(path: "/tmp", message: "cannot make a folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for entry in entries(folder) { unlink("\(folder)/\(entry)") }
      rmdir(folder)
    }
    try body(folder)
  }

  private func entries(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
