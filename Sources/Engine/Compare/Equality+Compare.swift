// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Equality {
  /// What differs, cut down to the members that do; nil when the live value is as desired.
  func mismatch(desired: Value, observed: Value) -> (old: Value, new: Value)? {
    switch self {
    case .exact, .unordered, .caseInsensitive, .document, .policy:
      return canonical(desired) == canonical(observed) ? nil : (observed, desired)
    case .subset:
      return subsetMismatch(desired: desired, observed: observed, forgotten: [])
    case .tags:
      return subsetMismatch(
        desired: desired, observed: observed, forgotten: forgottenTags(desired: desired, observed: observed))
    }
  }

  /// One form for all values that count as the same.
  func canonical(_ value: Value) -> Value {
    switch self {
    case .exact, .subset, .tags: value.withPlainNumbers
    case .unordered: value.asSet
    case .caseInsensitive: value.lowercased.withPlainNumbers
    case .document: value.asDocument
    case .policy: value.asPolicy
    }
  }

  private func subsetMismatch(desired: Value, observed: Value, forgotten: [String]) -> (old: Value, new: Value)? {
    if let wanted = desired.members, let live = observed.members {
      let changed = wanted.filter { live[$0.key]?.withPlainNumbers != $0.value.withPlainNumbers }
      guard !changed.isEmpty || !forgotten.isEmpty else { return nil }
      let touched = Set(changed.keys).union(forgotten)
      return (.map(live.filter { touched.contains($0.key) }), .map(changed))
    }
    if let wanted = desired.items, let live = observed.items {
      let present = Set(live.map(\.withPlainNumbers))
      return wanted.allSatisfy { present.contains($0.withPlainNumbers) } ? nil : (observed, desired)
    }
    return desired.withPlainNumbers == observed.withPlainNumbers ? nil : (observed, desired)
  }

  /// Keys that harecon once set, by the memory in the resource's tags, and no longer wants.
  private func forgottenTags(desired: Value, observed: Value) -> [String] {
    guard let live = observed.members else { return [] }
    let wanted = desired.members ?? [:]
    let texts = live.compactMapValues { if case .string(let text) = $0 { text } else { nil } }
    return TagMemory.keys(in: texts).filter { live[$0] != nil && wanted[$0] == nil }.sorted()
  }
}

extension Value {
  /// Of a map; `null` is an empty one.
  var members: [String: Value]? {
    if case .map(let members) = self { return members }
    return self == .null ? [:] : nil
  }

  /// Of a list; `null` is an empty one.
  var items: [Value]? {
    if case .list(let items) = self { return items }
    return self == .null ? [] : nil
  }

  /// Whole doubles as integers, so that 2 and 2.0 are one number.
  var withPlainNumbers: Value {
    switch self {
    case .double(let number): Int(exactly: number).map(Value.int) ?? self
    case .list(let items): .list(items.map(\.withPlainNumbers))
    case .map(let members): .map(members.mapValues(\.withPlainNumbers))
    case .null, .bool, .int, .string, .unknown, .sealed: self
    }
  }

  /// A list as a set: sorted, each item once. Nothing and an empty list are the same.
  var asSet: Value {
    switch self {
    case .null: .list([])
    case .list(let items): .list(Value.sorted(Set(items.map(\.withPlainNumbers))))
    case .bool, .int, .double, .string, .map, .unknown, .sealed: withPlainNumbers
    }
  }

  static func sorted(_ items: some Sequence<Value>) -> [Value] {
    items.map { ($0, $0.canonicalBytes) }.sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
  }

  fileprivate var lowercased: Value {
    switch self {
    case .string(let text): .string(text.lowercased())
    case .list(let items): .list(items.map(\.lowercased))
    case .map(let members): .map(members.mapValues(\.lowercased))
    case .null, .bool, .int, .double, .unknown, .sealed: self
    }
  }
}
