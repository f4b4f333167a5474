// SPDX-License-Identifier: Apache-2.0

internal import Core

/// An unambiguous sequence of bytes for values: the same on every machine, in every locale, for every order of a dictionary.
///
/// Every item starts with a tag, every text with its length, so that no two different sequences of items give the same bytes.
struct Canonical {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ text: String) {
    append(tag: "s", count: text.utf8.count)
    bytes += text.utf8
  }

  mutating func append(_ text: String?) {
    if let text { append(text) } else { append(.null) }
  }

  mutating func append(_ texts: some Sequence<String>) {
    append(.list(texts.map(Value.string)))
  }

  mutating func append(_ value: Value) {
    switch value {
    case .null: bytes.append(ascii("n"))
    case .bool(let flag): bytes.append(ascii(flag ? "t" : "f"))
    case .int(let number):
      bytes.append(ascii("i"))
      append(raw: UInt64(bitPattern: Int64(number)))
    case .double(let number):
      bytes.append(ascii("d"))
      append(raw: number.bitPattern)
    case .string(let text): append(text)
    case .list(let items):
      append(tag: "l", count: items.count)
      for item in items { append(item) }
    case .map(let members):
      append(tag: "m", count: members.count)
      for (key, member) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
        append(key)
        append(member)
      }
    case .unknown(let id):
      bytes.append(ascii("u"))
      append(id.address.description)
      append(id.output)
    case .sealed(let digest):
      bytes.append(ascii("x"))
      append(digest)
    }
  }

  private mutating func append(tag: Unicode.Scalar, count: Int) {
    bytes.append(ascii(tag))
    append(raw: UInt64(count))
  }

  private mutating func append(raw number: UInt64) {
    withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
  }

  private func ascii(_ scalar: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: scalar.value) }
}

extension Value {
  /// The bytes of `Canonical`, as an order for values.
  var canonicalBytes: [UInt8] {
    var canonical = Canonical()
    canonical.append(self)
    return canonical.bytes
  }
}
