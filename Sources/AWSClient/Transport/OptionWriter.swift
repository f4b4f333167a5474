// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// Sets options of an easy handle and remembers whether all of them were taken: a transfer without its TLS checks or
/// deadlines must not start.
struct OptionWriter {
  let handle: UnsafeMutableRawPointer
  var isComplete = true

  init(handle: UnsafeMutableRawPointer) {
    self.handle = handle
  }

  mutating func set(_ option: CURLoption, _ value: some BinaryInteger) {
    note(harecon_curl_set_long(handle, option, Int(value)))
  }

  mutating func set(_ option: CURLoption, offset value: Int) {
    note(harecon_curl_set_offset(handle, option, curl_off_t(value)))
  }

  mutating func set(_ option: CURLoption, _ value: String?) {
    note(harecon_curl_set_string(handle, option, value))
  }

  mutating func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
    note(harecon_curl_set_pointer(handle, option, value))
  }

  mutating func set(_ option: CURLoption, _ callback: harecon_curl_data_callback) {
    note(harecon_curl_set_data_callback(handle, option, callback))
  }

  private mutating func note(_ code: CURLcode) {
    if code != CURLE_OK { isComplete = false }
  }
}

/// The header lines of an answer as they come in; those of an interim answer (1xx) are dropped when the next one begins.
struct ResponseHead {
  private(set) var headers: [(name: String, value: String)] = []

  mutating func append(_ line: String) {
    if line.hasPrefix("HTTP/") {
      headers.removeAll()
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    headers.append((String(line[..<colon]), line[line.index(after: colon)...].trimmed))
  }
}

extension Substring {
  /// Without white space at either end.
  var trimmed: String {
    let start = drop { $0.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
