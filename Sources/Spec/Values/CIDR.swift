// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A range of IPv4 addresses whose first address has no bit set beyond the prefix.
package struct IPv4Block: Sendable, Hashable, CustomStringConvertible {
  package let address: UInt32
  /// 0 to 32.
  package let prefix: Int

  /// Bits beyond the prefix are dropped.
  package init(_ address: UInt32, prefix: Int) {
    self.prefix = min(max(prefix, 0), 32)
    self.address = address & Self.mask(self.prefix)
  }

  package static func octets(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, prefix: Int) -> IPv4Block {
    IPv4Block(a << 24 | b << 16 | c << 8 | d, prefix: prefix)
  }

  private static func mask(_ prefix: Int) -> UInt32 {
    prefix == 0 ? 0 : UInt32.max << (32 - UInt32(prefix))
  }

  package func contains(_ other: IPv4Block) -> Bool {
    prefix <= other.prefix && other.address & Self.mask(prefix) == address
  }

  package func overlaps(_ other: IPv4Block) -> Bool {
    contains(other) || other.contains(self)
  }

  /// How many blocks with the longer prefix `length` fit in.
  package func capacity(ofPrefix length: Int) -> Int {
    length < prefix || length > 32 ? 0 : 1 << (length - prefix)
  }

  /// The block number `index` of those with the longer prefix `length`; nil when it does not fit in.
  package func block(_ index: Int, ofPrefix length: Int) -> IPv4Block? {
    guard index >= 0, index < capacity(ofPrefix: length) else { return nil }
    return IPv4Block(address + UInt32(index) << (32 - UInt32(length)), prefix: length)
  }

  /// One of the ranges that RFC 1918 and RFC 6598 set aside, none of which is routed on the internet.
  package var isPrivate: Bool {
    let ranges: [IPv4Block] = [
      .octets(10, 0, 0, 0, prefix: 8), .octets(172, 16, 0, 0, prefix: 12), .octets(192, 168, 0, 0, prefix: 16),
      .octets(100, 64, 0, 0, prefix: 10),
    ]
    return ranges.contains { $0.contains(self) }
  }

  package var description: String {
    let octets = [24, 16, 8, 0].map { String(address >> $0 & 0xff) }
    return "\(octets.joined(separator: "."))/\(prefix)"
  }
}

/// A range of IPv6 addresses whose first address has no bit set beyond the prefix.
package struct IPv6Block: Sendable, Hashable, CustomStringConvertible {
  /// Sixteen bytes.
  package let address: [UInt8]
  /// 0 to 128.
  package let prefix: Int

  /// Bits beyond the prefix are dropped.
  /// - Precondition: `address` has sixteen bytes.
  package init(_ address: [UInt8], prefix: Int) {
    precondition(address.count == 16)
    self.prefix = min(max(prefix, 0), 128)
    let length = self.prefix
    self.address = address.enumerated().map { index, byte in
      let bits = min(max(length - index * 8, 0), 8)
      return byte & UInt8(truncatingIfNeeded: 0xff00 >> bits)
    }
  }

  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(AF_INET6, address, &text, socklen_t(text.count)) != nil else { return "/\(prefix)" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) + "/\(prefix)"
  }
}

/// A range of addresses of either family.
package enum CIDR: Sendable, Hashable, CustomStringConvertible {
  case v4(IPv4Block)
  case v6(IPv6Block)

  /// The range, and whether `text` wrote it with bits set beyond the prefix; nil when it is no range at all.
  package static func parse(_ text: String) -> (block: CIDR, isExact: Bool)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let prefix = decimal(parts[1], upTo: 128) else { return nil }
    if let address = v4Address(parts[0]) {
      guard prefix <= 32 else { return nil }
      let block = IPv4Block(address, prefix: prefix)
      return (.v4(block), block.address == address)
    }
    var bytes = [UInt8](repeating: 0, count: 16)
    guard parts[0].utf8.count <= 45, inet_pton(AF_INET6, String(parts[0]), &bytes) == 1 else { return nil }
    let block = IPv6Block(bytes, prefix: prefix)
    return (.v6(block), block.address == bytes)
  }

  /// All addresses of its family.
  package var isWorld: Bool {
    switch self {
    case .v4(let block): block.prefix == 0
    case .v6(let block): block.prefix == 0
    }
  }

  package var description: String {
    switch self {
    case .v4(let block): block.description
    case .v6(let block): block.description
    }
  }

  private static func v4Address(_ text: Substring) -> UInt32? {
    let octets = text.split(separator: ".", omittingEmptySubsequences: false)
    guard octets.count == 4 else { return nil }
    var address: UInt32 = 0
    for octet in octets {
      guard let number = decimal(octet, upTo: 255) else { return nil }
      address = address << 8 | UInt32(number)
    }
    return address
  }

  /// A number without sign and without leading zeros, which other tools would read as octal.
  private static func decimal(_ text: Substring, upTo limit: Int) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard text == "0" || text.first != "0", let number = Int(text), number <= limit else { return nil }
    return number
  }
}
