// SPDX-License-Identifier: Apache-2.0

/// A version as AWS writes it (`15.10`), compared by number: 15.10 is ahead of 15.8.
struct DottedVersion: Comparable {
  private let numbers: [Int]

  /// nil unless `text` is numbers with dots between them.
  init?(_ text: String) {
    var numbers: [Int] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      guard part.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(part) else { return nil }
      numbers.append(number)
    }
    // `15` and `15.0` are one version.
    while numbers.count > 1, numbers.last == 0 { numbers.removeLast() }
    self.numbers = numbers
  }

  static func < (a: DottedVersion, b: DottedVersion) -> Bool { a.numbers.lexicographicallyPrecedes(b.numbers) }
}
