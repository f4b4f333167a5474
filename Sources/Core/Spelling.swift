// SPDX-License-Identifier: Apache-2.0

/// Suggestions for words that were mistyped.
package enum Spelling {
  /// The known word that `word` most likely stands for; nil when none is near.
  package static func nearest(to word: String, among known: [String]) -> String? {
    let typed = simplified(word)
    guard !typed.isEmpty, typed.count <= 40 else { return nil }
    var best: (word: String, distance: Int)?
    for candidate in known {
      let letters = simplified(candidate)
      let limit = max(1, min(typed.count, letters.count) / 3)
      guard let distance = distance(typed, letters, limit: limit) else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
    }
    return best?.word
  }

  /// Case and separators are what is mistyped most and means least.
  private static func simplified(_ word: String) -> [UInt8] {
    word.lowercased().utf8.filter { !"-_ ".utf8.contains($0) }
  }

  /// How many letters have to be inserted, removed, changed or swapped with their neighbour; nil when more than `limit`.
  static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      guard let least = row.min(), least <= limit else { return nil }
      (beforeLast, last) = (last, row)
    }
    return last[b.count] <= limit ? last[b.count] : nil
  }
}
