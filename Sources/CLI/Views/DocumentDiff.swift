// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Two JSON documents side by side, as the lines that only one of them has.
///
/// Nothing is cut: who may do what stands in these lines, and somebody has to agree to them.
enum DocumentDiff {
  /// nil unless both are JSON objects or arrays in text, or one is and the other is not there.
  static func lines(_ old: Value, _ new: Value) -> [String]? {
    switch (document(old), document(new)) {
    case (let before?, let after?):
      return differing(before, after)
    case (nil, let after?) where old == .null: return after
    case (nil, _), (_, nil): return nil
    }
  }

  private static func document(_ value: Value) -> [String]? {
    guard case .string(let text) = value, text.first == "{" || text.first == "[" else { return nil }
    guard let json = try? JSON(parsing: Array(text.utf8)) else { return nil }
    return json.text(pretty: true, keys: .sorted).split(separator: "\n").map(String.init)
  }

  /// Removed and added lines in the order of the documents, with the line before each run for its place.
  private static func differing(_ old: [String], _ new: [String]) -> [String] {
    var lines: [String] = []
    var removals: [Int: String] = [:]
    var insertions: [Int: String] = [:]
    for change in new.difference(from: old) {
      switch change {
      case .remove(let offset, let line, _): removals[offset] = line
      case .insert(let offset, let line, _): insertions[offset] = line
      }
    }
    var (i, j) = (0, 0)
    var context: String?
    while i < old.count || j < new.count {
      if let line = removals[i], i < old.count {
        flush(&context, into: &lines)
        lines.append("- " + line)
        i += 1
      } else if let line = insertions[j], j < new.count {
        flush(&context, into: &lines)
        lines.append("+ " + line)
        j += 1
      } else {
        context = j < new.count ? "  " + new[j] : nil
        i += 1
        j += 1
      }
    }
    return lines
  }

  private static func flush(_ context: inout String?, into lines: inout [String]) {
    if let line = context { lines.append(line) }
    context = nil
  }
}
