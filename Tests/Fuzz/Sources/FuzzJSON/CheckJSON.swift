// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Whatever the bytes, JSON is read or refused; what was read is written and reads back the same.
func checkJSON(_ bytes: [UInt8]) throws {
  guard let value = try? JSON(parsing: bytes) else { return }
  for isPretty in [false, true] {
    let again = try? JSON(parsing: value.utf8(pretty: isPretty))
    guard again == value else { throw BrokenJSON(rule: "what was written reads back as something else") }
  }
}

/// What should hold and does not.
struct BrokenJSON: Error { let rule: String }
