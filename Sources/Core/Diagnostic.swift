// SPDX-License-Identifier: Apache-2.0

/// A place in a text file; lines and columns count from 1, columns in characters.
package struct SourcePosition: Sendable, Hashable, Comparable {
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (a: SourcePosition, b: SourcePosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// The half-open range of text that a diagnostic is about.
package struct SourceSpan: Sendable, Hashable {
  package var file: String
  package var start: SourcePosition
  package var end: SourcePosition

  package init(file: String, start: SourcePosition, end: SourcePosition) {
    self.file = file
    self.start = start
    self.end = end
  }
}

package enum Severity: String, Sendable, Hashable, Comparable {
  case error
  case warning
  case note

  package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
  private var rank: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .note: 2
    }
  }
}

/// One thing to tell a person: what is wrong, where, by which rule, and the way out.
package struct Diagnostic: Error, Sendable, Hashable {
  package var severity: Severity
  /// A stable id: `spec.unknown-key`, `ha.members-over-zones`.
  package var rule: String
  package var message: String
  package var span: SourceSpan?
  package var address: Address?
  /// The way out, or a suggestion: `did you mean "capacity"?`.
  package var hint: String?
  package var notes: [String]

  package init(
    _ severity: Severity, rule: String, _ message: String, span: SourceSpan? = nil, address: Address? = nil,
    hint: String? = nil, notes: [String] = []
  ) {
    self.severity = severity
    self.rule = rule
    self.message = message
    self.span = span
    self.address = address
    self.hint = hint
    self.notes = notes
  }
}

extension [Diagnostic] {
  /// For people: of several in a row by one rule, with one hint and without a place in a file, only the last keeps the hint.
  package var withHintsToldOnce: [Diagnostic] {
    var told = self
    for (index, next) in zip(indices, dropFirst()) {
      let this = self[index]
      if this.rule == next.rule, this.hint == next.hint, this.span == nil, next.span == nil { told[index].hint = nil }
    }
    return told
  }
}

/// Everything there is to say about one input, in order of appearance.
package struct Diagnostics: Error, Sendable, Hashable {
  package private(set) var all: [Diagnostic]

  package init(_ all: [Diagnostic] = []) {
    self.all = all
  }

  package var hasErrors: Bool { all.contains { $0.severity == .error } }

  package mutating func append(_ diagnostic: Diagnostic) {
    all.append(diagnostic)
  }

  package mutating func append(contentsOf others: Diagnostics) {
    all += others.all
  }

  package mutating func append(contentsOf others: [Diagnostic]) {
    all += others
  }
}
