// SPDX-License-Identifier: Apache-2.0

/// A zip file (PKWARE's APPNOTE 6.3) in which nothing is left to chance.
///
/// Entries are sorted by the bytes of their names, stored and not compressed (what a compressor makes depends on its version), dated
/// to the first moment that the format knows, and readable by everyone, as Lambda demands.
enum ZipFile {
  /// - Parameter entries: path → content. Folders need no entries of their own.
  /// - Precondition: the whole has less than 4 GiB and no more than 65,535 entries.
  static func bytes(_ entries: [String: [UInt8]]) -> [UInt8] {
    precondition(entries.count <= UInt16.max, "a plain zip file holds at most 65,535 entries")
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let entry = Entry(name: Array(name.utf8), content: content, offset: UInt32(file.count))
      file += entry.local + content
      directory += entry.central
    }
    let start = UInt32(file.count)
    let count = UInt16(entries.count)
    file += directory
    file += fields {
      $0.add(0x0605_4b50 as UInt32)
      // One disk, this one.
      $0.add(0 as UInt16)
      $0.add(0 as UInt16)
      $0.add(count)
      $0.add(count)
      $0.add(UInt32(directory.count))
      $0.add(start)
      $0.add(0 as UInt16)
    }
    return file
  }

  private struct Entry {
    let name: [UInt8]
    let content: [UInt8]
    /// Where its local header stands.
    let offset: UInt32

    var local: [UInt8] {
      ZipFile.fields {
        $0.add(0x0403_4b50 as UInt32)
        common(&$0)
      } + name
    }

    var central: [UInt8] {
      ZipFile.fields {
        $0.add(0x0201_4b50 as UInt32)
        // Made on Unix, so that the permissions count, by version 2.0 of the format.
        $0.add(0x0314 as UInt16)
        common(&$0)
        // No comment, on the first disk, nothing about its kind of text.
        $0.add(0 as UInt16)
        $0.add(0 as UInt16)
        $0.add(0 as UInt16)
        $0.add(Self.mode << 16)
        $0.add(offset)
      } + name
    }

    /// What both headers say.
    private func common(_ fields: inout Fields) {
      let size = UInt32(content.count)
      fields.add(20 as UInt16)
      // The name is UTF-8.
      fields.add(0x0800 as UInt16)
      // Stored.
      fields.add(0 as UInt16)
      // Midnight of 1 January 1980.
      fields.add(0 as UInt16)
      fields.add(0x0021 as UInt16)
      fields.add(CRC32.checksum(content))
      fields.add(size)
      fields.add(size)
      fields.add(UInt16(name.count))
      fields.add(0 as UInt16)
    }

    /// A regular file, rw-r--r--.
    private static let mode: UInt32 = 0o100644
  }

  fileprivate struct Fields {
    fileprivate(set) var bytes: [UInt8] = []

    /// Least significant byte first.
    mutating func add(_ number: some FixedWidthInteger & UnsignedInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
  }

  private static func fields(_ write: (inout Fields) -> Void) -> [UInt8] {
    var fields = Fields()
    write(&fields)
    return fields.bytes
  }
}

/// The checksum of zip files: CRC-32 with the polynomial of IEEE 802.3.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
  }
}
