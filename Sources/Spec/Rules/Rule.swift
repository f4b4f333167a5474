// SPDX-License-Identifier: Apache-2.0

package import Core

/// One thing that a highly available stack has to hold to, with its reason.
package struct Rule: Sendable {
  /// `HA010`; never reused for something else.
  package let id: String
  /// The rule in two or three words: `capacity-min`.
  package let slug: String
  package let severity: Severity
  /// What is asked for.
  package let what: String
  /// Why: the fact about AWS or PostgreSQL behind it.
  package let why: String
  package let wayOut: String
  /// The fields that `check` reads; when one of them could not be read, the rule is not asked.
  package let reads: [String]
  /// What a day changes is left out without one.
  let check: @Sendable (Stack, _ today: Day?) -> [Finding]

  init(
    _ id: String, _ slug: String, _ severity: Severity = .error, what: String, why: String, wayOut: String,
    reads: [String], check: @escaping @Sendable (Stack) -> [Finding]
  ) {
    self.id = id
    self.slug = slug
    self.severity = severity
    self.what = what
    self.why = why
    self.wayOut = wayOut
    self.reads = reads
    self.check = { stack, _ in check(stack) }
  }

  /// A warning about something that ends on a day.
  init(
    _ id: String, _ slug: String, what: String, why: String, wayOut: String, reads: [String],
    on check: @escaping @Sendable (Stack, _ today: Day) -> [Finding]
  ) {
    self.id = id
    self.slug = slug
    severity = .warning
    self.what = what
    self.why = why
    self.wayOut = wayOut
    self.reads = reads
    self.check = { stack, today in today.map { check(stack, $0) } ?? [] }
  }

  /// All rules, by number.
  package static let all: [Rule] = [
    placement, capacity, clients, addresses, dns, version, parameters, retention, windows, objectives, names, health,
    failover, secrets, backups, alerts, audit, drills, functions,
  ].flatMap(\.self)

  /// - Parameter broken: the fields that could not be read.
  func diagnostics(_ stack: Stack, broken: Set<String>, today: Day?) -> [Diagnostic] {
    guard !reads.contains(where: { read in broken.contains { Self.touches($0, read) } }) else { return [] }
    return check(stack, today).map { finding in
      Diagnostic(
        severity, rule: id, finding.message, span: finding.span, hint: finding.hint ?? wayOut, notes: finding.notes)
    }
  }

  /// One is the other, or lies in it.
  private static func touches(_ a: String, _ b: String) -> Bool {
    a == b || a.hasPrefix("\(b).") || b.hasPrefix("\(a).")
  }
}

/// One place where a rule is not held to.
struct Finding: Sendable {
  let message: String
  let span: SourceSpan
  /// The rule's way out when nil.
  var hint: String?
  var notes: [String] = []

  init(_ message: String, at span: SourceSpan, hint: String? = nil, notes: [String] = []) {
    self.message = message
    self.span = span
    self.hint = hint
    self.notes = notes
  }
}

/// The findings about each item that repeats an earlier one.
func repetitions<Item, Key: Hashable>(
  of items: [Item], by key: (Item) -> Key, _ finding: (Item, _ first: Item) -> Finding
) -> [Finding] {
  var first: [Key: Item] = [:]
  return items.compactMap { item in
    if let earlier = first[key(item)] { return finding(item, earlier) }
    first[key(item)] = item
    return nil
  }
}
