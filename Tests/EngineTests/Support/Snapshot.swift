// SPDX-License-Identifier: Apache-2.0

import Core
import Glibc
import Testing

/// Compares a text with the golden file of that name beside the tests; `RECORD_SNAPSHOTS=1` writes it instead.
func expectSnapshot(
  _ text: String, _ name: String, file: String = #filePath, location: SourceLocation = #_sourceLocation
) throws {
  let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  let path = "\(folder)/Snapshots/\(name)"
  if let record = getenv("RECORD_SNAPSHOTS"), String(cString: record) == "1" {
    mkdir("\(folder)/Snapshots", 0o755)
    try DurableFile.write(Array(text.utf8), to: path)
    chmod(path, 0o644)
    return
  }
  let golden = String(decoding: try DurableFile.read(path, limit: 1 << 20), as: UTF8.self)
  guard golden != text else { return }
  let (old, new) = (golden.split(separator: "\n"), text.split(separator: "\n"))
  let changes = new.difference(from: old).map { change in
    switch change {
    case .remove(let line, let element, _): "-\(line + 1): \(element)"
    case .insert(let line, let element, _): "+\(line + 1): \(element)"
    }
  }
  Issue.record(
    "\(name) differs (RECORD_SNAPSHOTS=1 records it anew):\n\(changes.joined(separator: "\n"))",
    sourceLocation: location)
}
