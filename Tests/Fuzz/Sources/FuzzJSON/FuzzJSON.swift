// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Whatever the bytes, JSON is read or refused; what was read is written and reads back the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let value = try? JSON(parsing: bytes) else { return 0 }
  for isPretty in [false, true] {
    let again = try? JSON(parsing: value.utf8(pretty: isPretty))
    precondition(again == value, "what was written reads back as something else")
  }
  return 0
}
